namespace Stateway.Model.Expressions;

/// <summary>One thing that is wrong with an expression.</summary>
/// <param name="Position">Offset in the text, in UTF-16 units; the length of the text where it ends too early.</param>
/// <param name="Message">What is wrong and what would be right.</param>
public sealed record ExpressionError(int Position, string Message)
{
    public override string ToString() => $"At {Position}: {Message}";
}
