using System.Collections.Immutable;
using System.Text.Json;
using Stateway.Secrets;

namespace Stateway.Management;

/// <summary>What a stage gives a variable: a text, or the name of a secret.</summary>
internal sealed record StageVariable(string? Text, string? Secret)
{
    /// <param name="stage">Fits the kind's schema.</param>
    public static ImmutableSortedDictionary<string, StageVariable> ReadAll(JsonElement stage)
    {
        if (!stage.TryGetProperty("variables", out var variables)) return ImmutableSortedDictionary<string, StageVariable>.Empty;

        return variables.EnumerateObject().ToImmutableSortedDictionary(member => member.Name,
            member => SecretReference.NameIn(member.Value) is { } secret ? new StageVariable(null, secret) : new StageVariable(member.Value.GetString(), null), StringComparer.Ordinal);
    }
}
