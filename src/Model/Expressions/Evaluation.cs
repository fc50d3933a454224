namespace Stateway.Model.Expressions;

/// <summary>
/// Evaluates an expression in memory. <c>docs/reference/expressions.md</c> states the meaning that this and the
/// compilation to SQL share; where data does not fit an expression, a comparison is false and nothing is an error.
/// </summary>
public static class Evaluation
{
    /// <summary>
    /// The work that one evaluation may do: nodes visited, items compared and text read (64 characters
    /// a step; 16 by a pattern).
    /// More gives an error, so that nested <c>exists</c> and <c>all</c> over long lists come to an end.
    /// </summary>
    public const int StepsMax = 100_000;

    /// <returns>Any value; Missing when the expression is a field that is not there, Error when it is wrong.</returns>
    public static Value Evaluate(Expression expression, in Scope scope)
    {
        var evaluator = new Evaluator(scope, StepsMax);
        var value = evaluator.Evaluate(expression);
        return evaluator.IsExhausted
            ? Value.OfError($"The expression takes more than {StepsMax} steps; write one that compares less.")
            : value;
    }

    /// <summary>Whether a filter or a condition holds: its value is true. A field that is no bool is not true.</summary>
    public static bool IsTrue(Expression expression, in Scope scope) => Evaluate(expression, scope).IsTrue;
}
