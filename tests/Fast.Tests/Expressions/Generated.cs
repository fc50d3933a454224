using FsCheck;
using FsCheck.Fluent;
using Stateway.Model.Expressions;

namespace Stateway.Fast.Tests.Expressions;

/// <summary>Generators of values, trees and texts.</summary>
internal static class Generated
{
    private static readonly long[] Integers =
    [
        0, 1, -1, 2, 10, 255, 1L << 31, (1L << 53) - 1, 1L << 53, (1L << 53) + 1, -(1L << 53) - 1,
        long.MaxValue, long.MaxValue - 1, long.MinValue, long.MinValue + 1,
    ];

    private static readonly double[] Doubles =
    [
        0.0, -0.0, 0.5, -0.5, 1, 1.5, 10, 1e-300, 1e300, 9007199254740991, 9007199254740992, 9007199254740994,
        9223372036854774784.0, 9223372036854775808.0, -9223372036854775808.0, -9223372036854777856.0,
        18446744073709549568.0, 18446744073709551616.0, 5e-324, double.MaxValue,
    ];

    /// <summary>Whole characters, such that UTF-16 order and code point order differ often.</summary>
    public static Gen<string> Text { get; } =
        Gen.Elements("a", "b", "Z", "é", "~", "\u4e00", "\ud7ff", "\ue000", "\uffff", "😀", "\U00010000", "\U0010ffff", "\"", "\\", "\n", " ")
            .ListOf().Select(parts => string.Concat(parts.Take(6)));

    public static Gen<Value> Number { get; } = Gen.OneOf(
        Gen.Elements(Integers).Select(Value.Of),
        Gen.Elements(Integers).Select(i => Value.Of(unchecked((ulong)i))),
        Gen.Elements(Doubles).Select(Value.Of),
        ArbMap.Default.GeneratorFor<long>().Select(Value.Of),
        ArbMap.Default.GeneratorFor<double>().Where(double.IsFinite).Select(Value.Of),
        ArbMap.Default.GeneratorFor<long>().Select(i => Value.Of((double)i)));

    /// <summary>What can be written as a literal.</summary>
    public static Gen<Value> Literal { get; } = Gen.OneOf(
        Number,
        Text.Select(Value.Of),
        Gen.Elements(Value.Null, Value.Of(true), Value.Of(false)),
        ArbMap.Default.GeneratorFor<byte[]>().Select(Value.Of));

    /// <summary>Every kind, NaN and missing too.</summary>
    public static Gen<Value> AnyValue { get; } = Gen.OneOf(
        Literal,
        Literal.Select(value => Value.OfList([value])),
        Gen.Choose(-5, 5).Select(days => Value.Of(DateTimeOffset.UnixEpoch.AddDays(days))),
        Gen.Choose(-5, 5).Select(days => Value.Of(TimeSpan.FromDays(days))),
        Gen.Elements(Value.Missing, Value.OfError("wrong"), Value.Of(double.NaN), Value.Of(double.PositiveInfinity), Value.Of(double.NegativeInfinity)));

    private static Gen<string> Name { get; } = Gen.Elements("a", "b", "item", "_x1", "resource", "inner", "trueish");

    /// <summary>Trees as the parser makes them, of any meaning.</summary>
    public static Gen<Expression> Tree { get; } = Gen.Sized(size => TreeOf(Math.Min(size / 8, 5)));

    private static Gen<Expression> TreeOf(int depth)
    {
        var leaf = Gen.OneOf(
            Literal.Select(value => (Expression)new Expression.Literal(0, value)),
            Name.Select(name => (Expression)new Expression.Variable(0, name)));
        if (depth == 0) return leaf;

        var part = TreeOf(depth - 1);
        return Gen.Frequency(
            (2, leaf),
            (2, part.SelectMany(operand => Name, (operand, name) => (Expression)new Expression.Select(0, operand, name))),
            (1, Two(part, (operand, key) => new Expression.Index(0, operand, key))),
            (1, Name.Select(name => (Expression)new Expression.Has(0, new Expression.Variable(0, name)))),
            (1, part.SelectMany(operand => Text, (operand, name) => (Expression)new Expression.Has(0, new Expression.Select(0, operand, name)))),
            (1, part.Select(operand => (Expression)new Expression.Not(0, operand))),
            (1, part.Select(operand => (Expression)new Expression.Negate(0, operand))),
            (6, Gen.Elements(Enum.GetValues<BinaryOperator>()).SelectMany(
                _ => Two(part, (left, right) => new Expression.List(0, [left, right])),
                (binary, two) => (Expression)new Expression.Binary(0, binary, ((Expression.List)two).Items[0], ((Expression.List)two).Items[1]))),
            (1, Gen.Elements(Function.Size, Function.Timestamp, Function.Duration).SelectMany(
                _ => part, (function, operand) => (Expression)new Expression.Call(0, function, [operand]))),
            (1, Gen.Elements(Function.StartsWith, Function.EndsWith, Function.Contains).SelectMany(
                _ => Two(part, (left, right) => new Expression.List(0, [left, right])),
                (function, two) => (Expression)new Expression.Call(0, function, ((Expression.List)two).Items))),
            (1, part.ListOf().Select(items => (Expression)new Expression.List(0, [.. items.Take(3)]))),
            (1, Gen.Elements(true, false).SelectMany(
                _ => Two(part, (left, right) => new Expression.List(0, [left, right])),
                (isAll, two) => (Expression)new Expression.Quantifier(0, isAll, ((Expression.List)two).Items[0], "item", ((Expression.List)two).Items[1]))));
    }

    private static Gen<Expression> Two(Gen<Expression> part, Func<Expression, Expression, Expression> make) =>
        part.SelectMany(_ => part, make);

    /// <summary>Texts made of what the language is made of, mostly wrong.</summary>
    public static Gen<string> Soup { get; } = Gen.Elements(
        "a", "b.c", "in", "has", "exists", "all", "size", "matches", "true", "null", "for", "1", "2u", "0x", "1e", ".5", "-", "!", "(", ")",
        "[", "]", ",", ".", "==", "=", "<", "<=", "&&", "&", "||", "|", "+", "?", "{", "'", "\"", "'''", "r'", "b'", "\\", "\\u", "\\777",
        "//", "\n", " ", "\0", "\ud800", "\udc00", "😀", "`").ListOf().Select(parts => string.Concat(parts));

    public static void Holds<T>(Gen<T> generator, Func<T, bool> property, int count = 500) =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(count), Prop.ForAll(generator.ToArbitrary(), property));
}
