using System.Text.Json;

namespace Stateway.Model.Schemas.Compiling;

/// <summary>What is wrong with schemas; each thing once, though a schema is compiled for several places.</summary>
internal sealed class DefectList
{
    private const int Max = 1000;

    private readonly HashSet<SchemaDefect> _known = [];
    private readonly List<SchemaDefect> _defects = [];

    public IReadOnlyList<SchemaDefect> Items => _defects;

    public void Add(SchemaPlace place, string? keyword, string detail)
    {
        string pointer = keyword is null ? place.Pointer : place.PointerWith(keyword);
        var defect = new SchemaDefect(place.Document.Uri, pointer, detail);
        if (_defects.Count < Max && _known.Add(defect)) _defects.Add(defect);
    }

    public static string KindOf(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => $"the number {element.GetRawText()}",
        JsonValueKind.Null => "null",
        _ => element.GetRawText(),
    };
}
