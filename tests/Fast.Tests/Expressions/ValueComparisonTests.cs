using System.Numerics;
using System.Text;
using System.Text.Json;
using FsCheck.Fluent;
using Stateway.Model.Expressions;
using Xunit;

namespace Stateway.Fast.Tests.Expressions;

public sealed class ValueComparisonTests
{
    [Fact]
    public void Numbers_of_any_kind_compare_as_in_mathematics() =>
        Generated.Holds(Pair(Generated.Number), pair =>
        {
            int oracle = Exactly(pair.A).CompareTo(Exactly(pair.B));
            return ValueComparison.TryCompare(pair.A, pair.B, out int order)
                && Math.Sign(order) == oracle
                && Math.Sign(ValueComparison.Sort(pair.A, pair.B)) == oracle
                && ValueComparison.Equal(pair.A, pair.B) == (oracle == 0);
        }, 5000);

    [Theory]
    [InlineData(9007199254740993, 9007199254740992.0, 1)] // 2^53 + 1 and its neighbour, which a conversion would make equal
    [InlineData(9223372036854775807, 9223372036854775808.0, -1)]
    [InlineData(-9223372036854775808, -9223372036854775808.0, 0)]
    [InlineData(0, -0.0, 0)]
    [InlineData(1, double.PositiveInfinity, -1)]
    [InlineData(-1, -1.5, 1)]
    public void An_integer_and_a_double_compare_without_rounding(long integer, double number, int expected)
    {
        Assert.True(ValueComparison.TryCompare(Value.Of(integer), Value.Of(number), out int order));
        Assert.True(ValueComparison.TryCompare(Value.Of(number), Value.Of(integer), out int reverse));
        Assert.Equal((expected, -expected), (Math.Sign(order), Math.Sign(reverse)));
    }

    [Fact]
    public void Text_compares_as_its_utf8_bytes_do() =>
        Generated.Holds(Pair(Generated.Text), pair =>
        {
            int oracle = Encoding.UTF8.GetBytes(pair.A).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(pair.B));
            return Math.Sign(ValueComparison.CompareText(pair.A, pair.B)) == Math.Sign(oracle);
        }, 3000);

    [Fact]
    public void Text_order_is_not_utf16_order()
    {
        Assert.True(string.CompareOrdinal("\uff5e", "😀") > 0);
        Assert.True(ValueComparison.CompareText("\uff5e", "😀") < 0);
    }

    [Fact]
    public void Equality_and_order_agree_with_each_other_and_with_their_mirror() =>
        Generated.Holds(Pair(Generated.AnyValue), pair =>
        {
            bool isOrdered = ValueComparison.TryCompare(pair.A, pair.B, out int order);
            bool isMirrorOrdered = ValueComparison.TryCompare(pair.B, pair.A, out int mirror);
            bool isEqual = ValueComparison.Equal(pair.A, pair.B);
            return isOrdered == isMirrorOrdered
                && Math.Sign(order) == -Math.Sign(mirror)
                && isEqual == ValueComparison.Equal(pair.B, pair.A)
                && (!isOrdered || isEqual == (order == 0));
        }, 5000);

    [Fact]
    public void Order_is_transitive() =>
        Generated.Holds(Triple(Generated.AnyValue), t =>
            !(ValueComparison.TryCompare(t.A, t.B, out int ab) && ab <= 0 && ValueComparison.TryCompare(t.B, t.C, out int bc) && bc <= 0)
            || ValueComparison.TryCompare(t.A, t.C, out int ac) && ac <= 0 && (ac < 0 || ab == 0 && bc == 0), 5000);

    [Fact]
    public void The_sort_order_is_total() =>
        Generated.Holds(Triple(Generated.AnyValue), t =>
        {
            int ab = Math.Sign(ValueComparison.Sort(t.A, t.B));
            int bc = Math.Sign(ValueComparison.Sort(t.B, t.C));
            int ac = Math.Sign(ValueComparison.Sort(t.A, t.C));
            return ValueComparison.Sort(t.A, t.A) == 0
                && ab == -Math.Sign(ValueComparison.Sort(t.B, t.A))
                && (ab > 0 || bc > 0 || ac <= 0)
                && (ab != 0 || ac == bc)
                && (ab >= 0 || bc > 0 || ac < 0);
        }, 5000);

    [Fact]
    public void The_sort_order_agrees_with_the_order_where_there_is_one() =>
        Generated.Holds(Pair(Generated.AnyValue), pair =>
            pair.A.Kind is ValueKind.Bytes or ValueKind.Duration
            || !ValueComparison.TryCompare(pair.A, pair.B, out int order)
            || Math.Sign(order) == Math.Sign(ValueComparison.Sort(pair.A, pair.B)), 3000);

    [Fact]
    public void Missing_sorts_first_and_what_has_no_order_last()
    {
        Value[] sorted =
        [
            Value.Missing, Value.Of(double.NaN), Value.Of(double.NegativeInfinity), Value.Of(-1L), Value.Of(1.5), Value.Of(2UL),
            Value.Of(DateTimeOffset.UnixEpoch), Value.Of(ulong.MaxValue), Value.Of(""), Value.Of("a"), Value.Of("\uff5e"), Value.Of("😀"), Value.Null,
            Value.Of(false), Value.Of(true), Value.OfList([]),
        ];

        for (int i = 0; i < sorted.Length; i++)
        {
            for (int j = 0; j < sorted.Length; j++)
            {
                Assert.Equal(i.CompareTo(j), Math.Sign(ValueComparison.Sort(sorted[i], sorted[j])));
            }
        }
    }

    [Theory]
    [InlineData("""[1, "a", null, {"b": [true]}]""", """[1.0, "\u0061", null, {"b": [true]}]""", true)]
    [InlineData("""{"a": 1, "b": 2}""", """{"b": 2.0, "a": 1}""", true)]
    [InlineData("""{"a": 1}""", """{"a": 1, "b": 2}""", false)]
    [InlineData("""{"a": 1}""", """{"b": 1}""", false)]
    [InlineData("[1, 2]", "[2, 1]", false)]
    [InlineData("[]", "{}", false)]
    [InlineData("[1]", "[true]", false)]
    public void Lists_and_maps_are_equal_by_their_contents(string a, string b, bool expected)
    {
        using var left = JsonDocument.Parse(a);
        using var right = JsonDocument.Parse(b);

        Assert.Equal(expected, ValueComparison.Equal(Value.FromJson(left.RootElement), Value.FromJson(right.RootElement)));
    }

    [Fact]
    public void A_list_from_json_equals_a_list_of_values()
    {
        using var document = JsonDocument.Parse("""[1, "a", [2.5]]""");
        var values = Value.OfList([Value.Of(1UL), Value.Of("a"), Value.OfList([Value.Of(2.5)])]);

        Assert.True(ValueComparison.Equal(Value.FromJson(document.RootElement), values));
        Assert.True(ValueComparison.Equal(values, Value.FromJson(document.RootElement)));
    }

    /// <summary>A finite number as a fraction over 2^1074, which every double and every integer is a multiple of.</summary>
    private static BigInteger Exactly(Value value)
    {
        const int shift = 1074;
        if (value.Kind == ValueKind.Int) return (BigInteger)value.AsInt << shift;
        if (value.Kind == ValueKind.Uint) return (BigInteger)value.AsUint << shift;

        long bits = BitConverter.DoubleToInt64Bits(value.AsDouble);
        int exponent = (int)((bits >> 52) & 0x7FF);
        long fraction = bits & 0xFFFFFFFFFFFFF;
        var size = exponent == 0 ? fraction : (BigInteger)(fraction | 1L << 52) << (exponent - 1);
        return bits < 0 ? -size : size;
    }

    private static FsCheck.Gen<(T A, T B)> Pair<T>(FsCheck.Gen<T> part) => part.SelectMany(_ => part, (a, b) => (a, b));

    private static FsCheck.Gen<(T A, T B, T C)> Triple<T>(FsCheck.Gen<T> part) =>
        Pair(part).SelectMany(_ => part, (pair, c) => (pair.A, pair.B, c));
}
