using System.Text;
using System.Text.Json;

namespace Stateway.Model.Schemas.Compiling;

/// <summary>What one schema, with its <c>$ref</c> and <c>allOf</c>, says about the form of a value.</summary>
internal sealed class ShapeFacts
{
    private readonly SchemaIndex _index;
    private readonly SchemaDialect _dialect;
    private readonly HashSet<SchemaPlace> _visited = [];

    public ShapeTypes Types { get; private set; } = ShapeTypes.Any;
    public string? Format { get; private set; }
    public string? ComponentName { get; private set; }
    public bool ReadOnly { get; private set; }
    public bool WriteOnly { get; private set; }
    public ReadOnlyMemory<byte>? Default { get; private set; }
    public string? Reference { get; private set; }
    public XmlShape? Xml { get; private set; }
    public List<string> Required { get; } = [];
    public Dictionary<string, ShapeSources> Properties { get; } = [];

    /// <summary>Properties of alternatives that nothing else names.</summary>
    public Dictionary<string, ShapeSources> MaybeProperties { get; } = [];

    public ShapeSources? Items { get; private set; }
    public ShapeSources? AdditionalProperties { get; private set; }

    /// <summary>From alternatives, where nothing else says them.</summary>
    public ShapeSources? MaybeItems { get; private set; }
    public ShapeSources? MaybeAdditionalProperties { get; private set; }

    private bool _nullable;

    private ShapeFacts(SchemaIndex index, SchemaDialect dialect) => (_index, _dialect) = (index, dialect);

    public static ShapeFacts Of(ShapeSources sources, SchemaIndex index, SchemaDialect dialect)
    {
        var facts = new ShapeFacts(index, dialect);
        if (sources.Any)
        {
            facts.TakeAlternatives([.. sources.Places]);
        }
        else
        {
            foreach (var place in sources.Places) facts.Take(place);
        }

        if (facts._nullable) facts.Types |= ShapeTypes.Null;
        foreach (string name in facts.Properties.Keys) facts.MaybeProperties.Remove(name);
        return facts;
    }

    private void Take(SchemaPlace place)
    {
        if (place.Element.ValueKind != JsonValueKind.Object || !_visited.Add(place)) return;

        ComponentName ??= NameOfComponent(place.Pointer);
        _nullable |= _dialect == SchemaDialect.OpenApi30 && place.IsTrue("nullable");
        if (_dialect == SchemaDialect.OpenApi30 && place.Has("$ref"))
        {
            TakeReference(place);
            return;
        }

        TakeAnnotations(place);
        TakeTypes(place);

        // In the order of the document, so that properties come in the order in which somebody reads them.
        foreach (var keyword in place.Element.EnumerateObject())
        {
            switch (keyword.Name)
            {
                case "$ref":
                    TakeReference(place);
                    break;
                case "allOf":
                    foreach (var part in place.Items("allOf")) Take(part);
                    break;
                case "properties":
                    foreach (var (name, property) in place.Members("properties")) SourcesIn(Properties, name).Add(property);
                    break;
                case "items":
                    (Items ??= new(any: false)).Add(place.Child("items")!.Value);
                    break;
                case "additionalProperties" when keyword.Value.ValueKind != JsonValueKind.False:
                    (AdditionalProperties ??= new(any: false)).Add(place.Child("additionalProperties")!.Value);
                    break;
                case "oneOf":
                case "anyOf":
                    TakeAlternatives([.. place.Items(keyword.Name)]);
                    break;
            }
        }
    }

    private void TakeReference(SchemaPlace place)
    {
        if (place.Text("$ref") is not { } reference) return;
        if (_index.TryResolve(place.Resource, reference, out var target, out _)) Take(target);
    }

    private void TakeAnnotations(SchemaPlace place)
    {
        ReadOnly |= place.IsTrue("readOnly");
        WriteOnly |= place.IsTrue("writeOnly");
        Format ??= place.Text("format");
        Reference ??= place.Text("x-stateway-reference");
        if (Default is null && place.TryGet("default", out var value)) Default = Encoding.UTF8.GetBytes(value.GetRawText());
        if (place.Child("xml") is { Element.ValueKind: JsonValueKind.Object } xml)
        {
            Xml ??= new(
                xml.Text("name"), xml.Text("namespace"), xml.Text("prefix"), xml.IsTrue("attribute"), xml.IsTrue("wrapped"));
        }

        if (!place.TryGet("required", out var required) || required.ValueKind != JsonValueKind.Array) return;
        foreach (var name in required.EnumerateArray())
        {
            if (name.ValueKind == JsonValueKind.String && !Required.Contains(name.GetString()!)) Required.Add(name.GetString()!);
        }
    }

    private void TakeTypes(SchemaPlace place)
    {
        if (ScalarKeywords.ReadTypes(new KeywordReader(place, new DefectList()), _dialect) is { } types) Types &= types;
        if (place.TryGet("const", out var constant) && _dialect == SchemaDialect.Draft202012) Types &= TypeOf(constant);
        if (!place.TryGet("enum", out var list) || list.ValueKind != JsonValueKind.Array) return;

        var listed = ShapeTypes.None;
        foreach (var value in list.EnumerateArray()) listed |= TypeOf(value);
        Types &= listed;
    }

    private static ShapeTypes TypeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => ShapeTypes.Null,
        JsonValueKind.True or JsonValueKind.False => ShapeTypes.Boolean,
        JsonValueKind.Number => value.GetRawText().AsSpan().IndexOfAny('.', 'e', 'E') < 0 ? ShapeTypes.Integer : ShapeTypes.Number,
        JsonValueKind.String => ShapeTypes.String,
        JsonValueKind.Array => ShapeTypes.Array,
        _ => ShapeTypes.Object,
    };

    private void TakeAlternatives(SchemaPlace[] alternatives)
    {
        var others = new List<(SchemaPlace Place, ShapeFacts Facts)>();
        var types = ShapeTypes.None;
        foreach (var alternative in alternatives)
        {
            if (_visited.Contains(alternative)) continue;

            var facts = new ShapeFacts(_index, _dialect);
            facts._visited.UnionWith(_visited); // an alternative that leads back here says nothing new
            facts.Take(alternative);
            types |= facts._nullable ? facts.Types | ShapeTypes.Null : facts.Types;
            if (facts.Types != ShapeTypes.Null) others.Add((alternative, facts));
        }

        if (others.Count == 1)
        {
            // X or null is X, as far as its form goes.
            var before = Types;
            Take(others[0].Place);
            Types = before & types;
            return;
        }

        if (types != ShapeTypes.None) Types &= types;
        foreach (var (_, facts) in others) TakeAlternative(facts);
        if (others.Count == 0) return;

        var first = others[0].Facts;
        if (others.TrueForAll(other => other.Facts.Format == first.Format)) Format ??= first.Format;
        if (others.TrueForAll(other => other.Facts.Reference == first.Reference)) Reference ??= first.Reference;
    }

    private void TakeAlternative(ShapeFacts facts)
    {
        foreach (var (name, sources) in facts.Properties.Concat(facts.MaybeProperties))
        {
            if (!MaybeProperties.TryGetValue(name, out var known)) MaybeProperties[name] = sources;
            else known.AddAlternative(sources);
        }

        MaybeItems = Either(MaybeItems, facts.Items ?? facts.MaybeItems);
        MaybeAdditionalProperties =
            Either(MaybeAdditionalProperties, facts.AdditionalProperties ?? facts.MaybeAdditionalProperties);
    }

    private static ShapeSources? Either(ShapeSources? known, ShapeSources? other)
    {
        if (known is null || other is null) return known ?? other;
        known.AddAlternative(other);
        return known;
    }

    private static ShapeSources SourcesIn(Dictionary<string, ShapeSources> map, string name)
    {
        if (!map.TryGetValue(name, out var sources)) map[name] = sources = new(any: false);
        return sources;
    }

    /// <summary>The last segment of <c>/components/schemas/NAME</c> or <c>/$defs/NAME</c>.</summary>
    private static string? NameOfComponent(string pointer)
    {
        string[] segments = pointer.Split('/');
        bool isComponent = segments is [.., "components", "schemas", _] or [.., "$defs", _] or [.., "definitions", _];
        return isComponent ? segments[^1].Replace("~1", "/").Replace("~0", "~") : null;
    }
}
