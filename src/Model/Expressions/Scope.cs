using System.Text.Json;

namespace Stateway.Model.Expressions;

/// <summary>What an expression is evaluated over.</summary>
/// <param name="Resource">The root of <see cref="Expression.Field"/> paths; Undefined when there is no resource.</param>
/// <param name="Variables">Values by name; null when there are none.</param>
public readonly record struct Scope(JsonElement Resource, IReadOnlyDictionary<string, Value>? Variables = null);
