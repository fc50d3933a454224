using System.Globalization;

namespace Stateway.Model.Schemas.Patterns;

/// <summary>
/// What <c>\p{…}</c> can name: general categories, by their short and long names, and a few properties that are
/// plain lists.
/// </summary>
internal static class UnicodeProperties
{
    // Names as in Unicode's PropertyValueAliases; categories of one letter are all that begin with it.
    private static readonly string[][] s_categories =
    [
        ["L", "Letter"], ["LC", "Cased_Letter"], ["Lu", "Uppercase_Letter"], ["Ll", "Lowercase_Letter"],
        ["Lt", "Titlecase_Letter"], ["Lm", "Modifier_Letter"], ["Lo", "Other_Letter"], ["M", "Mark", "Combining_Mark"],
        ["Mn", "Nonspacing_Mark"], ["Mc", "Spacing_Mark"], ["Me", "Enclosing_Mark"], ["N", "Number"],
        ["Nd", "Decimal_Number", "digit"], ["Nl", "Letter_Number"], ["No", "Other_Number"], ["P", "Punctuation", "punct"],
        ["Pc", "Connector_Punctuation"], ["Pd", "Dash_Punctuation"], ["Ps", "Open_Punctuation"], ["Pe", "Close_Punctuation"],
        ["Pi", "Initial_Punctuation"], ["Pf", "Final_Punctuation"], ["Po", "Other_Punctuation"], ["S", "Symbol"],
        ["Sm", "Math_Symbol"], ["Sc", "Currency_Symbol"], ["Sk", "Modifier_Symbol"], ["So", "Other_Symbol"],
        ["Z", "Separator"], ["Zs", "Space_Separator"], ["Zl", "Line_Separator"], ["Zp", "Paragraph_Separator"],
        ["C", "Other"], ["Cc", "Control", "cntrl"], ["Cf", "Format"], ["Cs", "Surrogate"], ["Co", "Private_Use"],
        ["Cn", "Unassigned"],
    ];

    // In the order of System.Globalization.UnicodeCategory.
    private static readonly string[] s_codes =
    [
        "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co",
        "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So", "Cn",
    ];

    private static readonly Lazy<List<(int, int)>[]> s_ranges = new(ReadRanges);

    /// <returns>Null for a name that is not known, or needs data that is not here, such as scripts.</returns>
    public static CodePointSet? Find(string expression)
    {
        int equals = expression.IndexOf('=');
        if (equals >= 0)
        {
            return expression[..equals] is "General_Category" or "gc" ? Category(expression[(equals + 1)..]) : null;
        }

        return expression switch
        {
            "Any" => CodePointSet.Of((0, 0x10FFFF)),
            "ASCII" => CodePointSet.Of((0, 0x7F)),
            "ASCII_Hex_Digit" or "AHex" => CodePointSet.Of(('0', '9'), ('A', 'F'), ('a', 'f')),
            "Assigned" => Category("Cn")!.Complement(),
            "White_Space" or "space" => CodePointSet.Of(
                (9, 13), (32, 32), (0x85, 0x85), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029),
                (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000)),
            _ => Category(expression),
        };
    }

    private static CodePointSet? Category(string name)
    {
        if (Array.Find(s_categories, names => names.Contains(name)) is not [var code, ..]) return null;

        var ranges = new List<(int, int)>();
        for (int i = 0; i < s_codes.Length; i++)
        {
            bool belongs = code == "LC"
                ? s_codes[i] is "Lu" or "Ll" or "Lt"
                : s_codes[i].StartsWith(code, StringComparison.Ordinal);
            if (belongs) ranges.AddRange(s_ranges.Value[i]);
        }

        return new(ranges);
    }

    private static List<(int, int)>[] ReadRanges()
    {
        var ranges = new List<(int, int)>[s_codes.Length];
        for (int i = 0; i < ranges.Length; i++) ranges[i] = [];

        int from = 0;
        for (int point = 1; point <= 0x110000; point++)
        {
            var category = CharUnicodeInfo.GetUnicodeCategory(from);
            if (point < 0x110000 && CharUnicodeInfo.GetUnicodeCategory(point) == category) continue;
            ranges[(int)category].Add((from, point - 1));
            from = point;
        }

        return ranges;
    }
}
