using FsCheck;
using FsCheck.Fluent;
using Stateway.Model.Expressions;
using Xunit;
using static Stateway.Store.Tests.Stores;

namespace Stateway.Store.Tests;

/// <summary>
/// Generators of resources, filters and queries. Values come from few, awkward ones, so that equal ones meet
/// often. Fields: a, b and o.x hold anything, t is a timestamp, n is never indexed.
/// </summary>
internal static class Generated
{
    public const string Collection = "test/things";
    public const string OtherCollection = "test/others";

    private static readonly string[] _numbers =
    [
        "0", "-0", "-0.0", "1", "1.0", "1e0", "2", "-1", "0.1", "5e-324", "1e308", "-1e308", "1e999", "-1e999",
        "-1.7976931348623157e308", "9007199254740991", "9007199254740992", "9007199254740992.0", "9007199254740993",
        "9223372036854775807", "9223372036854775808", "9223372036854775807.0", "-9223372036854775808", "18446744073709551615",
    ];

    private static readonly string[] _texts =
    [
        "", "a", "A", "ab", "abc", "a\0b", "\0", "e\u0301", "\u00e9", "\uff5e", "\U0001F600", "a\U0001F600", "\u007f", "\U0010FFFF",
        "2024-05-01T10:00:00Z", "0",
    ];

    private static readonly string[] _times =
    [
        "2024-05-01T10:00:00Z", "2024-05-01T12:00:00+02:00", "2024-05-01T10:00:00.0000001Z", "2024-05-01T10:00:00.00000001Z",
        "2024-05-01t09:59:59.9999999z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.9999999Z", "1990-12-31T23:59:60Z",
        "1990-12-31T15:59:60-08:00", "1991-01-01T00:00:00Z", "2024-05-01", "never", "",
    ];

    private static readonly string[] _others = ["null", "true", "false", "[]", "{}", "[1]", "{\"x\":1}", "\"\\ud800\"", "\"a\\udc00\"", "\"\\u0061\""];

    public static Gen<string> Json =>
        from a in Member("a", Scalar)
        from b in Member("b", Scalar)
        from x in Gen.OneOf(Member("o", Gen.Select(Member("x", Scalar), x => $"{{{x}}}")), Member("o", Scalar))
        from t in Member("t", Gen.OneOf(Gen.Elements(_times).Select(Quoted), Gen.Elements("1", "null", "[]", "63850154400000000")))
        from n in Member("n", Scalar)
        select "{" + string.Join(',', ((string[])[a, b, x, t, n]).Where(member => member.Length > 0)) + "}";

    public static Gen<Expression> Filter => FilterOf(4);

    public static Gen<string> Path =>
        from parent in Gen.Choose(0, 3)
        from id in Gen.Choose(0, 8)
        select $"p{(parent == 3 ? "" : "1")}{parent}/i{id}";

    /// <summary>Indexed fields of a declaration; t may be one of either kind.</summary>
    public static Gen<CollectionSpec> Spec =>
        from fields in Gen.SubListOf("a", "b", "o.x")
        from t in Gen.Elements("t", "@t", "@t", "")
        select SpecOf(t.Length == 0 ? fields : [.. fields, t]);

    public static Gen<Query> QueryOf(CollectionSpec spec) =>
        from isFiltered in Gen.Elements(true, true, false)
        from filter in Filter
        from parent in Gen.Elements(null, null, "p10", "p")
        from orderFields in Gen.SubListOf(spec.Fields.Select(field => field.Name).ToArray())
        from order in Gen.Shuffle(orderFields.Take(2))
        from directions in Gen.ArrayOf(Gen.Elements(true, false), 2)
        from path in Gen.Elements<OrderKey[]>([], [], [new("", true)], [new("", false)])
        from limit in Gen.Elements(1, 2, 3, 7, 100)
        from isCounted in Gen.Elements(true, false)
        select new Query(Collection)
        {
            Filter = isFiltered ? filter : null,
            Parent = parent,
            Order = [.. order.Select((field, i) => new OrderKey(field, directions[i])), .. path],
            Limit = limit,
            Count = isCounted,
        };

    /// <summary>As a caller takes it out of a resource.</summary>
    public static Gen<Value> FieldValue =>
        from json in Gen.OneOf(Scalar, Gen.Elements(_times).Select(Quoted))
        select Value.FromJson(System.Text.Json.JsonElement.Parse(json), isTimestamp: false);

    private static Gen<string> Scalar => Gen.OneOf(
        Gen.Elements(_numbers), Gen.Elements(_texts).Select(Quoted), Gen.Elements(_others));

    private static Gen<Value> Literal => Gen.OneOf(
        Gen.Elements(_numbers).Select(text => long.TryParse(text, out long integer) ? Value.Of(integer) : Value.Of(double.Parse(text))),
        Gen.Elements(_texts).Select(Value.Of),
        Gen.Elements(_times).Where(text => TimestampText.TryParse(text, out _)).Select(text => Value.Of(Instant(text))),
        Gen.Elements(Value.Null, Value.Of(true), Value.Of(false), Value.Of(ulong.MaxValue), Value.Of(1UL), Value.Of("\ud800"), Value.OfList([])));

    private static Gen<Expression> Field =>
        from name in Gen.Elements("a", "b", "o.x", "t", "@t", "@t", "n")
        select (Expression)new Expression.Field(0, Field(name).Path, Field(name).IsTimestamp);

    private static Gen<Expression> LiteralNode => Literal.Select(value => (Expression)new Expression.Literal(0, value));

    private static Gen<Expression> Leaf => Gen.OneOf(
        from comparison in Gen.Elements(
            BinaryOperator.Equal, BinaryOperator.NotEqual, BinaryOperator.Less,
            BinaryOperator.LessOrEqual, BinaryOperator.Greater, BinaryOperator.GreaterOrEqual)
        from operand in Field
        from literal in Gen.Frequency((9, LiteralNode), (1, Field))
        from isMirrored in Gen.Elements(true, false)
        select (Expression)new Expression.Binary(0, comparison, isMirrored ? literal : operand, isMirrored ? operand : literal),

        from operand in Field
        from items in Gen.ListOf(LiteralNode, 3)
        select (Expression)new Expression.Binary(0, BinaryOperator.In, operand, new Expression.List(0, [.. items])),

        from operand in Field
        select (Expression)new Expression.Has(0, operand),

        from operand in Field
        from function in Gen.Elements(Function.StartsWith, Function.StartsWith, Function.Contains)
        from text in Gen.Elements(_texts)
        select (Expression)new Expression.Call(0, function, [operand, new Expression.Literal(0, Value.Of(text))]),

        Field,

        from value in Gen.Elements(Value.Of(true), Value.Of(false), Value.Of(1))
        select (Expression)new Expression.Literal(0, value),

        from operand in Field
        from text in Gen.Elements(_times)
        select (Expression)new Expression.Binary(0, BinaryOperator.Less, operand,
            new Expression.Call(0, Function.Timestamp, [new Expression.Literal(0, Value.Of(text))])));

    private static Gen<Expression> FilterOf(int depth) => depth == 0
        ? Leaf
        : Gen.Frequency(
            (2, Leaf),
            (1, FilterOf(depth - 1).Select(operand => (Expression)new Expression.Not(0, operand))),
            (3, from logic in Gen.Elements(BinaryOperator.And, BinaryOperator.Or)
                from left in FilterOf(depth - 1)
                from right in FilterOf(depth - 1)
                select (Expression)new Expression.Binary(0, logic, left, right)));

    private static CollectionSpec SpecOf(IEnumerable<string> fields) => Stores.Collection(Collection, [.. fields]);

    private static Gen<string> Member(string name, Gen<string> value) =>
        Gen.Frequency((1, Gen.Constant("")), (4, value.Select(text => $"\"{name}\":{text}")));

    private static string Quoted(string text) => System.Text.Json.JsonSerializer.Serialize(text);

    private static DateTimeOffset Instant(string text)
    {
        Assert.True(TimestampText.TryParse(text, out long ticks));
        return new(ticks, TimeSpan.Zero);
    }
}
