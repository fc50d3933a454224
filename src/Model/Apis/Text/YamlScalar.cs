using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace Stateway.Model.Apis.Text;

/// <summary>What a plain scalar means by YAML 1.2's core schema (section 10.3.2), numbers written as JSON writes them.</summary>
internal static partial class YamlScalar
{
    /// <summary>A number that JSON has no text for: an infinity, or not a number.</summary>
    public const ScalarKind NotJson = (ScalarKind)byte.MaxValue;

    public static (ScalarKind Type, string Text) Read(string text)
    {
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL": return (ScalarKind.Null, "null");
            case "true" or "True" or "TRUE": return (ScalarKind.True, "true");
            case "false" or "False" or "FALSE": return (ScalarKind.False, "false");
        }

        // Every number begins with one of these; nearly every text does not.
        if (!(char.IsAsciiDigit(text[0]) || text[0] is '+' or '-' or '.')) return (ScalarKind.String, text);

        if (JsonNumber().IsMatch(text)) return (ScalarKind.Number, text);
        if (Octal().IsMatch(text)) return (ScalarKind.Number, Integer(text[2..], 8));
        if (Hexadecimal().IsMatch(text)) return (ScalarKind.Number, Integer(text[2..], 16));
        if (NotFinite().IsMatch(text)) return (NotJson, text);

        var number = Number().Match(text);
        return number.Success ? (ScalarKind.Number, Normal(number)) : (ScalarKind.String, text);
    }

    /// <summary><c>+05.</c> → <c>5</c>, <c>-.5e3</c> → <c>-0.5e3</c>.</summary>
    private static string Normal(Match number)
    {
        string whole = number.Groups["whole"].Value.TrimStart('0');
        string fraction = number.Groups["fraction"].Value;
        string sign = number.Groups["sign"].Value == "-" ? "-" : "";
        return sign + (whole.Length == 0 ? "0" : whole) + (fraction.Length == 0 ? "" : "." + fraction) + number.Groups["exponent"].Value;
    }

    private static string Integer(string digits, int radix)
    {
        if (digits.Length > TextLimits.NumberLengthMax) return new string('9', TextLimits.NumberLengthMax + 1); // refused as too long

        var value = BigInteger.Zero;
        foreach (char digit in digits) value = value * radix + int.Parse([digit], NumberStyles.HexNumber);
        return value.ToString(CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex JsonNumber();

    [GeneratedRegex(@"^(?<sign>[-+]?)(?<whole>[0-9]*)(\.(?<fraction>[0-9]*))?(?<=[0-9]\.?)(?<exponent>[eE][-+]?[0-9]+)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Number();

    [GeneratedRegex(@"^0o[0-7]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Octal();

    [GeneratedRegex(@"^0x[0-9a-fA-F]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Hexadecimal();

    [GeneratedRegex(@"^([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))\z", RegexOptions.CultureInvariant)]
    private static partial Regex NotFinite();
}
