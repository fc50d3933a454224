using System.Collections.Immutable;
using Stateway.Model.Apis.Text;

namespace Stateway.Client.Calling;

/// <summary>The operations of the APIs that a command line may mean.</summary>
internal sealed record Callables(ImmutableArray<(ServedApi Api, CallOperation Operation)> All)
{
    private const int ApisMax = 100; // whose documents are read

    /// <summary>Asks the management API which stages are served.</summary>
    /// <param name="api">Null for all.</param>
    /// <param name="stage">Null for live.</param>
    public static async Task<(ImmutableArray<ServedApi> Served, Failure? Failure)> ServedAsync(Connection connection, string? api, string? stage, TimeProvider time, CancellationToken ct)
    {
        var (client, failure) = ApiClient.Open(connection, time);
        if (client is null) return ([], failure);

        using (client)
        {
            var reply = await client.SendAsync(Call.Get("/.well-known/api-catalog"), ct);
            if (reply is not Reply.Good { Body: var catalog }) return ([], reply.ToFailure($"{connection.Text}/.well-known/api-catalog"));

            var all = ServedApi.Read(catalog, connection.Gateway);
            if (all.IsEmpty) return ([], new($"{connection.Text} serves no API."));

            var ofApi = all.Where(each => api is null || each.Api == api).ToArray();
            if (ofApi.Length == 0) return ([], new($"There is no API '{PlainText.Short(api!, 100)}' that is served.{NameHint.For(api!, [.. all.Select(each => each.Api).Distinct()])}"));

            string wanted = stage ?? Hosting.ServedStage.Live;
            var served = ofApi.Where(each => each.Stage == wanted).ToImmutableArray();
            if (served.IsEmpty)
            {
                string names = api is null ? NameHint.For(wanted, [.. ofApi.Select(each => each.Name)]) : NameHint.For(wanted, [.. ofApi.Select(each => each.Stage)]);
                return ([], new($"No stage '{PlainText.Short(wanted, 100)}' is served; --stage names one.{names}"));
            }

            return served.Length > ApisMax ? ([], new($"There are {served.Length} APIs; --api names one.")) : (served, null);
        }
    }

    public static async Task<(Callables? Callables, Failure? Failure)> ReadAsync(Caller caller, ImmutableArray<ServedApi> apis, CancellationToken ct)
    {
        var all = ImmutableArray.CreateBuilder<(ServedApi, CallOperation)>();
        foreach (var api in apis)
        {
            var (document, failure) = await caller.DocumentAsync(api, ct);
            if (failure is not null) return (null, failure);
            if (OperationsReader.Read(document) is not { } operations) return (null, new($"{api.Text}/openapi.json is no OpenAPI document."));

            all.AddRange(operations.Select(operation => (api, operation)));
        }

        return (new(all.ToImmutable()), null);
    }

    /// <param name="id">An operationId, or <c>GET /products</c>.</param>
    public (ServedApi? Api, CallOperation? Operation, string? WhyNot) Find(string id)
    {
        var found = All.Where(each => each.Operation.Id == id || $"{each.Operation.Method} {each.Operation.Path}" == id).ToArray();
        return found switch
        {
            [var only] => (only.Api, only.Operation, null),
            [] => (null, null, $"There is no operation '{PlainText.Short(id, 100)}'.{NameHint.For(id, [.. All.Select(each => each.Operation.Id).Distinct()])}"),
            _ => (null, null, $"{PlainText.Short(id, 100)} is an operation of {string.Join(" and ", found.Select(each => each.Api.Name))}; --api names one."),
        };
    }
}
