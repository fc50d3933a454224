using System.Collections.Immutable;
using System.Text.Json;

namespace Stateway.Client.Calling;

/// <summary>A stage of an API, and where it is reached.</summary>
/// <param name="Url">Its base, without a slash at its end.</param>
internal sealed record ServedApi(string Api, string Stage, Uri Url)
{
    /// <summary>Its base as text, for paths to be put behind.</summary>
    public string Text => Url.AbsoluteUri.TrimEnd('/');

    public string Name => Api.Length == 0 ? Text : $"{Api}/{Stage}";

    /// <summary>What the management API's catalog tells (RFC 9264).</summary>
    /// <param name="gateway">Where they are reached from here, when that is another place; null for the catalog's own.</param>
    public static ImmutableArray<ServedApi> Read(JsonElement catalog, Uri? gateway)
    {
        var served = ImmutableArray.CreateBuilder<ServedApi>();
        if (catalog.ValueKind != JsonValueKind.Object || !catalog.TryGetProperty("linkset", out var links) || links.ValueKind != JsonValueKind.Array) return [];

        foreach (var link in links.EnumerateArray())
        {
            if (link.ValueKind == JsonValueKind.Object && link.TryGetProperty("service-desc", out var descriptions) && descriptions is { ValueKind: JsonValueKind.Array }
                && descriptions.GetArrayLength() > 0 && descriptions[0] is { ValueKind: JsonValueKind.Object } description && description.TryGetProperty("stage", out var stage)
                && stage is { ValueKind: JsonValueKind.Array } && stage.GetArrayLength() > 0 && stage[0].ToString().Split('/') is [var api, var id]
                && Connection.TryParseUrl(Session.Text(link, "anchor") ?? "", out var url))
                served.Add(new(api, id, gateway is null ? url : new Uri(gateway.AbsoluteUri.TrimEnd('/') + url.AbsolutePath)));
        }

        return served.ToImmutable();
    }
}
