using System.Collections.Immutable;

namespace Stateway.Store.Columns;

internal static class OrderColumns
{
    /// <summary>The columns of a query's order, without the path, which is always its last key.</summary>
    /// <param name="find">The column of a field; null while it is not indexed.</param>
    /// <returns>Null when one is not indexed (any more): <paramref name="missing"/>.</returns>
    public static ImmutableArray<FieldColumn>? Of(Query query, Func<string, FieldColumn?> find, out string? missing)
    {
        missing = null;
        var order = ImmutableArray.CreateBuilder<FieldColumn>(query.Order.Length);
        foreach (var key in query.Order)
        {
            if (key.Field.Length == 0) break;

            if (find(key.Field) is not { } column)
            {
                missing = key.Field;
                return null;
            }

            order.Add(column);
        }

        return order.DrainToImmutable();
    }
}
