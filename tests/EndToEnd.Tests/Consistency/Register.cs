namespace Stateway.EndToEnd.Tests.Consistency;

/// <summary>What is kept under a key. PUT replaces both fields, PATCH sets the note alone, so that a PATCH over an old state shows.</summary>
public sealed record Register(string? Text, string? Note);

/// <summary>A key's value from this revision on.</summary>
/// <param name="Value">Null: deleted.</param>
public sealed record PastValue(string Key, long Revision, Register? Value);
