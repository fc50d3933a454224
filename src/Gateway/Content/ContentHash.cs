namespace Stateway.Gateway.Content;

/// <summary>
/// FNV-1a, 64 bits: a fast hash for entity tags, which must change with the content but keep no secret. Start with
/// <see cref="Start"/> and fold values in.
/// </summary>
public static class ContentHash
{
    public const ulong Start = 14695981039346656037;

    public static ulong Add(ulong hash, ulong value) => (hash ^ value) * 1099511628211;

    public static ulong Add(ulong hash, ReadOnlySpan<char> text)
    {
        foreach (char c in text) hash = Add(hash, c);
        return hash;
    }

    public static ulong Of(ReadOnlySpan<byte> content)
    {
        ulong hash = Start;
        foreach (byte b in content) hash = Add(hash, b);
        return hash;
    }
}
