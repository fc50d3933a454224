using System.Buffers.Text;
using System.Text;
using Stateway.Model.Schemas.Patterns;

namespace Stateway.Model.Schemas.Formats;

/// <summary>UUIDs, JSON pointers and other small notations.</summary>
internal static class IdentifierFormats
{
    /// <summary>RFC 9562, section 4; of any version and variant.</summary>
    public static bool IsUuid(ReadOnlySpan<byte> s)
    {
        if (s.Length != 36) return false;

        for (int i = 0; i < s.Length; i++)
        {
            bool allowed = i is 8 or 13 or 18 or 23 ? s[i] == '-' : char.IsAsciiHexDigit((char)s[i]);
            if (!allowed) return false;
        }

        return true;
    }

    /// <summary>RFC 6901, section 3.</summary>
    public static bool IsJsonPointer(ReadOnlySpan<byte> s)
    {
        if (s.Length > 0 && s[0] != '/') return false;

        for (int tilde; (tilde = s.IndexOf((byte)'~')) >= 0; s = s[(tilde + 2)..])
        {
            if (tilde + 1 >= s.Length || s[tilde + 1] is not ((byte)'0' or (byte)'1')) return false;
        }

        return true;
    }

    /// <summary>How many levels up, then a JSON pointer, or # for the name there.</summary>
    public static bool IsRelativeJsonPointer(ReadOnlySpan<byte> s)
    {
        int digits = s.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        if (digits < 0) digits = s.Length;
        if (digits == 0 || (digits > 1 && s[0] == '0')) return false;

        s = s[digits..];
        return s.SequenceEqual("#"u8) || IsJsonPointer(s);
    }

    public static bool IsRegex(ReadOnlySpan<byte> s) => EcmaPattern.IsValid(Encoding.UTF8.GetString(s));

    /// <summary>RFC 4648, section 4, with its padding and without white space.</summary>
    public static bool IsBase64(ReadOnlySpan<byte> s) =>
        s.Length % 4 == 0 && s.IndexOfAny(" \t\r\n"u8) < 0 && Base64.IsValid(s);
}
