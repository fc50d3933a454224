using System.Numerics;

namespace Stateway.Model.Apis.Changes;

/// <summary>The types that a value can have. A number is Integer and Fraction.</summary>
[Flags]
internal enum Kinds : byte
{
    None = 0,
    Null = 1,
    Boolean = 2,
    Integer = 4,
    Fraction = 8,
    Text = 16,
    List = 32,
    Object = 64,
    Number = Integer | Fraction,
    All = 127,
}

/// <summary>The keywords that are a bound, in the order of their rules.</summary>
internal enum BoundKind : byte { Minimum, Maximum, MinLength, MaxLength, MinItems, MaxItems, MinProperties, MaxProperties }

/// <summary>A keyword's values with the places that say them; by value, so that order does not matter.</summary>
internal sealed class Sayings : SortedDictionary<string, Piece>
{
    public Sayings() : base(StringComparer.Ordinal)
    {
    }
}

/// <summary>
/// What a schema says of a value, all together: its own keywords, those of what it refers to, and those of its allOf.
/// <c>{ allOf: [ { $ref: A } ], maxLength: 5 }</c> where A is <c>{ type: string, maxLength: 9 }</c> is a text of up to 5.
/// So it does not matter whether a document says something in one place or in several.
/// </summary>
internal sealed class SchemaView(string pointer, IReadOnlyList<Piece> parts)
{
    private const string Components = "/components/schemas/";

    /// <summary>What must be fulfilled together; none: anything.</summary>
    public IReadOnlyList<Piece> Parts { get; } = parts;

    /// <summary>Where the schema stands, references followed.</summary>
    public string Pointer { get; } = pointer;

    /// <summary><c>Cat</c> of <c>/components/schemas/Cat</c>; null for a schema that is no component.</summary>
    public string? Component => Pointer.StartsWith(Components, StringComparison.Ordinal) && !Pointer.AsSpan(Components.Length).Contains('/') ? Pointer[Components.Length..] : null;

    public Kinds Types { get; set; } = Kinds.All;

    public Piece? TypeAt { get; set; }

    /// <summary>The values of enum or const but null, which is among <see cref="Types"/>. Null: any.</summary>
    public Sayings? Values { get; set; }

    public Piece? ValuesAt { get; set; }

    public Bound?[] Bounds { get; } = new Bound?[8];

    public Sayings Patterns { get; } = [];
    public Sayings Formats { get; } = [];
    public Sayings MultipleOf { get; } = [];
    public Piece? UniqueItems { get; set; }

    public Sayings Required { get; } = [];
    public Dictionary<string, List<Piece>> Properties { get; } = [];
    public List<Piece> Additional { get; } = [];

    /// <summary>Some part says additionalProperties or unevaluatedProperties, whatever it says.</summary>
    public bool SaysAdditional { get; set; }

    public Piece? ClosedAt { get; set; }

    public List<Piece> Items { get; } = [];

    /// <summary>By position.</summary>
    public List<List<Piece>> Prefix { get; } = [];

    public List<Alternatives> Alternatives { get; } = [];

    /// <summary>Says nothing but one oneOf or anyOf, and what goes with it: then it is that choice, and no more.</summary>
    public bool IsChoice { get; set; }

    public Piece? Discriminator { get; set; }
    public Piece? Default { get; set; }
    public Piece? Deprecated { get; set; }
    public Piece? ReadOnly { get; set; }
    public Piece? WriteOnly { get; set; }
    public Piece? Xml { get; set; }
    public Piece? Reference { get; set; }

    /// <summary>Keyword → what can only be the same or not.</summary>
    public SortedDictionary<string, List<Piece>> Others { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether a property that is not named is refused.</summary>
    /// <param name="closedByDefault">As the program does with request bodies.</param>
    public bool IsClosed(bool closedByDefault) => ClosedAt is not null || closedByDefault && !SaysAdditional && Properties.Count > 0;

    public static string Name(Kinds types)
    {
        if (types == Kinds.All) return "anything";
        if (types == Kinds.None) return "nothing";

        var names = new List<string>(BitOperations.PopCount((uint)types));
        if (types.HasFlag(Kinds.Number)) names.Add("number");
        else if (types.HasFlag(Kinds.Integer)) names.Add("integer");
        else if (types.HasFlag(Kinds.Fraction)) names.Add("fraction");
        if (types.HasFlag(Kinds.Text)) names.Add("string");
        if (types.HasFlag(Kinds.Boolean)) names.Add("boolean");
        if (types.HasFlag(Kinds.List)) names.Add("array");
        if (types.HasFlag(Kinds.Object)) names.Add("object");
        if (types.HasFlag(Kinds.Null)) names.Add("null");
        return string.Join(" or ", names);
    }
}

/// <summary>A oneOf or an anyOf; each branch is what must be fulfilled together.</summary>
internal sealed record Alternatives(string Word, Piece At, IReadOnlyList<Piece> Branches);
