using System.Collections.Immutable;

namespace Stateway.Model.Expressions;

/// <summary>
/// A parsed expression of the CEL subset. One closed tree serves filters, action conditions, row and
/// field rules; it is evaluated in memory and compiled to SQL, and both must agree
/// (<c>docs/reference/expressions.md</c> says on what).
/// <example><code>
/// price &lt; 10 &amp;&amp; category in ["a", "b"]
/// And
/// ├─ Less ── Field price ── Literal 10
/// └─ In ──── Field category ── List [Literal "a", Literal "b"]
/// </code></example>
/// </summary>
/// <param name="Position">Offset in the text, in UTF-16 units, of the first character of what the node stands for.</param>
public abstract record Expression(int Position)
{
    public sealed record Literal(int Position, Value Value) : Expression(Position);

    /// <summary>A variable such as <c>resource</c>, <c>caller</c>, <c>now</c>, or one bound by a quantifier.</summary>
    public sealed record Variable(int Position, string Name) : Expression(Position);

    /// <summary>A field of the resource, from its root. Binding makes it of names and selections.</summary>
    /// <param name="Path">At least one name; none contains a dot unless it was written as an index.</param>
    /// <param name="IsTimestamp">The schema says <c>format: date-time</c>: the field is compared as an instant.</param>
    public sealed record Field(int Position, ImmutableArray<string> Path, bool IsTimestamp) : Expression(Position);

    /// <summary>What binding could not make a field: a part of a variable, of an item, of an indexed value.</summary>
    public sealed record Select(int Position, Expression Operand, string Member) : Expression(Position);

    /// <summary>An item of a list by its number, or a part of an object by a name that is not written down.</summary>
    public sealed record Index(int Position, Expression Operand, Expression Key) : Expression(Position);

    /// <summary>
    /// <c>has(a.b)</c>: it is there, be it null. The operand is a <see cref="Field"/> or a <see cref="Select"/>; before
    /// binding also a <see cref="Variable"/>, for a field of the resource.
    /// </summary>
    public sealed record Has(int Position, Expression Operand) : Expression(Position);

    public sealed record Not(int Position, Expression Operand) : Expression(Position);

    public sealed record Negate(int Position, Expression Operand) : Expression(Position);

    public sealed record Binary(int Position, BinaryOperator Operator, Expression Left, Expression Right) : Expression(Position);

    public sealed record Call(int Position, Function Function, ImmutableArray<Expression> Arguments) : Expression(Position);

    public sealed record List(int Position, ImmutableArray<Expression> Items) : Expression(Position);

    /// <summary>
    /// <c>range.all(item, body)</c> or <c>range.exists(item, body)</c>. The item is <c>@item</c> where binding made it of
    /// <c>time in field</c>.
    /// </summary>
    public sealed record Quantifier(int Position, bool IsAll, Expression Range, string Item, Expression Body) : Expression(Position);
}

public enum BinaryOperator { Or, And, Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual, In }

/// <summary>The functions there are. For the text functions the first argument is the text.</summary>
public enum Function { Size, StartsWith, EndsWith, Contains, Matches, Timestamp, Duration }
