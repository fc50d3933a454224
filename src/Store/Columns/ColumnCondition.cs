using System.Collections.Immutable;

namespace Stateway.Store.Columns;

/// <summary>
/// A condition over indexed columns. There is no "not": columns are never NULL and totally ordered, so the
/// opposite of a range is the two ranges beside it.
/// </summary>
internal abstract record ColumnCondition
{
    private ColumnCondition() { } // closed

    public sealed record Always : ColumnCondition;

    public sealed record Never : ColumnCondition;

    /// <summary>The column has one of the values, or none of them.</summary>
    public sealed record Points(FieldColumn Column, ImmutableArray<ColumnValue> Values, bool IsNegated = false) : ColumnCondition;

    /// <param name="Low">Null: no bound.</param>
    public sealed record Range(FieldColumn Column, Bound? Low, Bound? High) : ColumnCondition;

    public sealed record All(ImmutableArray<ColumnCondition> Parts) : ColumnCondition;

    public sealed record Any(ImmutableArray<ColumnCondition> Parts) : ColumnCondition;

    /// <summary>Exactly one value: the rows then lie in the index in the order of their paths.</summary>
    public bool IsOnePoint => this is Points { IsNegated: false, Values.Length: 1 };

    /// <summary>Whether an index can find the rows, without reading others.</summary>
    public bool IsIndexable => this switch
    {
        Points points => !points.IsNegated,
        Range or Never => true,
        All all => all.Parts.Any(part => part.IsIndexable),
        Any any => any.Parts.All(part => part.IsIndexable),
        _ => false,
    };

    /// <summary>The column of a condition on one column alone.</summary>
    public FieldColumn? OnlyColumn => this switch
    {
        Points points => points.Column,
        Range range => range.Column,
        _ => null,
    };

    public static ColumnCondition And(ColumnCondition a, ColumnCondition b) => (a, b) switch
    {
        (Never, _) or (_, Never) => new Never(),
        (Always, _) => b,
        (_, Always) => a,
        _ => new All([.. a is All x ? x.Parts : [a], .. b is All y ? y.Parts : [b]]),
    };

    public static ColumnCondition Or(ColumnCondition a, ColumnCondition b) => (a, b) switch
    {
        (Always, _) or (_, Always) => new Always(),
        (Never, _) => b,
        (_, Never) => a,
        _ => new Any([.. a is Any x ? x.Parts : [a], .. b is Any y ? y.Parts : [b]]),
    };

    /// <param name="isPlain">Whether the engine may use an index for it.</param>
    public void Write(ConditionText sql, bool isPlain)
    {
        switch (this)
        {
            case Always: sql.AddConstant(true); break;
            case Never: sql.AddConstant(false); break;
            case Points points: WritePoints(points, sql, isPlain); break;
            case Range range: WriteRange(range, sql, isPlain); break;
            case All all: WriteParts(all.Parts, " AND ", sql, isPlain); break;
            case Any any: WriteParts(any.Parts, " OR ", sql, isPlain); break;
        }
    }

    private static void WritePoints(Points points, ConditionText sql, bool isPlain)
    {
        sql.AddColumn(points.Column.ColumnName, isPlain);
        if (points.Values.Length == 1)
        {
            sql.Add(points.IsNegated ? "<>" : "=").AddParameter(points.Values[0]);
            return;
        }

        sql.Add(points.IsNegated ? " NOT IN (" : " IN (");
        for (int i = 0; i < points.Values.Length; i++)
        {
            if (i > 0) sql.Add(",");
            sql.AddParameter(points.Values[i]);
        }

        sql.Add(")");
    }

    private static void WriteRange(Range range, ConditionText sql, bool isPlain)
    {
        string column = range.Column.ColumnName;
        if (range.Low is { } low) sql.AddColumn(column, isPlain).Add(low.IsIncluded ? ">=" : ">").AddParameter(low.Value);
        if (range is { Low: not null, High: not null }) sql.Add(" AND ");
        if (range.High is { } high) sql.AddColumn(column, isPlain).Add(high.IsIncluded ? "<=" : "<").AddParameter(high.Value);
    }

    private static void WriteParts(ImmutableArray<ColumnCondition> parts, string between, ConditionText sql, bool isPlain)
    {
        sql.Add("(");
        for (int i = 0; i < parts.Length; i++)
        {
            if (i > 0) sql.Add(between);
            sql.Add("(");
            parts[i].Write(sql, isPlain);
            sql.Add(")");
        }

        sql.Add(")");
    }
}

internal readonly record struct Bound(ColumnValue Value, bool IsIncluded);
