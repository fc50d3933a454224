namespace Stateway.Model.Schemas.Json;

internal static class Utf8Text
{
    /// <summary>Code points in well-formed UTF-8: the bytes that don't continue one.</summary>
    public static int CodePoints(ReadOnlySpan<byte> utf8)
    {
        int count = 0;
        foreach (byte b in utf8)
        {
            if ((sbyte)b > -65) count++;
        }

        return count;
    }
}
