using System.Text.Json;
using Stateway.Client.Kinds;

namespace Stateway.Client;

/// <summary>Who changed a resource last, and when: by the server's events where it keeps them, else by the resource's history.</summary>
internal static class LastChange
{
    private static readonly string[] WhoFields = ["by", "who", "actor", "caller", "principal"];

    /// <returns>A sentence.</returns>
    public static async Task<string> OfAsync(Session session, ResourceName name, CancellationToken ct)
    {
        if (await OfEventsAsync(session, name, ct) is { } told) return told;

        if (name.Kind.HasHistory && await FirstAsync(session, $"{name.Path}/history?max_page_size=1", ct) is { } version)
        {
            string what = Session.Text(version, "type") switch { "deleted" => "deleted", "added" => "created", _ => "changed" };
            return $"{name} was {what} at {Shown(version, "time")} (revision {Shown(version, "revision")}).";
        }

        return $"{name} was changed.";
    }

    private static async Task<string?> OfEventsAsync(Session session, ResourceName name, CancellationToken ct)
    {
        if (session.Kinds.Named("events") is not { } events || events.Field("resource") is null) return null;
        if (Array.Find(WhoFields, field => events.Field(field) is not null) is not { } who) return null;

        string filter = Uri.EscapeDataString($"resource == \"{name}\"");
        return await FirstAsync(session, $"/events?filter={filter}&order_by=-create_time&max_page_size=1", ct) is { } last
            ? $"{Shown(last, who)} changed {name} at {Shown(last, "create_time")}." : null;
    }

    private static async Task<JsonElement?> FirstAsync(Session session, string path, CancellationToken ct) =>
        await session.Api.SendAsync(Call.Get(path), ct) is Reply.Good { Body: { ValueKind: JsonValueKind.Object } page }
        && page.TryGetProperty("results", out var results) && results.ValueKind == JsonValueKind.Array && results.GetArrayLength() > 0 ? results[0] : null;

    private static string Shown(JsonElement element, string name) => PlainText.Short(Session.Text(element, name) ?? "?", 100);
}
