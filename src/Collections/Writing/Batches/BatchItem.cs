using System.Collections.Immutable;

namespace Stateway.Collections.Writing.Batches;

/// <summary>One request of a batch, as it was written: its references still stand for themselves.</summary>
/// <param name="Index">From 0, as in a pointer.</param>
/// <param name="Name">By which later ones refer to it; null when they don't.</param>
/// <param name="Path">Below the API's base, with the query.</param>
/// <param name="Body">JSON; empty when there is none.</param>
internal sealed record BatchItem(
    int Index, string? Name, string Method, string Path, ImmutableArray<KeyValuePair<string, string>> Headers, ReadOnlyMemory<byte> Body)
{
    public string Pointer => $"/requests/{Index}";
}
