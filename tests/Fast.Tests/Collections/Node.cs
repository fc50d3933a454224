using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Stateway.Collections.Watching;
using Stateway.Collections;
using Stateway.Collections.Reading;
using Stateway.Collections.Writing.Batches;
using Stateway.Collections.Writing.Repeating;
using Stateway.Gateway;
using Stateway.Gateway.Routing;
using Stateway.Model.Apis;
using Stateway.Model.Problems;
using Stateway.Store;
using Xunit;

namespace Stateway.Fast.Tests.Collections;

/// <summary>The collections of one API over a store, as one of several programs that share it serves them.</summary>
internal sealed class Node
{
    private readonly RoutingTable _table;
    private readonly TimeProvider _time;

    private Node(RoutingTable table, Catalog catalog, TimeProvider time) => (_table, Catalog, _time) = (table, catalog, time);

    public Catalog Catalog { get; }
    public RoutingTable Table => _table;

    /// <param name="kinds">The collections, under <c>x-stateway-collections</c>, of a document that may declare kinds; null: notes.</param>
    public static async Task<Node> StartAsync(IStore store, TimeProvider time, string? kinds = null)
    {
        string collections = kinds ?? """
            notes:
              schema: { type: object, properties: { text: { type: string }, state: { type: string, default: open, readOnly: true } } }
              unique: [text]
              actions:
                close: { when: resource.state == "open", set: { state: '"closed"' } }
            """;
        string document = "openapi: 3.1.0\ninfo: { title: Test, version: 1.0.0 }\npaths: {}\nx-stateway-collections:\n  " + collections.ReplaceLineEndings("\n  ");
        var files = new Dictionary<string, byte[]> { ["test.yaml"] = Encoding.UTF8.GetBytes(document) };
        var reading = ApiReader.Read([new("test", "test.yaml", files)], kinds: kinds is not null);
        Assert.Empty(reading.Errors);
        var api = reading.Apis[0];
        var catalog = new Catalog([api]);
        await store.DeclareAsync([IdempotencyRecords.Spec, .. catalog.ToSpecs()], CancellationToken.None);

        var watches = new Watches(store, new WatchOptions(), TimeProvider.System, NullLogger.Instance);
        watches.Follow(catalog);
        var services = new CollectionServices(store, new PageTokens(new byte[32], time), new GatewayLimits(), time, watches);
        var operations = api.Operations.Select(spec => Operation.Of(api, spec, TargetOf((TargetSpec.Collection)spec.Target))).ToList();
        var batch = new Operation("POST", "/_/batch", "batch", new BatchTarget(new RoutingTable(operations), "", catalog, services));
        return new(new RoutingTable([.. operations, batch]), catalog, time);

        CollectionTarget TargetOf(TargetSpec.Collection spec)
        {
            var collection = catalog[spec.StoreName];
            return new(collection, spec.Verb, services, collection.Declaration.Actions.FirstOrDefault(a => a.Name == spec.Action));
        }
    }

    /// <param name="headers">As <c>Name: value</c>.</param>
    public async Task<NodeAnswer> SendAsync(string method, string path, string? body, params string[] headers)
    {
        Assert.Equal(RoutingResult.Found, _table.Find(method, path.Split('?')[0], out var operation, out var match, out _));
        var http = new DefaultHttpContext();
        http.Request.Method = method;
        int query = path.IndexOf('?');
        http.Request.Path = query < 0 ? path : path[..query];
        if (query >= 0) http.Request.QueryString = new(path[query..]);
        foreach (string header in headers) http.Request.Headers.Append(header[..header.IndexOf(':')], header[(header.IndexOf(':') + 2)..]);
        if (body is not null)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(body);
            http.Request.ContentType ??= method == "PATCH" ? "application/merge-patch+json" : "application/json";
            http.Request.ContentLength = bytes.Length;
            http.Request.Body = new MemoryStream(bytes);
        }

        using var content = new MemoryStream();
        http.Response.Body = content;
        var problem = await operation!.Target.AnswerAsync(new Exchange(http, _time) { Operation = operation, Match = match });
        await http.Response.BodyWriter.FlushAsync();
        return new(http.Response.StatusCode, Encoding.UTF8.GetString(content.ToArray()), http.Response.Headers, problem);
    }
}

/// <param name="Problem">Null when it was answered.</param>
internal sealed record NodeAnswer(int Status, string Text, IHeaderDictionary Headers, Problem? Problem)
{
    public JsonNode Json => JsonNode.Parse(Text)!;

    public bool IsReplayed => Headers["Idempotency-Replayed"] == "true";

    public NodeAnswer Expect(int status)
    {
        Assert.True(Problem is null, Problem?.ToString());
        Assert.Equal(status, Status);
        return this;
    }

    public Problem Expect(ProblemType type)
    {
        Assert.Equal(type, Problem?.Type);
        return Problem!;
    }
}
