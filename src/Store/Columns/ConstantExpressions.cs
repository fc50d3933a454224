using Stateway.Model.Expressions;

namespace Stateway.Store.Columns;

/// <summary>Expressions that have the same value for every row and every caller.</summary>
internal static class ConstantExpressions
{
    public static bool IsConstant(Expression expression) => expression switch
    {
        Expression.Literal => true,
        Expression.Select select => IsConstant(select.Operand),
        Expression.Index index => IsConstant(index.Operand) && IsConstant(index.Key),
        Expression.Has has => IsConstant(has.Operand),
        Expression.Not not => IsConstant(not.Operand),
        Expression.Negate negate => IsConstant(negate.Operand),
        Expression.Binary binary => IsConstant(binary.Left) && IsConstant(binary.Right),
        Expression.Call call => call.Arguments.All(IsConstant),
        Expression.List list => list.Items.All(IsConstant),
        _ => false, // fields, variables, and quantifiers, which bind one
    };
}
