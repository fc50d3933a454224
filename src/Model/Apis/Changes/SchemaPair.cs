namespace Stateway.Model.Apis.Changes;

/// <summary>How a schema is used: what its changes mean depends on it.</summary>
/// <param name="IsClosed">Properties that an object does not name are refused unless it says otherwise: in request bodies.</param>
/// <param name="IsXml">The value is also written as XML.</param>
/// <param name="IsXmlRoot">It is the root element, whose name may be the component's.</param>
/// <param name="IsText">The value is a text on the wire, whatever its type: in parameters and headers.</param>
internal readonly record struct SchemaFlow(Direction Direction, bool IsClosed = false, bool IsXml = false, bool IsXmlRoot = false, bool IsText = false)
{
    public bool IsSent => Direction == Direction.Sent;

    /// <summary>Of what is inside a value.</summary>
    public SchemaFlow Inside => this with { IsXmlRoot = false };
}

/// <summary>What a schema describes, for people.</summary>
/// <param name="Root">the request body</param>
/// <param name="Way">Empty for the whole; <c>address.city</c>, <c>lines[].text</c>.</param>
internal readonly record struct SchemaName(string Root, string Way)
{
    private const int WayLengthMax = 200; // a recursive schema makes it long

    public SchemaName Property(string name) => With(Way.Length == 0 ? name : $"{Way}.{name}");

    public SchemaName Item() => With(Way + "[]");

    public SchemaName Others() => With(Way.Length == 0 ? "*" : Way + ".*");

    public override string ToString() => Way.Length == 0 ? char.ToUpperInvariant(Root[0]) + Root[1..] : $"'{Way}' of {Root}";

    private SchemaName With(string way) => way.Length <= WayLengthMax ? this with { Way = way } : this;
}

/// <summary>A schema before and after, in one use.</summary>
internal sealed record SchemaPair(SchemaView Old, SchemaView New, SchemaFlow Flow, string? Operation, SchemaName Name, ChangeList List)
{
    /// <summary>The types that the value can have, as its use sees them.</summary>
    public Kinds OldTypes => TypesOf(Old);

    public Kinds NewTypes => TypesOf(New);

    /// <summary>Whether both sides know values of the type: else what they say of it is not comparable, and the type's change says it all.</summary>
    public bool BothHave(Kinds types) => (OldTypes & types) != 0 && (NewTypes & types) != 0;

    /// <param name="at">Where the new document says it, or the old one, of what was removed; null: the schema itself.</param>
    public void Report(ChangeRule rule, Piece? at, string what) =>
        List.Add(rule, Flow.Direction, at?.Pointer ?? (New.Parts.Count > 0 ? New : Old).Pointer, Operation, Name.ToString(), what);

    // A text on the wire can be anything that a number can: who takes texts takes 5.
    private Kinds TypesOf(SchemaView view) =>
        Flow.IsText && view.Types.HasFlag(Kinds.Text) ? view.Types | Kinds.Number | Kinds.Boolean : view.Types;
}
