using System.Text;
using Stateway.Model.Expressions;

namespace Stateway.Store.Columns;

/// <summary>
/// The value of an indexed field, totally ordered as <see cref="ValueComparison.Sort"/> orders values: missing,
/// numbers, text by its UTF-8, null, false, true, other (arrays, objects, and numbers in a timestamp field). Times are
/// integers, ticks of 100 ns in UTC. JSON's <c>-1e999</c> is kept as the lowest finite number. Each engine has its own
/// form of it, in the same order.
/// </summary>
internal readonly struct ColumnValue
{
    private readonly long _bits;                 // Integer; Real: its bits
    private readonly ReadOnlyMemory<byte> _text; // Text, in UTF-8

    private ColumnValue(ColumnKind kind, long bits = 0, ReadOnlyMemory<byte> text = default) =>
        (Kind, _bits, _text) = (kind, bits, text);

    public ColumnKind Kind { get; }

    public long AsInteger => _bits;
    public double AsReal => BitConverter.Int64BitsToDouble(_bits);
    public ReadOnlyMemory<byte> AsText => _text;

    public static ColumnValue Missing => default;
    public static ColumnValue Null => new(ColumnKind.Null);
    public static ColumnValue False => new(ColumnKind.False);
    public static ColumnValue True => new(ColumnKind.True);
    public static ColumnValue Other => new(ColumnKind.Other);
    public static ColumnValue Of(long value) => new(ColumnKind.Integer, value);
    public static ColumnValue Of(ReadOnlyMemory<byte> utf8) => new(ColumnKind.Text, 0, utf8);
    public static ColumnValue Of(string text) => Of(Encoding.UTF8.GetBytes(text));

    public static ColumnValue Of(double value) =>
        new(ColumnKind.Real, BitConverter.DoubleToInt64Bits(Math.Max(value, double.MinValue)));

    /// <param name="kind">One that is a value by itself: missing, null, false, true, other.</param>
    public static ColumnValue Of(ColumnKind kind) => new(kind);

    /// <summary>How a field with this value is kept.</summary>
    public static ColumnValue Of(in Value value, bool isTimestamp) => value.Kind switch
    {
        ValueKind.Missing => Missing,
        ValueKind.Null => Null,
        ValueKind.Bool => value.AsBool ? True : False,
        ValueKind.Int when !isTimestamp => Of(value.AsInt),
        ValueKind.Double when !isTimestamp => Of(value.AsDouble),
        ValueKind.Uint when !isTimestamp && value.AsUint <= long.MaxValue => Of((long)value.AsUint),
        ValueKind.Uint when !isTimestamp => Of((double)value.AsUint), // as JSON text of this size is read
        ValueKind.Timestamp when isTimestamp => Of(value.AsTicks),
        ValueKind.String when isTimestamp && TimestampText.TryParse(value.AsString, out long ticks) => Of(ticks),
        ValueKind.String => Of(value.AsString),
        _ => Other,
    };

    /// <summary>A value that has the same place in the order; what an Other was is not known, it becomes an empty list.</summary>
    public Value ToValue(bool isTimestamp) => Kind switch
    {
        ColumnKind.Missing => Value.Missing,
        ColumnKind.Integer when isTimestamp => Value.Of(new DateTimeOffset(_bits, TimeSpan.Zero)),
        ColumnKind.Integer => Value.Of(_bits),
        ColumnKind.Real => Value.Of(BitConverter.Int64BitsToDouble(_bits)),
        ColumnKind.Text => Value.Of(Encoding.UTF8.GetString(_text.Span)),
        ColumnKind.Null => Value.Null,
        ColumnKind.False => Value.Of(false),
        ColumnKind.True => Value.Of(true),
        _ => Value.OfList([]),
    };

    /// <summary>The order of the columns; 0 for what has one place in it.</summary>
    public static int Compare(in ColumnValue a, in ColumnValue b)
    {
        bool areNumbers = a.Kind is ColumnKind.Integer or ColumnKind.Real && b.Kind is ColumnKind.Integer or ColumnKind.Real;
        if (a.Kind != b.Kind && !areNumbers) return a.Kind.CompareTo(b.Kind);

        return a.Kind switch
        {
            ColumnKind.Text => a._text.Span.SequenceCompareTo(b._text.Span),
            ColumnKind.Integer when b.Kind == ColumnKind.Integer => a._bits.CompareTo(b._bits),
            ColumnKind.Integer or ColumnKind.Real => ValueComparison.Sort(a.ToValue(false), b.ToValue(false)),
            _ => 0,
        };
    }
}

/// <summary>In the order of the columns.</summary>
internal enum ColumnKind : byte { Missing, Integer, Real, Text, Null, False, True, Other }
