namespace Stateway.Model.Apis;

/// <summary>A variable that a document declares under <c>x-stateway-variables</c>, and its stages give a value.</summary>
/// <param name="Default">Null when every stage must give one.</param>
public sealed record VariableSpec(string Name, string? Default, string? Description);
