using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Management;

/// <summary>A program that listens for HTTPS, too, with two deployments of an API at hand, and an authority for certificates.</summary>
internal sealed partial class DomainProgram : IAsyncDisposable
{
    private readonly TempFolder _folder = new();

    private DomainProgram() { }

    public StatewayProgram Program { get; private set; } = null!;

    public Administrator Administrator { get; private set; } = null!;

    public Authority Authority { get; } = new("Test authority");

    public int Port => Program.Url.Port;

    public int SecurePort { get; private set; }

    /// <param name="configuration">Beside where it listens.</param>
    /// <param name="document">Of the API that both deployments are of; null for one that says which it is.</param>
    public static async Task<DomainProgram> StartAsync(string configuration = "", string? store = null, string? document = null)
    {
        var made = new DomainProgram();
        try
        {
            Directory.CreateDirectory(made._folder.File("api"));
            await File.WriteAllTextAsync(made.PathOf("api/other.yaml"), Documents.Of("Other", "things: { schema: { type: object } }"));
            await File.WriteAllTextAsync(made.PathOf("stateway.yaml"), configuration);
            await File.WriteAllTextAsync(made.PathOf("ca.pem"), made.Authority.Pem);
            await made.StartAgainAsync(store);
            await made.Administrator.DeployAsync("notes", "v1", document ?? Administrator.Document("1"));
            await made.Administrator.DeployAsync("notes", "v2", document ?? Administrator.Document("2"));
            await made.Administrator.ExpectAsync(HttpStatusCode.Created, "PUT", "/apis/notes/stages/live", Stage("v1", "/one"));
            await made.Administrator.ExpectAsync(HttpStatusCode.Created, "PUT", "/apis/notes/stages/dev", Stage("v2", "/two"));
            return made;
        }
        catch
        {
            await made.DisposeAsync();
            throw;
        }
    }

    /// <summary>Another node, for the same folder.</summary>
    public static async Task<DomainProgram> JoinAsync(DomainProgram other, string store)
    {
        var made = new DomainProgram();
        await File.WriteAllTextAsync(made.PathOf("stateway.yaml"), "");
        await File.WriteAllTextAsync(made.PathOf("ca.pem"), made.Authority.Pem);
        await made.StartAgainAsync(store, other.PathOf("api"));
        return made;
    }

    /// <summary>Another process over the same data.</summary>
    public async Task StartAgainAsync(string? store = null, string? served = null)
    {
        if (Program is not null) await Program.DisposeAsync();
        Program = await StatewayProgram.ServeAsync(["serve", served ?? PathOf("api"), "--listen", "127.0.0.1:0", "--tls", "127.0.0.1:0", "--admin", "127.0.0.1:0",
            "--config", PathOf("stateway.yaml"), "--store", store ?? "sqlite:" + PathOf("data")]);
        Administrator = new(Program);
        SecurePort = int.Parse(Secure().Match(Program.Output).Groups[1].ValueSpan, System.Globalization.CultureInfo.InvariantCulture);
    }

    public string PathOf(string name) => _folder.File(name);

    public static JsonObject Stage(string deployment, string path) => new() { ["deployment"] = deployment, ["path"] = path };

    public static JsonArray Paths(params (string Path, string Stage)[] paths) =>
        [.. paths.Select(each => (JsonNode)new JsonObject { ["path"] = each.Path, ["stage"] = each.Stage })];

    /// <summary>Makes a domain that shows a certificate of its own.</summary>
    public Task SecureAsync(string host, string stage, JsonObject? more = null)
    {
        WriteCertificate(host, Authority.Issue(host));
        var domain = new JsonObject { ["paths"] = Paths(("", stage)), ["tls"] = new JsonObject { ["certificate"] = PathOf(host + ".pem"), ["key"] = PathOf(host + ".key") } };
        foreach (var (name, value) in more ?? []) domain[name] = value?.DeepClone();
        return Administrator.ExpectAsync(HttpStatusCode.Created, "PUT", "/domains/" + host, domain);
    }

    public void WriteCertificate(string host, Issued issued)
    {
        File.WriteAllText(PathOf(host + ".key"), issued.Key);
        File.WriteAllText(PathOf(host + ".pem"), issued.Pem);
    }

    /// <summary>Files of a client's certificate, as curl takes them.</summary>
    public string[] WriteClient(string name, Issued issued)
    {
        WriteCertificate(name, issued);
        return ["--cert", PathOf(name + ".pem"), "--key", PathOf(name + ".key")];
    }

    /// <summary>curl to a host by its name, over HTTPS.</summary>
    public Task<Curled> SecurelyAsync(string host, string path, params string[] more) => CurlAsync($"https://{host}:{SecurePort}{path}", host, SecurePort, more);

    /// <summary>curl to a host by its name, over HTTP.</summary>
    public Task<Curled> OpenlyAsync(string host, string path, params string[] more) => CurlAsync($"http://{host}:{Port}{path}", host, Port, more);

    /// <summary>Asks until it is so.</summary>
    public static async Task<Curled> UntilAsync(Func<Task<Curled>> ask, Func<Curled, bool> isSo)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            var answer = await ask();
            if (isSo(answer)) return answer;
            Assert.False(patience.IsCancellationRequested, $"To the end it was {answer}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        Administrator?.Dispose();
        if (Program is not null) await Program.DisposeAsync();
        _folder.Dispose();
    }

    private async Task<Curled> CurlAsync(string url, string host, int port, string[] more)
    {
        var (code, output, error) = await StatewayProgram.CallToolAsync("curl", ["-sS", "-i", "--noproxy", "*", "--max-time", "20", "--resolve", $"{host}:{port}:127.0.0.1",
            "--cacert", PathOf("ca.pem"), .. more, url]);
        return new(code, output, error);
    }

    [GeneratedRegex(@"HTTPS at https://127\.0\.0\.1:([0-9]+)")]
    private static partial Regex Secure();
}

/// <param name="Code">0 when there was an answer.</param>
/// <param name="Text">The answer's header section and content.</param>
internal sealed record Curled(int Code, string Text, string Error)
{
    /// <summary>0 without an answer.</summary>
    public int Status => Code == 0 ? int.Parse(Text.AsSpan(Text.IndexOf(' ') + 1, 3), System.Globalization.CultureInfo.InvariantCulture) : 0;

    public bool IsHttp2 => Text.StartsWith("HTTP/2 ", StringComparison.Ordinal);

    public string Content => Text.IndexOf("\r\n\r\n", StringComparison.Ordinal) is var end and >= 0 ? Text[(end + 4)..] : "";

    public override string ToString() => $"{Code} {Error} {Text}";

    /// <returns>Null when there is no such field.</returns>
    public string? Field(string name) =>
        Text.Split("\r\n").TakeWhile(line => line.Length > 0).FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim();
}
