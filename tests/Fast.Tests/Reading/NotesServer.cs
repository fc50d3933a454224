using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Stateway.Collections.Watching;
using Stateway.Collections;
using Stateway.Collections.Reading;
using Stateway.Fast.Tests.Apis;
using Stateway.Gateway;
using Stateway.Model.Apis;
using Stateway.Model.Problems;
using Stateway.Store;
using Stateway.Store.Sqlite;
using Stateway.TestKit;
using Xunit;

namespace Stateway.Fast.Tests.Reading;

/// <summary>The targets of a collection <c>notes</c> with children <c>lines</c>, over a real store; without a web server, and with a clock to turn.</summary>
internal sealed class NotesServer : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly Dictionary<string, CollectionTarget> _targets = [];

    public ManualTime Time { get; } = new();
    public IStore Store { get; private set; } = null!;

    public static async Task<NotesServer> StartAsync()
    {
        var server = new NotesServer();
        var opened = Assert.IsType<StoreOpening.Opened>(await SqliteStore.OpenAsync(server._folder.File("data"), new SqliteStoreOptions()));
        server.Store = opened.Store;
        var api = DocumentFolder.Read("notes.yaml", """
            openapi: 3.1.0
            info: { title: T, version: '1' }
            x-stateway-collections:
              notes:
                schema: { type: object, properties: { text: { type: string }, secret: { type: string, writeOnly: true }, other: { type: string, x-stateway-reference: notes } } }
                order: [text]
                children: { lines: { schema: { type: object, properties: { text: { type: string } } } } }
            paths: {}
            """).Apis[0];
        var catalog = new Catalog([api]);
        await server.Store.DeclareAsync(catalog.ToSpecs(), CancellationToken.None);
        var services = new CollectionServices(server.Store, new PageTokens(new byte[32], server.Time), new GatewayLimits(), server.Time,
            new Watches(server.Store, new WatchOptions(), server.Time, NullLogger.Instance));
        foreach (var operation in api.Operations)
        {
            var target = (TargetSpec.Collection)operation.Target;
            server._targets[$"{operation.Method} {operation.OperationId}"] = new(catalog[target.StoreName], target.Verb, services);
        }

        return server;
    }

    /// <param name="operation">Such as <c>GET listNotes</c>.</param>
    /// <param name="path">The ids, with slashes between.</param>
    public async Task<(int Status, JsonNode? Json, IHeaderDictionary Headers, Problem? Problem)> SendAsync(string operation, string path = "", string query = "", string? body = null)
    {
        var http = new DefaultHttpContext { Request = { Method = operation[..operation.IndexOf(' ')], QueryString = new(query) } };
        var content = new MemoryStream();
        http.Response.Body = content;
        if (body is not null)
        {
            http.Request.ContentType = "application/json";
            http.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(body));
            http.Request.ContentLength = http.Request.Body.Length;
        }

        string[] ids = path.Length == 0 ? [] : path.Split('/');
        var exchange = new Exchange(http, Time) { Match = new(new string[ids.Length], ids) };
        var problem = await _targets[operation].AnswerAsync(exchange);
        await http.Response.BodyWriter.FlushAsync();
        return (problem?.Type.Status ?? http.Response.StatusCode, content.Length == 0 ? null : JsonNode.Parse(content.ToArray()), http.Response.Headers, problem);
    }

    public async Task PutAsync(string id, string body) => Assert.Contains((await SendAsync("PUT replaceNote", id, body: body)).Status, (int[])[200, 201]);

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        _folder.Dispose();
    }
}
