using Stateway.Model.Expressions;

namespace Stateway.Store.Sqlite;

/// <summary>The resource's fields that an expression reads.</summary>
internal static class ExpressionFields
{
    public static void AddTo(SortedSet<string> fields, Expression expression)
    {
        if (expression is Expression.Field field) fields.Add(string.Join('.', field.Path));
        foreach (var part in PartsOf(expression)) AddTo(fields, part);
    }

    /// <summary>Whether its value is the same for every row and every caller.</summary>
    public static bool IsConstant(Expression expression)
    {
        if (expression is Expression.Field or Expression.Variable or Expression.Quantifier) return false;

        foreach (var part in PartsOf(expression))
        {
            if (!IsConstant(part)) return false;
        }

        return true;
    }

    private static IEnumerable<Expression> PartsOf(Expression expression) => expression switch
    {
        Expression.Select select => [select.Operand],
        Expression.Index index => [index.Operand, index.Key],
        Expression.Has has => [has.Operand],
        Expression.Not not => [not.Operand],
        Expression.Negate negate => [negate.Operand],
        Expression.Binary binary => [binary.Left, binary.Right],
        Expression.Call call => call.Arguments,
        Expression.List list => list.Items,
        Expression.Quantifier quantifier => [quantifier.Range, quantifier.Body],
        _ => [],
    };
}
