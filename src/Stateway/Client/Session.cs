using System.Text.Json;
using Stateway.Client.Kinds;

namespace Stateway.Client;

/// <summary>A server that answers, and the kinds that it has.</summary>
internal sealed class Session(ApiClient api, KindSet kinds, TimeProvider time) : IDisposable
{
    public ApiClient Api { get; } = api;
    public KindSet Kinds { get; } = kinds;
    public TimeProvider Time { get; } = time;

    /// <summary>The server's own document tells what kinds there are.</summary>
    public static async Task<(Session? Session, Failure? Failure)> OpenAsync(Connection connection, TimeProvider time, CancellationToken ct)
    {
        var (api, failure) = ApiClient.Open(connection, time);
        if (api is null) return (null, failure);

        bool opened = false;
        try
        {
            var reply = await api.SendAsync(Call.Get("/openapi.json"), ct);
            if (reply is not Reply.Good { Body: var document }) return (null, reply.ToFailure($"{connection.Text}/openapi.json"));
            if (KindsReader.Read(document) is not { } kinds)
                return (null, new($"{connection.Text} describes no collections; --server takes the management API's address, with the path where it stands under one."));

            opened = true;
            return (new(api, kinds, time), null);
        }
        finally
        {
            if (!opened) api.Dispose();
        }
    }

    public async Task<Reply> GetAsync(ResourceName name, CancellationToken ct) => await Api.SendAsync(Call.Get(name.Path), ct);

    public void Dispose() => Api.Dispose();

    /// <summary>The ids of a resource as a person writes them: <c>shop/live</c> is the stage live of the API shop.</summary>
    public static (ResourceName? Name, Failure? Failure) NameOf(Kind kind, string text)
    {
        string[] ids = text.Split('/');
        if (ids.Length == kind.Depth && Array.TrueForAll(ids, id => Model.Names.ResourceId.IsValid(id))) return (new(kind, [.. ids]), null);

        string form = string.Join('/', kind.Line.Select(each => each.Singular.ToUpperInvariant()));
        return (null, ids.Length != kind.Depth
            ? new Failure($"'{PlainText.Short(text, 100)}' names no {kind.Singular}: write {form}.")
            : new Failure($"'{PlainText.Short(text, 100)}' names no {kind.Singular}: an id is {Model.Names.ResourceId.Rule}."));
    }

    /// <summary>The text of an object's member; null when it is none.</summary>
    public static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
