using System.Text.Json;

namespace Stateway.Model.Schemas.Compiling;

/// <summary>
/// What a schema and all the schemas that it applies to the same value say about the names of an object: the
/// schema of a whole value is closed, and its readOnly properties are set aside, by what its parts say together.
/// </summary>
internal sealed class ValueSurvey
{
    private readonly HashSet<string> _known = [];
    private readonly HashSet<string> _marked = [];
    private readonly Dictionary<string, SchemaPlace> _certain = [];

    /// <summary>Names in <c>properties</c>.</summary>
    public string[] KnownNames => [.. _known];

    /// <summary>Those whose schema has the keyword asked for, such as <c>readOnly</c>.</summary>
    public HashSet<string> MarkedNames => _marked;

    /// <summary>
    /// Names that several parts, all of which hold, give different schemas: an object there has the fields of
    /// them all, so that none of them alone may close it.
    /// </summary>
    public HashSet<string> MergedNames { get; } = [];

    /// <summary><c>additionalProperties</c> or <c>unevaluatedProperties</c> decides already.</summary>
    public bool SaysWhatElse { get; private set; }

    public static ValueSurvey Of(SchemaPlace root, SchemaIndex index, SchemaDialect dialect, string? mark)
    {
        var survey = new ValueSurvey();
        var visited = new HashSet<(SchemaPlace, bool)>();
        var pending = new Stack<(SchemaPlace Place, bool Certain)>([(root, true)]);
        while (pending.TryPop(out var next))
        {
            if (!visited.Add(next)) continue;

            var (place, certain) = next;
            if (place.Text("$ref") is { } reference)
            {
                if (index.TryResolve(place.Resource, reference, out var target, out _)) pending.Push((target, certain));
                if (dialect == SchemaDialect.OpenApi30) continue;
            }

            survey.TakeOwn(place, certain, index, dialect, mark);
            foreach (var part in Parts(place)) pending.Push((part.Place, certain && part.Certain));
        }

        return survey;
    }

    private void TakeOwn(SchemaPlace place, bool certain, SchemaIndex index, SchemaDialect dialect, string? mark)
    {
        SaysWhatElse |= certain && (place.Has("additionalProperties") || place.Has("unevaluatedProperties"));
        foreach (var (name, value) in place.Members("properties"))
        {
            _known.Add(name);
            var schema = index.Follow(value);
            if (certain && !_certain.TryAdd(name, schema) && _certain[name] != schema) MergedNames.Add(name);
            if (mark is not null && IsMarked(value, mark, index, dialect)) _marked.Add(name);
        }
    }

    private static IEnumerable<(SchemaPlace Place, bool Certain)> Parts(SchemaPlace place)
    {
        foreach (var part in place.Items("allOf")) yield return (part, true);
        foreach (var part in place.Items("anyOf")) yield return (part, false);
        foreach (var part in place.Items("oneOf")) yield return (part, false);
        foreach (var (_, part) in place.Members("dependentSchemas")) yield return (part, false);
        foreach (var (_, part) in place.Members("dependencies")) yield return (part, false);
        foreach (string keyword in (string[])["if", "then", "else"])
        {
            if (place.Child(keyword) is { } part) yield return (part, false);
        }
    }

    /// <summary>Whether a schema has a keyword that is true, itself or through <c>$ref</c> and <c>allOf</c>.</summary>
    private static bool IsMarked(SchemaPlace root, string keyword, SchemaIndex index, SchemaDialect dialect)
    {
        var visited = new HashSet<SchemaPlace>();
        var pending = new Stack<SchemaPlace>([root]);
        while (pending.TryPop(out var place))
        {
            if (!visited.Add(place) || place.Element.ValueKind != JsonValueKind.Object) continue;

            if (place.Text("$ref") is { } reference)
            {
                if (index.TryResolve(place.Resource, reference, out var target, out _)) pending.Push(target);
                if (dialect == SchemaDialect.OpenApi30) continue;
            }

            if (place.IsTrue(keyword)) return true;
            foreach (var part in place.Items("allOf")) pending.Push(part);
        }

        return false;
    }
}
