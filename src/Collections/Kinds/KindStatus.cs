using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Stateway.Collections.Writing;

namespace Stateway.Collections.Kinds;

/// <summary>Puts together the status of a resource: what controllers say, which generation they have seen, their conditions.</summary>
public static class KindStatus
{
    public const int ConditionsMax = 64;

    /// <summary>Of a status, as JSON.</summary>
    public const int BytesMax = 256 * 1024;

    private const string Conditions = "conditions";

    /// <exception cref="ArgumentException">It would be larger than the limits.</exception>
    internal static ReadOnlyMemory<byte> Next(KindResource current, KindChange change, DateTimeOffset now)
    {
        if (change is { Status: null, Conditions.IsEmpty: true }) return current.Status;

        var status = JsonNode.Parse(current.Status.Span)!.AsObject();
        foreach (var (name, value) in change.Status ?? [])
        {
            if (value is null) status.Remove(name);
            else status[name] = value.DeepClone();
        }

        status["observed_generation"] = current.Generation;
        if (!change.Conditions.IsEmpty) status[Conditions] = Merged(ConditionsOf(current.Status), change.Conditions, now);

        var json = NodeText.Of(status);
        if (json.Length > BytesMax) throw new ArgumentException($"The status of {current.Key} has {json.Length} bytes; {BytesMax} are allowed.");
        return json;
    }

    internal static ImmutableArray<KindCondition> ConditionsOf(ReadOnlyMemory<byte> status)
    {
        using var document = JsonDocument.Parse(status);
        if (!document.RootElement.TryGetProperty(Conditions, out var all) || all.ValueKind != JsonValueKind.Array) return [];

        var conditions = ImmutableArray.CreateBuilder<KindCondition>();
        foreach (var one in all.EnumerateArray())
        {
            if (one.ValueKind != JsonValueKind.Object || TextOf(one, "type") is not { } type) continue;

            bool? holds = TextOf(one, "status") switch { "true" => true, "false" => false, _ => null };
            conditions.Add(new(type, holds, TextOf(one, "reason") ?? "", TextOf(one, "message") ?? "")
            {
                LastTransitionTime = DateTimeOffset.TryParse(TextOf(one, "last_transition_time"), CultureInfo.InvariantCulture, out var since) ? since : default,
            });
        }

        return conditions.DrainToImmutable();
    }

    /// <summary>The time of a condition moves only when it begins or ceases to hold.</summary>
    private static JsonArray Merged(ImmutableArray<KindCondition> present, ImmutableArray<KindCondition> changed, DateTimeOffset now)
    {
        var merged = present.ToList();
        foreach (var condition in changed)
        {
            int at = merged.FindIndex(known => known.Type == condition.Type);
            var next = condition with { LastTransitionTime = at >= 0 && merged[at].Holds == condition.Holds ? merged[at].LastTransitionTime : now };
            if (at >= 0) merged[at] = next;
            else merged.Add(next);
        }

        if (merged.Count > ConditionsMax) throw new ArgumentException($"A resource has at most {ConditionsMax} conditions, not {merged.Count}.");
        return new([.. merged.Select(ToJson)]);
    }

    private static JsonNode ToJson(KindCondition condition) => new JsonObject
    {
        ["type"] = condition.Type,
        ["status"] = condition.Holds switch { true => "true", false => "false", null => "unknown" },
        ["reason"] = condition.Reason,
        ["message"] = condition.Message.Length <= KindCondition.MessageLengthMax ? condition.Message : condition.Message[..(KindCondition.MessageLengthMax - 1)] + "…",
        ["last_transition_time"] = condition.LastTransitionTime.UtcDateTime.ToString(Composer.TimeFormat, CultureInfo.InvariantCulture),
    };

    private static string? TextOf(JsonElement condition, string name) =>
        condition.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
