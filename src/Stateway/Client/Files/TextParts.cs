namespace Stateway.Client.Files;

/// <summary>Splits a text of several YAML documents at the lines that begin with <c>---</c>, which no other YAML can hold.</summary>
internal static class TextParts
{
    /// <returns>Each with how many lines stand before it.</returns>
    public static IEnumerable<(byte[] Utf8, int LinesBefore)> Of(byte[] utf8)
    {
        int begin = 0, linesBefore = 0, line = 0;
        for (int at = 0; at < utf8.Length; line++)
        {
            if (at > begin && IsMarker(utf8.AsSpan(at)))
            {
                yield return (utf8[begin..at], linesBefore);
                (begin, linesBefore) = (at, line);
            }

            int end = utf8.AsSpan(at).IndexOf((byte)'\n');
            at = end < 0 ? utf8.Length : at + end + 1;
        }

        yield return (utf8[begin..], linesBefore);
    }

    private static bool IsMarker(ReadOnlySpan<byte> line) =>
        line.StartsWith("---"u8) && (line.Length == 3 || line[3] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n');
}
