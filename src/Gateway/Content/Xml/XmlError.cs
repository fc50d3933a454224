namespace Stateway.Gateway.Content.Xml;

/// <summary>Why a document could not be read.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1, in characters.</param>
/// <param name="Code"><see cref="Malformed"/>, <see cref="DuplicateName"/> or <see cref="TooDeep"/>; for <c>ProblemError.Code</c>.</param>
/// <param name="Detail">What is wrong and what would be right.</param>
public sealed record XmlError(int Line, int Column, string Code, string Detail)
{
    public const string Malformed = "MALFORMED_XML";
    public const string DuplicateName = "DUPLICATE_NAME";
    public const string TooDeep = "TOO_DEEP";

    public override string ToString() => $"line {Line}, column {Column}: {Detail}";
}
