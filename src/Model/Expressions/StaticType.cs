using Stateway.Model.Schemas;

namespace Stateway.Model.Expressions;

/// <summary>The kinds of value that a part of an expression may have, as far as schemas tell.</summary>
[Flags]
internal enum Kinds : ushort
{
    None = 0,
    Null = 1,
    Bool = 2,
    Number = 4,
    Text = 8,
    Bytes = 16,
    Timestamp = 32,
    Duration = 64,
    List = 128,
    Map = 256,
    Ordered = Bool | Number | Text | Bytes | Timestamp | Duration,
    Any = Null | Ordered | List | Map,
}

/// <summary>What is known about a part of an expression before it is evaluated.</summary>
/// <param name="Shape">Of a value that comes from JSON; null for what the expression computes.</param>
internal readonly record struct StaticType(Kinds Kinds, Shape? Shape = null)
{
    public static StaticType Any => new(Kinds.Any);

    public static StaticType Bool => new(Kinds.Bool);

    /// <summary>Text of the format date-time counts as a timestamp, and as nothing else.</summary>
    public static StaticType Of(Shape shape)
    {
        var kinds = Kinds.None;
        if ((shape.Types & ShapeTypes.Null) != 0) kinds |= Kinds.Null;
        if ((shape.Types & ShapeTypes.Boolean) != 0) kinds |= Kinds.Bool;
        if ((shape.Types & ShapeTypes.Number) != 0) kinds |= Kinds.Number;
        if ((shape.Types & ShapeTypes.String) != 0) kinds |= shape.Format == "date-time" ? Kinds.Timestamp : Kinds.Text;
        if ((shape.Types & ShapeTypes.Array) != 0) kinds |= Kinds.List;
        if ((shape.Types & ShapeTypes.Object) != 0) kinds |= Kinds.Map;

        // A variable without a schema may also hold what JSON can't say.
        return shape.Types == ShapeTypes.Any && shape.Format != "date-time" ? new(Kinds.Any, shape) : new(kinds, shape);
    }

    public static StaticType Of(Value value) => new(value.Kind switch
    {
        ValueKind.Null => Kinds.Null,
        ValueKind.Bool => Kinds.Bool,
        ValueKind.Int or ValueKind.Uint or ValueKind.Double => Kinds.Number,
        ValueKind.String => Kinds.Text,
        ValueKind.Bytes => Kinds.Bytes,
        ValueKind.Timestamp => Kinds.Timestamp,
        ValueKind.Duration => Kinds.Duration,
        ValueKind.List => Kinds.List,
        ValueKind.Map => Kinds.Map,
        _ => Kinds.Any,
    });

    public bool May(Kinds kinds) => (Kinds & kinds) != 0;

    /// <summary>The type of an array's items.</summary>
    public StaticType Items => Shape?.Items is { } items ? Of(items) : Any;

    /// <summary>For a message: <c>a number or null</c>.</summary>
    public string Words
    {
        get
        {
            if (Kinds == Kinds.Any) return "anything";

            var words = new List<string>();
            if (May(Kinds.Number)) words.Add("a number");
            if (May(Kinds.Text)) words.Add("text");
            if (May(Kinds.Timestamp)) words.Add("a time");
            if (May(Kinds.Bool)) words.Add("true or false");
            if (May(Kinds.Duration)) words.Add("a duration");
            if (May(Kinds.Bytes)) words.Add("bytes");
            if (May(Kinds.List)) words.Add("a list");
            if (May(Kinds.Map)) words.Add("an object");
            if (May(Kinds.Null)) words.Add("null");
            return string.Join(" or ", words);
        }
    }
}
