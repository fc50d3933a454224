using System.Net;

namespace Stateway.Management.Domains;

/// <summary>Names of hosts as domains have them.</summary>
internal static class HostName
{
    public const string Rule = "the name of a host in lower case, such as shop.example: labels of a-z, 0-9 and -, at most 63 each, with dots between, and no address";

    private const int LabelLengthMax = 63; // RFC 1035, section 2.3.4

    public static bool IsValid(string text)
    {
        string[] labels = text.Split('.');
        return labels.All(IsLabel) && !labels[^1].All(char.IsAsciiDigit) && !IPAddress.TryParse(text, out _);
    }

    private static bool IsLabel(string label) =>
        label.Length is > 0 and <= LabelLengthMax && label[0] != '-' && label[^1] != '-'
        && label.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
}
