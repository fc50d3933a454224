namespace Stateway.Gateway.Content.Compression;

public enum ExpandResult : byte
{
    Ok,

    /// <summary>It would expand to more than the limit; nothing beyond it was expanded (413).</summary>
    TooLarge,

    /// <summary>Not what the coding says, cut off, or followed by something else (400).</summary>
    Malformed,
}
