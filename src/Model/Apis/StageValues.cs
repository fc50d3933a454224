using System.Collections.Frozen;

namespace Stateway.Model.Apis;

/// <summary>
/// What a stage's variables stand for, by name. Some are secrets: nothing that may be logged or answered shows a value, which
/// is why only <see cref="StageText"/> reads them.
/// </summary>
public sealed class StageValues : IEquatable<StageValues>
{
    private readonly FrozenDictionary<string, (string Value, bool IsSecret)> _values;

    public StageValues(IEnumerable<KeyValuePair<string, (string Value, bool IsSecret)>> values) => _values = values.ToFrozenDictionary(StringComparer.Ordinal);

    public static StageValues None { get; } = new([]);

    public bool IsEmpty => _values.Count == 0;

    internal string? Find(string name) => _values.TryGetValue(name, out var found) ? found.Value : null;

    internal bool IsSecret(string name) => _values.TryGetValue(name, out var found) && found.IsSecret;

    public bool Equals(StageValues? other) =>
        ReferenceEquals(this, other)
        || (other is not null && other._values.Count == _values.Count && _values.All(pair => other._values.TryGetValue(pair.Key, out var value) && value == pair.Value));

    public override bool Equals(object? obj) => Equals(obj as StageValues);

    public override int GetHashCode() => _values.Count;

    /// <summary>The names.</summary>
    public override string ToString() => string.Join(", ", _values.Keys.Order(StringComparer.Ordinal));
}
