using System.Text;
using System.Text.Json;
using Stateway.Model.Schemas.Checks;
using Stateway.Model.Schemas.Json;

namespace Stateway.Model.Schemas.Compiling;

/// <summary>
/// Reads keywords of one schema; a value of the wrong kind is a defect, and reads as if it were not there.
/// </summary>
internal readonly struct KeywordReader(SchemaPlace place, DefectList defects)
{
    public SchemaPlace Place => place;

    public void Defect(string keyword, string detail) => defects.Add(place, keyword, detail);

    private bool TryGet(string keyword, JsonValueKind kind, string expected, out JsonElement value)
    {
        if (!place.TryGet(keyword, out value)) return false;
        if (value.ValueKind == kind) return true;

        Defect(keyword, $"{keyword} must be {expected}, not {DefectList.KindOf(value)}.");
        return false;
    }

    public string? Text(string keyword) =>
        TryGet(keyword, JsonValueKind.String, "a string", out var value) ? value.GetString() : null;

    public bool Flag(string keyword)
    {
        if (!place.TryGet(keyword, out var value)) return false;
        if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            Defect(keyword, $"{keyword} must be true or false, not {DefectList.KindOf(value)}.");
        }

        return value.ValueKind == JsonValueKind.True;
    }

    /// <summary>A count; what is larger than a long is as good as the largest long.</summary>
    public long Count(string keyword, long otherwise)
    {
        if (!place.TryGet(keyword, out var value)) return otherwise;

        if (value.ValueKind == JsonValueKind.Number)
        {
            var number = JsonNumber.Parse(Encoding.ASCII.GetBytes(value.GetRawText()));
            if (number.IsInteger && number.Sign >= 0)
            {
                return value.TryGetDecimal(out decimal exact) && exact <= long.MaxValue ? (long)exact : long.MaxValue;
            }
        }

        Defect(keyword, $"{keyword} must be a whole number from 0, not {DefectList.KindOf(value)}.");
        return otherwise;
    }

    public NumberRules.Limit? Number(string keyword) => TryGet(keyword, JsonValueKind.Number, "a number", out var value)
        ? new NumberRules.Limit(Encoding.ASCII.GetBytes(value.GetRawText()))
        : null;

    public string[] Names(string keyword) =>
        TryGet(keyword, JsonValueKind.Array, "an array of names", out var value) ? Names(keyword, value) : [];

    public string[] Names(string keyword, JsonElement list)
    {
        var names = new List<string>();
        foreach (var item in list.EnumerateArray())
        {
            if (item.ValueKind == JsonValueKind.String) names.Add(item.GetString()!);
            else Defect(keyword, $"{keyword} must be an array of names; {DefectList.KindOf(item)} is none.");
        }

        return [.. names];
    }

    /// <summary>The JSON texts of an array's items, or of the value itself.</summary>
    public byte[][]? Constants(string keyword, bool list)
    {
        if (!list) return place.TryGet(keyword, out var constant) ? [Raw(keyword, constant)] : null;
        if (!TryGet(keyword, JsonValueKind.Array, "an array of values", out var values)) return null;

        var (reader, texts) = (this, new List<byte[]>());
        foreach (var value in values.EnumerateArray()) texts.Add(reader.Raw(keyword, value));
        return [.. texts];
    }

    private byte[] Raw(string keyword, JsonElement value)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(value.GetRawText());
        if (new JsonTape().TryRead(utf8, out var fault)) return utf8;

        Defect(keyword, "The value is not JSON: " + fault.Describe(utf8));
        return "null"u8.ToArray();
    }

    public SchemaPlace? Schema(string keyword) => place.Child(keyword);

    public SchemaPlace[] Schemas(string keyword)
    {
        if (!TryGet(keyword, JsonValueKind.Array, "an array of schemas", out var list)) return [];
        if (list.GetArrayLength() == 0) Defect(keyword, $"{keyword} must not be empty.");
        return [.. place.Items(keyword)];
    }

    public KeyValuePair<string, SchemaPlace>[] SchemaMap(string keyword) =>
        TryGet(keyword, JsonValueKind.Object, "an object of schemas", out _) ? [.. place.Members(keyword)] : [];
}
