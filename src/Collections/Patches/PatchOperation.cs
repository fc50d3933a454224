namespace Stateway.Collections.Patches;

public enum PatchVerb : byte { Add, Remove, Replace, Move, Copy, Test }

/// <summary>One operation of a JSON patch, with everything it needs.</summary>
/// <param name="From">Of <c>move</c> and <c>copy</c>; null otherwise.</param>
/// <param name="Value">JSON, of <c>add</c>, <c>replace</c> and <c>test</c>; empty otherwise.</param>
public sealed record PatchOperation(PatchVerb Verb, JsonPointer Path, JsonPointer? From, ReadOnlyMemory<byte> Value);
