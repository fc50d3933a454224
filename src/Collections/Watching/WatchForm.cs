namespace Stateway.Collections.Watching;

/// <summary>How events are written.</summary>
internal enum WatchForm : byte
{
    /// <summary>A JSON object a line: <c>application/x-ndjson</c>.</summary>
    Lines,

    /// <summary>Server-sent events, as HTML's <c>EventSource</c> reads them: <c>text/event-stream</c>.</summary>
    EventStream,
}

internal enum WatchEvent : byte
{
    Added,
    Modified,
    Deleted,
}
