namespace Stateway.Client;

/// <summary>What a server sent, made fit for a terminal: it could hold sequences that move the cursor or set the title.</summary>
internal static class PlainText
{
    /// <summary>Control characters become blanks.</summary>
    public static string Of(string text)
    {
        if (!text.Any(IsUnsafe)) return text;

        return string.Create(text.Length, text, static (chars, source) =>
        {
            for (int i = 0; i < chars.Length; i++) chars[i] = IsUnsafe(source[i]) ? ' ' : source[i];
        });
    }

    /// <summary>At most so many characters; what was cut off is an ellipsis.</summary>
    public static string Short(string text, int charactersMax)
    {
        string plain = Of(text);
        if (plain.Length <= charactersMax) return plain;

        int end = charactersMax - 1;
        if (char.IsHighSurrogate(plain[end - 1])) end--;
        return plain[..end] + "…";
    }

    // C0, DEL and C1; then the marks that turn the direction of text, behind which a line can say another thing than it shows.
    private static bool IsUnsafe(char c) => char.IsControl(c) || c is >= '\u202A' and <= '\u202E' or >= '\u2066' and <= '\u2069';
}
