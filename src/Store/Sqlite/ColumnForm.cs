using SQLitePCL;
using Stateway.Store.Columns;

namespace Stateway.Store.Sqlite;

/// <summary>
/// A column value as SQLite holds it, so that SQLite's own order is the order of values and no column is ever NULL,
/// which would compare three-valued:
/// <code>
/// missing   REAL -Infinity      null    BLOB 00
/// numbers   INTEGER or REAL     false   BLOB 01
/// times     INTEGER, ticks      true    BLOB 02
/// text      TEXT, UTF-8         other   BLOB 03
/// </code>
/// </summary>
internal static class ColumnForm
{
    public static void BindTo(this in ColumnValue value, Statement statement, int parameter)
    {
        switch (value.Kind)
        {
            case ColumnKind.Missing: statement.Bind(parameter, double.NegativeInfinity); break;
            case ColumnKind.Integer: statement.Bind(parameter, value.AsInteger); break;
            case ColumnKind.Real: statement.Bind(parameter, value.AsReal); break;
            case ColumnKind.Text: statement.BindText(parameter, value.AsText.Span); break;
            default: statement.BindBlob(parameter, [(byte)(value.Kind - ColumnKind.Null)]); break;
        }
    }

    /// <summary>Whether a blob is one of those that stand for a value.</summary>
    public static bool IsForm(ReadOnlySpan<byte> blob) => blob.Length == 1 && blob[0] <= ColumnKind.Other - ColumnKind.Null;

    public static ColumnValue Read(Statement statement, int column)
    {
        switch (statement.Type(column))
        {
            case raw.SQLITE_INTEGER:
                return ColumnValue.Of(statement.Int64(column));
            case raw.SQLITE_FLOAT:
                double value = statement.Double(column);
                return double.IsNegativeInfinity(value) ? ColumnValue.Missing : ColumnValue.Of(value);
            case raw.SQLITE_TEXT:
                return ColumnValue.Of(statement.Bytes(column).ToArray());
            default:
                return ColumnValue.Of(ColumnKind.Null + statement.Bytes(column)[0]);
        }
    }
}
