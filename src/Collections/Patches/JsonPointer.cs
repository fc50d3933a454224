using System.Diagnostics.CodeAnalysis;

namespace Stateway.Collections.Patches;

/// <summary>A JSON pointer (RFC 6901) as text, not as a URI fragment.</summary>
public sealed class JsonPointer
{
    private readonly string[] _tokens;

    private JsonPointer(string text, string[] tokens)
    {
        Text = text;
        _tokens = tokens;
    }

    public string Text { get; }

    /// <summary>The reference tokens, unescaped; none for the whole document.</summary>
    public ReadOnlySpan<string> Tokens => _tokens;

    public static bool TryParse(string text, [NotNullWhen(true)] out JsonPointer? pointer)
    {
        pointer = null;
        if (text.Length == 0)
        {
            pointer = new JsonPointer(text, []);
            return true;
        }

        if (text[0] != '/') return false;

        string[] tokens = text[1..].Split('/');
        for (int i = 0; i < tokens.Length; i++)
        {
            if (!IsEscapedWell(tokens[i])) return false;

            // ~1 first: ~01 is ~1, never a slash (section 4).
            tokens[i] = tokens[i].Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
        }

        pointer = new JsonPointer(text, tokens);
        return true;
    }

    /// <summary>An index as section 4 writes it: 0, or digits without a leading zero. At most nine digits.</summary>
    public static bool TryParseIndex(string token, out int index)
    {
        index = 0;
        if (token.Length is 0 or > 9 || (token.Length > 1 && token[0] == '0')) return false;

        foreach (char c in token)
        {
            if (!char.IsAsciiDigit(c)) return false;
            index = index * 10 + (c - '0');
        }

        return true;
    }

    /// <summary>Whether the other one lies inside what this one points to.</summary>
    public bool IsAbove(JsonPointer other) =>
        _tokens.Length < other._tokens.Length && Tokens.SequenceEqual(other.Tokens[.._tokens.Length]);

    public override string ToString() => Text;

    private static bool IsEscapedWell(string token)
    {
        for (int i = 0; i < token.Length; i++)
        {
            if (token[i] == '~' && (i + 1 == token.Length || token[i + 1] is not ('0' or '1'))) return false;
        }

        return true;
    }
}
