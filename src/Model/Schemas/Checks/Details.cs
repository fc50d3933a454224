using System.Text;
using Stateway.Model.Schemas.Json;

namespace Stateway.Model.Schemas.Checks;

/// <summary>Words for errors: what was there and what would be right, values cut to a readable length.</summary>
internal static class Details
{
    private const int ValueCharactersMax = 60;
    private const int ChoicesCharactersMax = 160;

    public static string Value(in JsonText text, int at) => text.KindOf(at) switch
    {
        JsonKind.Object => "an object",
        JsonKind.Array => "an array",
        _ => Cut(Encoding.UTF8.GetString(text.RawAt(at))),
    };

    public static string Name(in JsonText text, int at) => Cut(Encoding.UTF8.GetString(text.StringAt(at)));

    public static string Cut(string text)
    {
        if (text.Length <= ValueCharactersMax) return text;

        int end = ValueCharactersMax - 1;
        if (char.IsHighSurrogate(text[end - 1])) end--;
        return text[..end] + "…" + (text[0] == '"' ? "\"" : "");
    }

    /// <summary>With a capital at the beginning, where it begins a sentence.</summary>
    public static string Sentence(string text) =>
        text.StartsWith("an ", StringComparison.Ordinal) ? "A" + text[1..] : text;

    public static string WrongType(in JsonText text, int at, ShapeTypes expected)
    {
        string found = text.KindOf(at) switch
        {
            JsonKind.Null => "null",
            JsonKind.False or JsonKind.True => "a boolean",
            JsonKind.Number => expected.HasFlag(ShapeTypes.Integer) ? "not an integer" : "a number",
            JsonKind.Array => "an array",
            JsonKind.Object => "an object",
            _ => "a string",
        };
        string value = Value(text, at);
        return value == found || text.KindOf(at) is JsonKind.Array or JsonKind.Object
            ? $"{Sentence(value)} was found; {Types(expected)} is expected."
            : $"{value} is {found}; {Types(expected)} is expected.";
    }

    public static string Choices(IEnumerable<string> choices)
    {
        var list = new StringBuilder();
        foreach (string choice in choices)
        {
            if (list.Length + choice.Length > ChoicesCharactersMax && list.Length > 0) return list.Append(", …").ToString();
            if (list.Length > 0) list.Append(", ");
            list.Append(Cut(choice));
        }

        return list.ToString();
    }

    /// <summary>1 item, 2 items.</summary>
    public static string Count(long count, string noun, string plural) => $"{count} {(count == 1 ? noun : plural)}";

    public static string LimitIs(long count, string most) => $"{most} {count} {(count == 1 ? "is" : "are")}";

    private static string Types(ShapeTypes types)
    {
        var names = new List<string>();
        if (types.HasFlag(ShapeTypes.Object)) names.Add("an object");
        if (types.HasFlag(ShapeTypes.Array)) names.Add("an array");
        if (types.HasFlag(ShapeTypes.String)) names.Add("a string");
        if (types.HasFlag(ShapeTypes.Number)) names.Add("a number");
        else if (types.HasFlag(ShapeTypes.Integer)) names.Add("an integer");
        if (types.HasFlag(ShapeTypes.Boolean)) names.Add("true or false");
        if (types.HasFlag(ShapeTypes.Null)) names.Add("null");
        return names.Count == 0 ? "nothing" : string.Join(" or ", names);
    }
}
