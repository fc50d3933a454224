using System.Text.Json;

namespace Stateway.Model.Apis.Changes;

/// <summary>Puts together what a schema says of a value. Each is read once.</summary>
internal sealed class SchemaReader(Side side)
{
    private const int PartsMax = 256; // schemas that one is put together from, and levels of them

    private static readonly (BoundKind Kind, string Word)[] BoundWords =
    [
        (BoundKind.Minimum, "minimum"), (BoundKind.Maximum, "maximum"), (BoundKind.MinLength, "minLength"), (BoundKind.MaxLength, "maxLength"),
        (BoundKind.MinItems, "minItems"), (BoundKind.MaxItems, "maxItems"), (BoundKind.MinProperties, "minProperties"), (BoundKind.MaxProperties, "maxProperties"),
    ];

    private const int AllPartsMax = 50_000; // of all that are read; a part that belongs to several schemas counts for each

    private readonly Dictionary<string, SchemaView> _views = [];
    private int _allParts;

    /// <summary>Some schema had too many parts, or all together, to be read whole.</summary>
    public bool WasCut { get; private set; }

    /// <param name="parts">What must be fulfilled together; none: anything.</param>
    /// <param name="pointer">Where the schema stands, or would.</param>
    public SchemaView Read(IReadOnlyList<Piece> parts, string key, string pointer)
    {
        if (_views.TryGetValue(key, out var known)) return known;

        var view = new SchemaView(parts.Count == 0 ? pointer : parts[0].Pointer, parts);
        var seen = new HashSet<string>();
        foreach (var part in parts) Absorb(view, part, seen, orNull: false, depth: 0);
        view.IsChoice = view.Alternatives.Count == 1 && seen.Count == 1 && parts.Count == 1 && parts[0].Members.All(member =>
            member.Name is "oneOf" or "anyOf" or "discriminator" or "deprecated" or "xml" or "readOnly" or "writeOnly" or "default" || SchemaWords.IsRemark(member.Name));
        return _views[key] = view;
    }

    /// <param name="orNull">null passes the part, whatever it says.</param>
    private void Absorb(SchemaView view, Piece part, HashSet<string> seen, bool orNull, int depth)
    {
        part = side.ResolveSchema(part);
        if (part.Json.ValueKind == JsonValueKind.False) view.Types &= orNull ? Kinds.Null : Kinds.None;
        if (!part.IsMap || !seen.Add(part.Pointer)) return;
        if (seen.Count > PartsMax || depth > PartsMax || ++_allParts > AllPartsMax)
        {
            WasCut = true;
            return;
        }

        orNull |= side.IsVersion30 && part.IsTrueAt("nullable");
        bool isReference = part.TextOf("$ref") is not null;
        if (!isReference || !side.IsVersion30) AbsorbOwn(view, part, seen, orNull, depth);
        if (!isReference) return;

        if (side.Target(part.TextOf("$ref")!) is { } target) Absorb(view, target, seen, orNull, depth + 1);
        else Other(view, "$ref", part["$ref"]!.Value); // by an anchor or an id: compared by its text
    }

    private void AbsorbOwn(SchemaView view, Piece part, HashSet<string> seen, bool orNull, int depth)
    {
        ReadType(view, part, orNull);
        ReadValues(view, part, orNull);
        ReadBounds(view, part);
        ReadTexts(view, part);
        ReadObject(view, part);
        ReadLists(view, part);
        ReadRemarks(view, part);
        foreach (string word in SchemaWords.Undecided)
        {
            if (part[word] is { } other) Other(view, word, other);
        }

        if (part["allOf"] is { } all)
        {
            foreach (var branch in all.Items) Absorb(view, branch, seen, orNull, depth + 1);
        }

        foreach (string word in new[] { "oneOf", "anyOf" })
        {
            if (part[word] is not { } choice) continue;

            // { anyOf: [ A, { type: "null" } ] } is A, or null: the way to say it in 3.1 where A is a reference.
            var branches = choice.Items.ToList();
            int withNull = branches.Count;
            branches.RemoveAll(IsNull);
            bool hasNull = branches.Count < withNull;
            if (branches.Count == 1) Absorb(view, branches[0], seen, orNull || hasNull, depth + 1);
            else if (branches.Count > 1) view.Alternatives.Add(new(word, choice, hasNull ? [.. choice.Items] : branches));
            else if (hasNull) view.Types &= Kinds.Null;
        }
    }

    private static bool IsNull(Piece branch) => branch.Members.Count() == 1 && branch.TextOf("type") == "null";

    private static void ReadType(SchemaView view, Piece part, bool orNull)
    {
        if (part["type"] is not { } type) return;

        var types = orNull ? Kinds.Null : Kinds.None;
        if (type.Text is { } one) types |= KindOf(one);
        foreach (var item in type.Items) types |= KindOf(item.Text ?? "");
        view.Types &= types;
        view.TypeAt ??= type;
    }

    private static Kinds KindOf(string name) => name switch
    {
        "null" => Kinds.Null,
        "boolean" => Kinds.Boolean,
        "integer" => Kinds.Integer,
        "number" => Kinds.Number,
        "string" => Kinds.Text,
        "array" => Kinds.List,
        "object" => Kinds.Object,
        _ => Kinds.None,
    };

    private static void ReadValues(SchemaView view, Piece part, bool orNull)
    {
        if (part["enum"] is { } list) KeepOnly(list, list.Items);
        if (part["const"] is { } one) KeepOnly(one, [one]);

        void KeepOnly(Piece at, IEnumerable<Piece> items)
        {
            var values = new Sayings();
            var types = orNull ? Kinds.Null : Kinds.None;
            foreach (var item in items)
            {
                var kind = KindOf(item.Json);
                types |= kind;
                if (kind != Kinds.Null) values[CanonicalJson.Of(item.Json)] = item;
            }

            if (view.Values is { } before)
            {
                foreach (string value in values.Keys.Except(before.Keys).ToList()) values.Remove(value);
            }

            view.Values = values;
            view.ValuesAt ??= at;
            // 1 in an enum of numbers leaves numbers what they were: what the list says of types is said by its values.
            view.Types &= (types & Kinds.Number) == 0 ? types : types | Kinds.Number;
        }
    }

    private static Kinds KindOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => Kinds.Null,
        JsonValueKind.True or JsonValueKind.False => Kinds.Boolean,
        JsonValueKind.Number => Kinds.Number,
        JsonValueKind.String => Kinds.Text,
        JsonValueKind.Array => Kinds.List,
        _ => Kinds.Object,
    };

    private static void ReadBounds(SchemaView view, Piece part)
    {
        foreach (var (kind, word) in BoundWords)
        {
            if (part[word] is not { } at) continue;

            // OpenAPI 3.0: { minimum: 0, exclusiveMinimum: true }.
            bool isExclusive = kind <= BoundKind.Maximum && part.IsTrueAt(kind == BoundKind.Minimum ? "exclusiveMinimum" : "exclusiveMaximum");
            Tighten(view, kind, Bound.Read(at, isExclusive));
        }

        if (part["exclusiveMinimum"] is { } lower) Tighten(view, BoundKind.Minimum, Bound.Read(lower, isExclusive: true));
        if (part["exclusiveMaximum"] is { } upper) Tighten(view, BoundKind.Maximum, Bound.Read(upper, isExclusive: true));
    }

    private static void Tighten(SchemaView view, BoundKind kind, Bound? bound)
    {
        bool isUpper = (int)kind % 2 == 1;
        if (bound is null || kind > BoundKind.Maximum && !isUpper && bound.Value.Sign <= 0) return; // minLength: 0 says nothing

        ref var before = ref view.Bounds[(int)kind];
        if (before is null || bound.TighterThan(before, isUpper) > 0) before = bound;
    }

    private static void ReadTexts(SchemaView view, Piece part)
    {
        if (part["pattern"] is { Text: { } pattern } patternAt) view.Patterns[pattern] = patternAt;
        if (part["format"] is { Text: { } format } formatAt) view.Formats[format] = formatAt;
        if (part["multipleOf"] is { Json.ValueKind: JsonValueKind.Number } divisor) view.MultipleOf[CanonicalJson.Of(divisor.Json)] = divisor;
        if (part["uniqueItems"] is { IsTrue: true } unique) view.UniqueItems ??= unique;
    }

    private static void ReadObject(SchemaView view, Piece part)
    {
        if (part["required"] is { } required)
        {
            foreach (var name in required.Items)
            {
                if (name.Text is { } text) view.Required.TryAdd(text, name);
            }
        }

        if (part["properties"] is { } properties)
        {
            foreach (var (name, property) in properties.Members)
            {
                if (!view.Properties.TryGetValue(name, out var pieces)) view.Properties[name] = pieces = [];
                pieces.Add(property);
            }
        }

        foreach (string word in new[] { "additionalProperties", "unevaluatedProperties" })
        {
            if (part[word] is not { } additional) continue;

            view.SaysAdditional = true;
            if (additional.Json.ValueKind == JsonValueKind.False) view.ClosedAt ??= additional;
            else if (additional.IsMap && additional.Members.Any()) view.Additional.Add(additional);
        }
    }

    private static void ReadLists(SchemaView view, Piece part)
    {
        if (part["items"] is { } items) view.Items.Add(items);
        if (part["prefixItems"] is not { } prefix) return;

        int i = 0;
        foreach (var item in prefix.Items)
        {
            if (view.Prefix.Count == i) view.Prefix.Add([]);
            view.Prefix[i++].Add(item);
        }
    }

    private static void ReadRemarks(SchemaView view, Piece part)
    {
        view.Default ??= part["default"];
        view.Xml ??= part["xml"];
        view.Reference ??= part["x-stateway-reference"];
        view.Discriminator ??= part["discriminator"];
        if (part["deprecated"] is { IsTrue: true } deprecated) view.Deprecated ??= deprecated;
        if (part["readOnly"] is { IsTrue: true } readOnly) view.ReadOnly ??= readOnly;
        if (part["writeOnly"] is { IsTrue: true } writeOnly) view.WriteOnly ??= writeOnly;
    }

    private static void Other(SchemaView view, string word, Piece piece)
    {
        if (!view.Others.TryGetValue(word, out var pieces)) view.Others[word] = pieces = [];
        pieces.Add(piece);
    }
}
