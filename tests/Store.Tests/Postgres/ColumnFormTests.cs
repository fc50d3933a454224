using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Stateway.Model.Expressions;
using Stateway.Store.Columns;
using Stateway.Store.Postgres;
using Xunit;

namespace Stateway.Store.Tests.Postgres;

public sealed class ColumnFormTests
{
    private static readonly ColumnValue[] _fixed =
    [
        ColumnValue.Missing, ColumnValue.Null, ColumnValue.False, ColumnValue.True, ColumnValue.Other,
        ColumnValue.Of(0L), ColumnValue.Of(-0.0), ColumnValue.Of(double.Epsilon), ColumnValue.Of(-double.Epsilon), ColumnValue.Of(double.NegativeInfinity),
        ColumnValue.Of(double.MaxValue), ColumnValue.Of(9007199254740992.0), ColumnValue.Of(9007199254740993L), ColumnValue.Of(-9007199254740993L),
        ColumnValue.Of(long.MaxValue), ColumnValue.Of(long.MaxValue - 1), ColumnValue.Of(long.MinValue), ColumnValue.Of(long.MinValue + 1),
        ColumnValue.Of(9223372036854775808.0), ColumnValue.Of(-9223372036854775808.0), ColumnValue.Of(9223372036854774784.0), ColumnValue.Of(9223372036854774783L),
        ColumnValue.Of(""), ColumnValue.Of("\0"), ColumnValue.Of("a"), ColumnValue.Of("a\0"), ColumnValue.Of("\uffff"), ColumnValue.Of("\U0010FFFF"),
        ColumnValue.Of(new string('x', 999)), ColumnValue.Of(new string('x', 1000)), ColumnValue.Of(new string('x', 999) + "y"),
    ];

    private static Gen<ColumnValue> Any => Gen.OneOf(
        Gen.Elements(_fixed),
        Gen.Choose(-1100, 1100).Select(step => ColumnValue.Of((1L << 53) + step)),
        Gen.Choose(0, 4000).Select(step => ColumnValue.Of(long.MaxValue - step)),
        Gen.Choose(0, 4000).Select(step => ColumnValue.Of(long.MinValue + step)),
        ArbMap.Default.GeneratorFor<long>().Select(ColumnValue.Of),
        ArbMap.Default.GeneratorFor<double>().Where(real => !double.IsNaN(real)).Select(ColumnValue.Of),
        ArbMap.Default.GeneratorFor<long>().Select(integer => ColumnValue.Of((double)integer)),
        ArbMap.Default.GeneratorFor<UnicodeString>().Select(text => ColumnValue.Of(text.ToString())));

    [Fact]
    public void Bytes_have_the_order_of_values() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(5_000), Prop.ForAll(Any.Two().ToArbitrary(), pair =>
            Math.Sign(ColumnForm.Encode(pair.Item1).AsSpan().SequenceCompareTo(ColumnForm.Encode(pair.Item2))) == Math.Sign(ColumnValue.Compare(pair.Item1, pair.Item2))));

    [Fact]
    public void All_awkward_values_have_their_order()
    {
        foreach (var a in _fixed)
        {
            foreach (var b in _fixed)
            {
                int bytes = ColumnForm.Encode(a).AsSpan().SequenceCompareTo(ColumnForm.Encode(b));
                Assert.Equal(Math.Sign(ColumnValue.Compare(a, b)), Math.Sign(bytes));
            }
        }
    }

    [Fact]
    public void A_cursor_leads_back_to_its_place() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(5_000), Prop.ForAll(Any.ToArbitrary(), value =>
        {
            byte[] column = ColumnForm.Encode(value);
            return ColumnForm.EncodeCursor(ColumnForm.ToCursor(column, isTimestamp: false), isTimestamp: false).AsSpan().SequenceEqual(column);
        }));

    [Fact]
    public void A_time_comes_back_as_a_time()
    {
        byte[] column = ColumnForm.Encode(ColumnValue.Of(638_501_544_000_000_001));

        var value = ColumnForm.ToCursor(column, isTimestamp: true);

        Assert.Equal((ValueKind.Timestamp, 638_501_544_000_000_001), (value.Kind, value.AsTicks));
        Assert.Equal(column, ColumnForm.EncodeCursor(value, isTimestamp: true));
    }

    [Theory]
    [InlineData("x", 1001)]
    [InlineData("é", 501)] // cut in the middle of a character
    [InlineData("\U0001F600", 5000)]
    public void A_long_text_fits_an_index_entry_and_its_cursor_leads_back(string part, int count)
    {
        var text = ColumnValue.Of(new StringBuilder().Insert(0, part, count).ToString());

        byte[] column = ColumnForm.Encode(text);

        Assert.Equal(1018, column.Length);
        Assert.Equal(column, ColumnForm.EncodeCursor(ColumnForm.ToCursor(column, false), false));
        Assert.Equal(column, ColumnForm.EncodeCursor(text.ToValue(false), false)); // also the text itself, as the entry has it
    }

    [Fact]
    public void Long_texts_differ_and_lie_behind_what_they_begin_with()
    {
        string start = new('x', 1000);
        byte[] whole = ColumnForm.Encode(ColumnValue.Of(start));
        byte[] a = ColumnForm.Encode(ColumnValue.Of(start + "a"));
        byte[] b = ColumnForm.Encode(ColumnValue.Of(start + "b"));
        byte[] behind = ColumnForm.Encode(ColumnValue.Of(start[1..] + "y"));

        Assert.False(a.AsSpan().SequenceEqual(b));
        Assert.All([a, b], cut => Assert.True(whole.AsSpan().SequenceCompareTo(cut) < 0 && cut.AsSpan().SequenceCompareTo(behind) < 0));
    }
}
