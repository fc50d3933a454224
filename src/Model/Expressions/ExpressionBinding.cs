using System.Collections.Immutable;
using Stateway.Model.Schemas;

namespace Stateway.Model.Expressions;

/// <summary>
/// An expression whose names are known to mean something, or all that is wrong with them. What is bound holds
/// <see cref="Expression.Field"/> nodes for the resource's fields; text compared with times has become times.
/// </summary>
public sealed record ExpressionBinding(Expression? Expression, ImmutableArray<ExpressionError> Errors)
{
    /// <summary>
    /// Binds a filter of a list: free names are fields of the resource, and the result may be a bool.
    /// A writeOnly field is as unknown as one that is not there.
    /// </summary>
    /// <param name="shape">Of the resource as a client reads it, the store's own fields included.</param>
    public static ExpressionBinding BindFilter(Expression expression, Shape shape) =>
        Binder.Bind(expression, shape, null, isCondition: true);

    /// <summary>
    /// Binds a rule, a condition or a value of an action: free names are variables, such as <c>resource</c>,
    /// <c>request</c>, <c>caller</c> and <c>now</c>. What is selected from <c>resource</c> becomes a field.
    /// </summary>
    /// <param name="variables">
    /// What there is, by name. A shape of the format date-time stands for a timestamp; <see cref="Shape.Any"/> allows everything.
    /// </param>
    /// <param name="isCondition">The result must be able to be a bool; else any type will do.</param>
    public static ExpressionBinding BindRule(Expression expression, IReadOnlyDictionary<string, Shape> variables, bool isCondition) =>
        Binder.Bind(expression, null, variables, isCondition);
}
