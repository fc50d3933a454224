using System.Collections.Immutable;

namespace Stateway.Model.Expressions;

/// <summary>Either an expression, or all that is wrong with its text.</summary>
public sealed record ExpressionParsing(Expression? Expression, ImmutableArray<ExpressionError> Errors);
