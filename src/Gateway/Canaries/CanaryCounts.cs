using System.Text.Json;

namespace Stateway.Gateway.Canaries;

/// <summary>Both sides of a canary over the same while. Those of several nodes are added up before they are judged.</summary>
public sealed record CanaryCounts(ArmCounts Base, ArmCounts Canary)
{
    public static CanaryCounts None { get; } = new(ArmCounts.None, ArmCounts.None);

    public static CanaryCounts operator +(CanaryCounts left, CanaryCounts right) => new(left.Base + right.Base, left.Canary + right.Canary);

    /// <summary>As JSON, for another node to read.</summary>
    public void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WritePropertyName("base");
        Base.WriteTo(writer);
        writer.WritePropertyName("canary");
        Canary.WriteTo(writer);
        writer.WriteEndObject();
    }

    /// <returns>Null when it is nothing that <see cref="WriteTo"/> has written.</returns>
    public static CanaryCounts? Read(JsonElement json) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty("base", out var left) && json.TryGetProperty("canary", out var right)
        && ArmCounts.Read(left) is { } one && ArmCounts.Read(right) is { } other
            ? new(one, other)
            : null;
}
