using System.Buffers;

namespace Stateway.Gateway.Targets.Http;

/// <summary>What field names and values are made of (RFC 9110, sections 5.5 and 5.6.2).</summary>
internal static class FieldText
{
    private const string TokenChars = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private static readonly SearchValues<char> Token = SearchValues.Create(TokenChars);
    private static readonly SearchValues<byte> TokenBytes = SearchValues.Create([.. TokenChars.Select(c => (byte)c)]);

    // Every control character but HTAB. Only CR, LF and NUL are dangerous, but no honest service sends the others.
    private static readonly SearchValues<byte> Controls =
        SearchValues.Create([.. Enumerable.Range(0, 32).Where(b => b != '\t').Append(127).Select(b => (byte)b)]);

    public static bool IsToken(ReadOnlySpan<char> text) => text.Length > 0 && !text.ContainsAnyExcept(Token);

    public static bool IsToken(ReadOnlySpan<byte> text) => text.Length > 0 && !text.ContainsAnyExcept(TokenBytes);

    public static bool IsValue(ReadOnlySpan<byte> text) => !text.ContainsAny(Controls);

    /// <summary>For values that an owner wrote: Latin-1 without control characters.</summary>
    public static bool IsValue(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            if (c is < ' ' and not '\t' or '\x7f' or > '\xff') return false;
        }

        return true;
    }

    public static ReadOnlySpan<byte> TrimSpace(ReadOnlySpan<byte> text) => text.Trim(" \t"u8);

    /// <summary>Takes the next member off a comma-separated list; false at its end. Empty members are passed over.</summary>
    public static bool TryTakeMember(ref ReadOnlySpan<byte> list, out ReadOnlySpan<byte> member)
    {
        while (list.Length > 0)
        {
            int comma = list.IndexOf((byte)',');
            member = TrimSpace(comma < 0 ? list : list[..comma]);
            list = comma < 0 ? default : list[(comma + 1)..];
            if (member.Length > 0) return true;
        }

        member = default;
        return false;
    }

    /// <inheritdoc cref="TryTakeMember(ref ReadOnlySpan{byte}, out ReadOnlySpan{byte})"/>
    public static bool TryTakeMember(ref ReadOnlySpan<char> list, out ReadOnlySpan<char> member)
    {
        while (list.Length > 0)
        {
            int comma = list.IndexOf(',');
            member = (comma < 0 ? list : list[..comma]).Trim(" \t");
            list = comma < 0 ? default : list[(comma + 1)..];
            if (member.Length > 0) return true;
        }

        member = default;
        return false;
    }
}
