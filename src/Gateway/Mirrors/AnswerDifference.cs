namespace Stateway.Gateway.Mirrors;

/// <summary>One thing in which two answers differ.</summary>
/// <param name="Place"><c>status</c>, <c>header ETag</c>, <c>body</c>, or <c>body /items/0/price</c>.</param>
/// <param name="Base">As text, shortened; null where it is missing.</param>
/// <param name="Mirror">The same of the other answer.</param>
public sealed record AnswerDifference(string Place, string? Base, string? Mirror);
