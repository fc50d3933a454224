using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Management;

/// <summary>A program over one of the engines, a service behind it that tells what it is sent, and a document between them.</summary>
internal sealed class SecretServer : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly TaskCompletionSource _breakOff = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private PostgresServer? _postgres;
    private EtcdServer? _etcd;
    private WebApplication? _service;

    private SecretServer() { }

    public StatewayProgram Program { get; private set; } = null!;
    public Administrator Administrator { get; private set; } = null!;

    /// <summary>Of the service.</summary>
    public string Backend { get; private set; } = "";

    public string Data => Store is null ? _folder.File("data") : _folder.File("api/.stateway");
    public string MasterKey => Path.Combine(Data, "master.key");

    /// <summary>Another server's; null when the program has its own.</summary>
    private string? Store => _postgres?.Url ?? (_etcd is null ? null : $"etcd://{_etcd.Endpoint}");

    public string File(string name) => _folder.File(name);

    /// <param name="engine"><c>sqlite</c>; or <c>postgres</c> or <c>etcd</c>, which skip the test where they are not installed.</param>
    public static async Task<SecretServer> StartAsync(string engine)
    {
        Assert.SkipWhen(engine == "postgres" && PostgresServer.Programs is null, "PostgreSQL is not installed");
        Assert.SkipWhen(engine == "etcd" && !EtcdServer.IsInstalled, "etcd is not installed");
        var server = new SecretServer();
        if (engine == "postgres") server._postgres = await PostgresServer.StartAsync();
        if (engine == "etcd") server._etcd = await EtcdServer.StartAsync();

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        server._service = builder.Build();
        server._service.Run(server.TellAsync);
        await server._service.StartAsync();
        server.Backend = server._service.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

        await System.IO.File.WriteAllTextAsync(Path.Combine(Directory.CreateDirectory(server._folder.File("api")).FullName, "shop.yaml"), Document());
        await server.StartProgramAsync();
        return server;
    }

    public static string Document(string token = "{ default: none }", string version = "1") => $$"""
        openapi: 3.1.0
        info: { title: Shop, version: "{{version}}" }
        servers: [ { url: /shop } ]
        x-stateway-variables: { backend: { default: 'http://127.0.0.1:9' }, token: {{token}} }
        paths:
          /echo/{id}:
            get:
              parameters: [ { name: id, in: path, required: true, schema: { type: string } } ]
              x-stateway-target: { http: '{stage.backend}/e/{id}/{stage.token}?t={stage.token}', headers: { set: { X-Token: 'Bearer {stage.token}' } } }
              responses: { '200': { description: What the service was sent. } }
        """;

    public async Task StartProgramAsync(params string[] more)
    {
        Administrator?.Dispose();
        Program = await NodeAsync(null, more);
        Administrator = new(Program);
    }

    /// <summary>One more program.</summary>
    public Task<StatewayProgram> NodeAsync(IReadOnlyDictionary<string, string>? environment, params string[] more) =>
        StatewayProgram.ServeAsync(Arguments(more), environment);

    public string[] Arguments(params string[] more) => Store is null
        ? ["run", _folder.File("api"), "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data", Data, .. more]
        : ["serve", _folder.File("api"), "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--store", Store, .. more];

    /// <summary>A command of the same program, as an administrator of this server.</summary>
    public Dictionary<string, string> Environment => new()
    {
        ["STATEWAY_SERVER"] = Program.ManagementUrl.ToString().TrimEnd('/'),
        ["STATEWAY_KEY"] = System.IO.File.ReadAllText(Path.Combine(Data, "administrator.key")).Trim(),
    };

    public Task<(int ExitCode, string Out, string Error)> CallAsync(params string[] arguments) => StatewayProgram.CallAsync(Environment, arguments);

    public Task SetAsync(string name, string value) => Administrator.SendAsync("PUT", $"/secrets/{name}", new JsonObject { ["value"] = value });

    public async Task UseAsync(string secret, string stage = "/apis/shop/stages/live")
    {
        var (status, body) = await Administrator.SendAsync("PATCH", stage,
            new JsonObject { ["variables"] = new JsonObject { ["backend"] = Backend, ["token"] = new JsonObject { ["secret"] = secret } } });
        Assert.True((int)status == 200, body?.ToJsonString());
    }

    /// <summary>Waits until the service is sent this value.</summary>
    public Task SeesAsync(string value) =>
        Administrator.UntilAsync(Program.Http, "/shop/echo/1", System.Net.HttpStatusCode.OK, $"Bearer {value} /e/1/{Uri.EscapeDataString(value)}?t={Uri.EscapeDataString(value)}");

    /// <summary>Ends the service's answers that have begun.</summary>
    public void BreakOff() => _breakOff.TrySetResult();

    public Task StopServiceAsync() => _service!.StopAsync();

    /// <summary>Ends the program without any care, and etcd, which lets nobody else read its files.</summary>
    public async Task KillAsync()
    {
        await Program.KillAsync();
        if (_etcd is not null) await _etcd.KillAsync();
    }

    /// <summary>Where a text, also in base64 and in hex, lies on the disk: in the folders of the program and of the database.</summary>
    public IEnumerable<string> FilesWith(string text)
    {
        byte[][] forms = [.. Forms(text).Select(Encoding.UTF8.GetBytes)];
        var files = new[] { _folder.Path, _postgres?.Folder, _etcd?.Folder }.OfType<string>().SelectMany(folder => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories));
        foreach (string file in files)
        {
            if (new FileInfo(file) is not { Exists: true, Length: > 0 } || (System.IO.File.GetAttributes(file) & (FileAttributes.Device | FileAttributes.ReparsePoint)) != 0) continue;

            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            byte[] bytes = new byte[stream.Length];
            int count = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (forms.Any(form => bytes.AsSpan(0, count).IndexOf(form) >= 0)) yield return file;
        }
    }

    /// <summary>What a text may look like in another: itself, in hex, and in base64 wherever it begins in that.</summary>
    public static string[] Forms(string text)
    {
        byte[] plain = Encoding.UTF8.GetBytes(text);

        // Of a text in the middle of another the first and the last characters depend on its neighbours.
        var base64 = Enumerable.Range(0, 3).Select(before => Convert.ToBase64String([.. new byte[before], .. plain])[(before == 0 ? 0 : 4)..].TrimEnd('=')[..^1]);
        return [text, Convert.ToHexStringLower(plain), Convert.ToHexString(plain), .. base64];
    }

    /// <summary>The service: tells the token, path and query that it is sent; of what is named broken it tells the beginning, and breaks off when it is told.</summary>
    private async Task TellAsync(HttpContext http)
    {
        if (!http.Request.Path.StartsWithSegments("/e/broken"))
        {
            await http.Response.WriteAsync($"{http.Request.Headers["X-Token"]} {http.Request.Path}{http.Request.QueryString}");
            return;
        }

        http.Response.ContentLength = 1_000;
        await http.Response.WriteAsync("The beginning");
        await _breakOff.Task.WaitAsync(http.RequestAborted);
        http.Abort();
    }

    public async ValueTask DisposeAsync()
    {
        Administrator?.Dispose();
        if (Program is not null) await Program.DisposeAsync();
        if (_service is not null) await _service.DisposeAsync();
        if (_postgres is not null) await _postgres.DisposeAsync();
        if (_etcd is not null) await _etcd.DisposeAsync();
        _folder.Dispose();
    }
}
