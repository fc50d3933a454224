namespace Stateway.Model.Schemas.Patterns;

/// <summary>Patterns that were compiled already: a schema is compiled for several uses.</summary>
internal sealed class PatternCache
{
    private readonly Dictionary<string, (Pattern? Pattern, string? Why)> _patterns = [];

    /// <param name="why">Why there is none, as a sentence.</param>
    public Pattern? Get(string source, out string? why)
    {
        if (!_patterns.TryGetValue(source, out var entry))
        {
            entry = (Pattern.TryCreate(source, out string? reason), reason);
            _patterns[source] = entry;
        }

        why = entry.Why;
        return entry.Pattern;
    }
}
