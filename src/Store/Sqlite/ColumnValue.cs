using System.Text;
using SQLitePCL;
using Stateway.Model.Expressions;

namespace Stateway.Store.Sqlite;

/// <summary>
/// The value of an indexed field as its column holds it, so that SQLite's own order of columns is the order
/// of <see cref="ValueComparison.Sort"/> and no column is ever NULL, which would compare three-valued:
/// <code>
/// missing   REAL -Infinity      null    BLOB 00
/// numbers   INTEGER or REAL     false   BLOB 01
/// times     INTEGER, ticks      true    BLOB 02
/// text      TEXT, UTF-8         other   BLOB 03: arrays, objects, and numbers in a timestamp field
/// </code>
/// JSON's <c>-1e999</c> would be -Infinity too: it is kept as the lowest finite number.
/// </summary>
internal readonly struct ColumnValue
{
    private readonly long _bits;                 // Integer; Real: its bits
    private readonly ReadOnlyMemory<byte> _text; // Text, in UTF-8

    private ColumnValue(ColumnKind kind, long bits = 0, ReadOnlyMemory<byte> text = default) =>
        (Kind, _bits, _text) = (kind, bits, text);

    public ColumnKind Kind { get; }

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

    public void BindTo(Statement statement, int parameter)
    {
        switch (Kind)
        {
            case ColumnKind.Missing: statement.Bind(parameter, double.NegativeInfinity); break;
            case ColumnKind.Integer: statement.Bind(parameter, _bits); break;
            case ColumnKind.Real: statement.Bind(parameter, BitConverter.Int64BitsToDouble(_bits)); break;
            case ColumnKind.Text: statement.BindText(parameter, _text.Span); break;
            default: statement.BindBlob(parameter, [(byte)(Kind - ColumnKind.Null)]); break;
        }
    }

    public static ColumnValue Read(Statement statement, int column)
    {
        switch (statement.Type(column))
        {
            case raw.SQLITE_INTEGER:
                return Of(statement.Int64(column));
            case raw.SQLITE_FLOAT:
                double value = statement.Double(column);
                return double.IsNegativeInfinity(value) ? Missing : Of(value);
            case raw.SQLITE_TEXT:
                return Of(statement.Bytes(column).ToArray());
            default:
                return new(ColumnKind.Null + statement.Bytes(column)[0]);
        }
    }
}

/// <summary>In the order of the columns.</summary>
internal enum ColumnKind : byte { Missing, Integer, Real, Text, Null, False, True, Other }
