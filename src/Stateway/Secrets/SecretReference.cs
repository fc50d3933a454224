using System.Text.Json;

namespace Stateway.Secrets;

/// <summary><c>{ "secret": "name" }</c>: how a resource refers to a secret where it could also say a text.</summary>
internal static class SecretReference
{
    /// <returns>The secret's name; null when the value is something else.</returns>
    public static string? NameIn(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty("secret", out var name) && name.ValueKind == JsonValueKind.String ? name.GetString() : null;
}
