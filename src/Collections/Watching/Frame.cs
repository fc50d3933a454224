namespace Stateway.Collections.Watching;

/// <summary>
/// The events of one revision, or a bookmark, as they go over the wire; shared by all watchers of a topic. Frames are linked
/// from the oldest to the newest, and each watcher holds the one that it took last:
/// <code>
/// floor ──► 41 ──► 42 ──► 45 (newest)        a watcher at 42 takes 45 next
/// dropped: floor.Next = Dropped              a watcher at the old floor has fallen off
/// </code>
/// </summary>
internal sealed class Frame(long revision, byte[]? bytes, bool isBookmark)
{
    /// <summary>Stands in place of a frame that is no longer kept.</summary>
    public static readonly Frame Dropped = new(0, null, isBookmark: false);

    private volatile Frame? _next;
    private volatile byte[]? _bytes = bytes;

    public long Revision => revision;
    public bool IsBookmark => isBookmark;

    /// <summary>Null once it is no longer kept.</summary>
    public byte[]? Bytes => _bytes;

    /// <summary>Null for the newest.</summary>
    public Frame? Next
    {
        get => _next;
        set => _next = value;
    }

    public void Release() => _bytes = null;
}
