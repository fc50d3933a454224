using System.Text;

namespace Stateway.Model.Schemas.Formats;

/// <summary>Host names of RFC 1123, section 2.1, and their international form of RFC 5890.</summary>
internal static class HostFormats
{
    private const int NameBytesMax = 253;
    private const int LabelBytesMax = 63;

    public static bool IsHostName(ReadOnlySpan<byte> s)
    {
        if (s.Length > NameBytesMax) return false;

        while (true)
        {
            int dot = s.IndexOf((byte)'.');
            if (!IsLabel(dot < 0 ? s : s[..dot])) return false;
            if (dot < 0) return true;
            s = s[(dot + 1)..];
        }
    }

    /// <summary>
    /// Labels may have letters of every script, and be parted by the full stops of East Asian ones (RFC 3490,
    /// section 3.1).
    /// </summary>
    public static bool IsInternationalHostName(ReadOnlySpan<byte> s)
    {
        if (s.Length > NameBytesMax * 4) return false; // no name is longer in UTF-8

        var labels = Encoding.UTF8.GetString(s).Split('.', '\u3002', '\uFF0E', '\uFF61')
            .Select(label => label.EnumerateRunes().Select(rune => rune.Value).ToArray()).ToArray();
        int length = labels.Length - 1; // as it is sent: labels in their ASCII form, dots between them
        foreach (int[] label in labels)
        {
            string sent = AsciiForm(label);
            if (!IsLabel(Encoding.ASCII.GetBytes(sent))) return false;
            length += sent.Length;
        }

        bool isBidi = Array.Exists(labels, label => InternationalLabel.HasRightToLeft(label));
        return length <= NameBytesMax && (!isBidi || Array.TrueForAll(labels, label => InternationalLabel.ObeysBidi(label)));
    }

    private static string AsciiForm(int[] label) => Array.Exists(label, point => point >= 0x80)
        ? "xn--" + Punycode.Encode(label)
        : string.Concat(label.Select(point => (char)point));

    /// <summary>
    /// Letters, digits and hyphens inside; what claims to be the ASCII form of an international label must be one.
    /// </summary>
    private static bool IsLabel(ReadOnlySpan<byte> s)
    {
        if (s.Length is 0 or > LabelBytesMax || s[0] == '-' || s[^1] == '-') return false;

        foreach (byte c in s)
        {
            if (!char.IsAsciiLetterOrDigit((char)c) && c != '-') return false;
        }

        if (s.Length < 4 || s[2] != '-' || s[3] != '-') return true;

        // "--" in the third and fourth place is reserved (RFC 5891, section 4.2.3.1).
        if ((s[0] | 0x20) != 'x' || (s[1] | 0x20) != 'n') return false;
        return Punycode.TryDecode(s[4..], out int[] points) && Array.Exists(points, point => point >= 0x80)
            && InternationalLabel.IsValid(points)
            && Encoding.ASCII.GetString(s[4..]).Equals(Punycode.Encode(points), StringComparison.OrdinalIgnoreCase);
    }
}
