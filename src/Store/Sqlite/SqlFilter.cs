using System.Collections.Immutable;
using Stateway.Model.Expressions;

namespace Stateway.Store.Sqlite;

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
internal sealed record SqlFilter(
    ImmutableArray<SqlCondition> Conditions, Expression? Residual, ImmutableArray<string> Unindexed)
{
    public static SqlFilter None { get; } = new([], null, []);

    public static SqlFilter Of(Expression? filter, CollectionTable table)
    {
        if (filter is null) return None;

        var compiler = new FilterCompiler(table);
        var conditions = ImmutableArray.CreateBuilder<SqlCondition>();
        Expression? residual = null;
        foreach (var conjunct in Conjuncts(filter))
        {
            var compiled = compiler.Compile(conjunct, isTrue: true);
            if (compiled.Condition is SqlCondition.All all) conditions.AddRange(all.Parts);
            else if (compiled.Condition is not SqlCondition.Always) conditions.Add(compiled.Condition);

            if (compiled.IsExact) continue;
            residual = residual is null
                ? conjunct
                : new Expression.Binary(conjunct.Position, BinaryOperator.And, residual, conjunct);
        }

        return new(conditions.DrainToImmutable(), residual, UnindexedOf(residual, table));
    }

    private static IEnumerable<Expression> Conjuncts(Expression filter) =>
        filter is Expression.Binary { Operator: BinaryOperator.And } and
            ? [.. Conjuncts(and.Left), .. Conjuncts(and.Right)]
            : [filter];

    private static ImmutableArray<string> UnindexedOf(Expression? residual, CollectionTable table)
    {
        if (residual is null) return [];

        var fields = Filters.Fields(residual).Select(field => string.Join('.', field.Path)).ToList();
        ImmutableArray<string> unindexed = [.. fields.Where(field => table.FindReady(field) is null)];
        return unindexed.IsEmpty ? [.. fields] : unindexed;
    }
}
