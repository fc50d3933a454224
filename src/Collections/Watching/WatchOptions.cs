namespace Stateway.Collections.Watching;

/// <summary>What all watches of a node together, and each of them, may take.</summary>
public sealed record WatchOptions
{
    /// <summary>Open watches on this node; beyond it 503.</summary>
    public int WatchesMax { get; init; } = 20_000;

    /// <summary>Frames (revisions and bookmarks) that a topic keeps for watchers that are behind.</summary>
    public int RingFramesMax { get; init; } = 1_024;

    /// <summary>Bytes of a topic's frames, but for the newest, which is always kept.</summary>
    public int RingBytesMax { get; init; } = 4 << 20;

    /// <summary>Bytes of all topics' frames together: with many topics each keeps less.</summary>
    public long AllRingsBytesMax { get; init; } = 64 << 20;

    /// <summary>How often topics are looked at for idleness and watchers for slowness.</summary>
    public TimeSpan TickInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A topic that has been silent for this long gets a bookmark with the next tick: together less than 15 s.</summary>
    public TimeSpan IdleMax { get; init; } = TimeSpan.FromSeconds(9);

    /// <summary>What was written must have gone out after this time, and the log must have been readable; else the connection is cut.</summary>
    public TimeSpan FlushMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the watchers get for their last bookmark when the node stops.</summary>
    public TimeSpan StopMax { get; init; } = TimeSpan.FromSeconds(2);
}
