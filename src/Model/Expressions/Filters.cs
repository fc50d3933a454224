using System.Collections.Immutable;

namespace Stateway.Model.Expressions;

/// <summary>What can be told about a bound filter without evaluating it.</summary>
public static class Filters
{
    /// <summary>The fields that the expression reads, each path once, in the order of the text.</summary>
    public static ImmutableArray<Expression.Field> Fields(Expression expression)
    {
        var fields = ImmutableArray.CreateBuilder<Expression.Field>();
        Collect(expression, fields);
        return fields.ToImmutable();
    }

    private static void Collect(Expression expression, ImmutableArray<Expression.Field>.Builder fields)
    {
        switch (expression)
        {
            case Expression.Field field:
                foreach (var known in fields)
                {
                    if (known.Path.AsSpan().SequenceEqual(field.Path.AsSpan())) return;
                }

                fields.Add(field);
                break;

            case Expression.Select select: Collect(select.Operand, fields); break;
            case Expression.Has has: Collect(has.Operand, fields); break;
            case Expression.Not not: Collect(not.Operand, fields); break;
            case Expression.Negate negate: Collect(negate.Operand, fields); break;

            case Expression.Index index:
                Collect(index.Operand, fields);
                Collect(index.Key, fields);
                break;

            case Expression.Binary binary:
                Collect(binary.Left, fields);
                Collect(binary.Right, fields);
                break;

            case Expression.Call call:
                foreach (var argument in call.Arguments) Collect(argument, fields);
                break;

            case Expression.List list:
                foreach (var item in list.Items) Collect(item, fields);
                break;

            case Expression.Quantifier quantifier:
                Collect(quantifier.Range, fields);
                Collect(quantifier.Body, fields);
                break;
        }
    }
}
