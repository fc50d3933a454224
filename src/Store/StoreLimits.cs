namespace Stateway.Store;

/// <summary>What every engine takes.</summary>
public static class StoreLimits
{
    /// <summary>Characters.</summary>
    public const int PathLengthMax = 1_024;

    public const int ValueBytesMax = 64 << 20;
    public const int PageEntriesMax = 10_000;
    public const int VersionsMax = 1_000;

    /// <summary>Bytes of values in one answer of <see cref="IStore.ReadLogAsync"/>, beyond its first commit.</summary>
    public const int LogBytesMax = 16 << 20;

    /// <exception cref="ArgumentException">The path or the value is beyond the limits, or the path has a control character: U+0000 to U+001F, U+007F to U+009F.</exception>
    internal static void Check(Write.Put put)
    {
        if (put.Key.Path.Length is 0 or > PathLengthMax)
            throw new ArgumentException($"A path has {put.Key.Path.Length} characters; 1 to {PathLengthMax} are allowed.");
        if (put.Key.Path.AsSpan().IndexOfAnyInRange('\0', '\u001f') >= 0 || put.Key.Path.AsSpan().IndexOfAnyInRange('\u007f', '\u009f') >= 0)
            throw new ArgumentException("A path has a control character.");
        if (put.Value.Length > ValueBytesMax)
            throw new ArgumentException($"The value of {put.Key} has {put.Value.Length} bytes; {ValueBytesMax} are allowed.");
    }

    /// <exception cref="ArgumentException">A setting is too small.</exception>
    internal static void CheckAtLeast(long value, long min, string name)
    {
        if (value < min) throw new ArgumentException($"{name} is {value}; it must be {min} or more.");
    }
}
