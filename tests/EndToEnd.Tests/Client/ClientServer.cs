using System.Net;
using System.Text;
using System.Text.Json;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Client;

/// <summary>
/// The real program, serving collections that are named like the management API's kinds, and the real commands against it, with
/// contexts of their own.
/// </summary>
internal sealed class ClientServer : IAsyncDisposable
{
    private static readonly string Kinds = Repository.Path("tests", "EndToEnd.Tests", "Client", "kinds.yaml");

    private readonly TempFolder _folder = new();
    private StatewayProgram _program = null!;

    private ClientServer() { }

    public static async Task<ClientServer> StartAsync()
    {
        var server = new ClientServer();
        Directory.CreateDirectory(server._folder.File("api"));
        File.Copy(Kinds, server._folder.File("api/kinds.yaml"));
        server._program = await StatewayProgram.RunAsync(server._folder.File("api"), server._folder.File("data"));
        return server;
    }

    public Uri Url => _program.Url;

    public string PathOf(string name) => _folder.File(name);

    /// <summary>Ends the server; its data stay.</summary>
    public async Task<string> StopAsync()
    {
        string listen = _program.Url.Authority;
        Assert.Equal(0, await _program.StopAsync());
        await _program.DisposeAsync();
        return listen;
    }

    public async Task StartAgainAsync(string listen) => _program = await StatewayProgram.RunAsync(_folder.File("api"), _folder.File("data"), listen);

    /// <summary>Writes a file, and gives its path.</summary>
    public string Write(string name, string text)
    {
        string path = _folder.File(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    public Dictionary<string, string> Variables(params (string Name, string Value)[] more)
    {
        var variables = new Dictionary<string, string> { ["STATEWAY_SERVER"] = Url.ToString(), ["STATEWAY_KEY"] = "", ["XDG_CONFIG_HOME"] = _folder.File("config"), ["NO_COLOR"] = "1" };
        foreach (var (name, value) in more) variables[name] = value;
        return variables;
    }

    /// <summary>Runs a command of the client to its end.</summary>
    public Task<(int ExitCode, string Out, string Error)> RunAsync(params string[] arguments) => StatewayProgram.CallAsync(Variables(), arguments);

    /// <summary>Runs one that must succeed.</summary>
    public async Task<string> DoneAsync(params string[] arguments)
    {
        var (code, output, error) = await RunAsync(arguments);
        Assert.True(code == 0, $"Exit code {code}: {error}{output}");
        return output;
    }

    /// <summary>Runs one that must fail with this exit code.</summary>
    public async Task<string> FailedAsync(int expected, params string[] arguments)
    {
        var (code, output, error) = await RunAsync(arguments);
        Assert.True(code == expected, $"Exit code {code}: {error}{output}");
        Assert.Contains("error: ", error, StringComparison.Ordinal);
        return error;
    }

    public async Task PutAsync(string path, string json)
    {
        using var answer = await _program.Http.PutAsync(path, new StringContent(json, Encoding.UTF8, "application/json"));
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    public async Task<JsonElement> GetAsync(string path) => JsonElement.Parse(await _program.Http.GetStringAsync(path));

    public async Task<bool> HasAsync(string path) => (await _program.Http.GetAsync(path)).StatusCode == HttpStatusCode.OK;

    /// <summary>How many versions a resource has had.</summary>
    public async Task<int> VersionsAsync(string path) => (await GetAsync(path + "/history")).GetProperty("results").GetArrayLength();

    public async ValueTask DisposeAsync()
    {
        await _program.DisposeAsync();
        _folder.Dispose();
    }
}
