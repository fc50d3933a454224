using System.Collections.Immutable;
using Stateway.Model.Expressions;

namespace Stateway.Store.Columns;

/// <summary>
/// A filter, split at its top-level <c>&amp;&amp;</c>: what the indexes answer, and what is left to evaluate
/// over each row that they find.
/// <code>
/// price > 10 &amp;&amp; (name == "a" || note.contains("b"))     indexed: price, name
/// Conditions  price > 10            Residual  name == "a" || note.contains("b")
/// </code>
/// </summary>
/// <param name="Conditions">All of them hold for every row that the filter holds for.</param>
/// <param name="Residual">Null when the conditions say it all.</param>
/// <param name="Unindexed">Why there is a residual: its fields without an index, or all of its fields.</param>
internal sealed record ColumnFilter(
    ImmutableArray<ColumnCondition> Conditions, Expression? Residual, ImmutableArray<string> Unindexed)
{
    public static ColumnFilter None { get; } = new([], null, []);

    /// <param name="findReady">The column of an indexed field, by its name; null when it has none.</param>
    /// <param name="textBytesMax">Of a literal that a column can be compared with.</param>
    public static ColumnFilter Of(Expression? filter, Func<string, FieldColumn?> findReady, int textBytesMax = int.MaxValue)
    {
        if (filter is null) return None;

        var compiler = new FilterCompiler(findReady, textBytesMax);
        var conditions = ImmutableArray.CreateBuilder<ColumnCondition>();
        Expression? residual = null;
        foreach (var conjunct in Conjuncts(filter))
        {
            var compiled = compiler.Compile(conjunct, isTrue: true);
            if (compiled.Condition is ColumnCondition.All all) conditions.AddRange(all.Parts);
            else if (compiled.Condition is not ColumnCondition.Always) conditions.Add(compiled.Condition);

            if (compiled.IsExact) continue;
            residual = residual is null
                ? conjunct
                : new Expression.Binary(conjunct.Position, BinaryOperator.And, residual, conjunct);
        }

        return new(conditions.DrainToImmutable(), residual, UnindexedOf(residual, findReady));
    }

    private static IEnumerable<Expression> Conjuncts(Expression filter) =>
        filter is Expression.Binary { Operator: BinaryOperator.And } and
            ? [.. Conjuncts(and.Left), .. Conjuncts(and.Right)]
            : [filter];

    private static ImmutableArray<string> UnindexedOf(Expression? residual, Func<string, FieldColumn?> findReady)
    {
        if (residual is null) return [];

        var fields = Filters.Fields(residual).Select(field => string.Join('.', field.Path)).ToList();
        ImmutableArray<string> unindexed = [.. fields.Where(field => findReady(field) is null)];
        return unindexed.IsEmpty ? [.. fields] : unindexed;
    }
}
