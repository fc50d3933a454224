using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Stateway.TestKit;

/// <summary>A real etcd in a temporary folder, on free ports of this machine; gone with its folder when the test ends.</summary>
public sealed class EtcdServer : IAsyncDisposable
{
    private static readonly TimeSpan _startTimeout = TimeSpan.FromSeconds(30);

    private readonly TempFolder _folder = new();
    private readonly string[] _arguments;
    private readonly int _peerPort = FreePort();
    private readonly HttpClient _http;
    private readonly Certificates? _certificates;
    private Process? _process;

    private EtcdServer(Certificates? certificates, string[] arguments)
    {
        _certificates = certificates;
        _arguments = arguments;
        var handler = new SocketsHttpHandler();
        if (certificates is not null)
        {
            // It is our own etcd, whatever it shows; who is refused is for the program to find out.
            handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
            handler.SslOptions.ClientCertificates = [X509Certificate2.CreateFromPemFile(certificates.Client, certificates.ClientKey)];
        }

        _http = new(handler);
    }

    private string Scheme => _certificates is null ? "http" : "https";

    private int Port { get; } = FreePort();

    /// <summary><c>host:port</c>.</summary>
    public string Endpoint => $"127.0.0.1:{Port}";

    /// <summary>Where its data and its log of changes lie.</summary>
    public string Folder => _folder.Path;

    /// <summary>Whether there is an etcd to be started.</summary>
    public static bool IsInstalled { get; } =
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, "etcd")));

    /// <param name="arguments">More of etcd's own: <c>--quota-backend-bytes=20000000</c>.</param>
    public static Task<EtcdServer> StartAsync(params string[] arguments) => StartAsync(null, arguments);

    /// <param name="certificates">It speaks TLS with those, and only to clients that have one, too.</param>
    public static async Task<EtcdServer> StartAsync(Certificates? certificates, params string[] arguments)
    {
        var server = new EtcdServer(certificates, arguments);
        await server.RestartAsync();
        return server;
    }

    /// <summary>Starts it again on the same data and the same port.</summary>
    public async Task RestartAsync()
    {
        if (_process is { HasExited: false }) await KillAsync();

        string client = $"{Scheme}://{Endpoint}", peer = $"http://127.0.0.1:{_peerPort}";
        var start = new ProcessStartInfo("etcd")
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            ArgumentList =
            {
                "--data-dir", _folder.File("data"), "--listen-client-urls", client, "--advertise-client-urls", client,
                "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", "default=" + peer,
            },
        };
        foreach (string argument in _arguments) start.ArgumentList.Add(argument);
        if (_certificates is not null)
        {
            foreach (string argument in (string[])[
                "--client-cert-auth", "--cert-file", _certificates.Server, "--key-file", _certificates.ServerKey, "--trusted-ca-file", _certificates.Authority])
                start.ArgumentList.Add(argument);
        }

        var process = Process.Start(start) ?? throw new InvalidOperationException("etcd does not start.");
        _process = process;

        // Nobody reads them, but a full pipe would stop it.
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();

        long begun = Stopwatch.GetTimestamp();
        while (!await IsReadyAsync())
        {
            if (process.HasExited || Stopwatch.GetElapsedTime(begun) > _startTimeout) throw new InvalidOperationException("etcd does not come up.");
            await Task.Delay(20);
        }
    }

    /// <summary>Starts it without its data, on the same port.</summary>
    public async Task RestartEmptyAsync()
    {
        await KillAsync();
        Directory.Delete(_folder.File("data"), recursive: true);
        await RestartAsync();
    }

    /// <summary>Ends it at once, as a power cut does.</summary>
    public async Task KillAsync()
    {
        if (_process is not { } process) return;
        _process = null;
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    /// <summary>Asks it to end, as a service manager does.</summary>
    public async Task StopAsync()
    {
        if (_process is not { } process) return;
        _process = null;
        await StatewayProgram.CallToolAsync("kill", "-TERM", $"{process.Id}");
        using var limit = new CancellationTokenSource(_startTimeout);
        await process.WaitForExitAsync(limit.Token);
        process.Dispose();
    }

    /// <summary>Stops it where it stands, so that connections hang; or lets it go on.</summary>
    public Task PauseAsync(bool isPaused) =>
        StatewayProgram.CallToolAsync("kill", isPaused ? "-STOP" : "-CONT", $"{_process!.Id}"); // it runs

    /// <summary>Calls its JSON gateway.</summary>
    public async Task<string> CallAsync(string path, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var response = await _http.PostAsync($"{Scheme}://{Endpoint}{path}", content);
        return await response.Content.ReadAsStringAsync();
    }

    /// <summary>Runs <c>etcdctl</c> against it.</summary>
    public async Task<string> ControlAsync(params string[] arguments)
    {
        var (code, output, error) = await StatewayProgram.CallToolAsync("etcdctl", ["--endpoints", Endpoint, .. arguments]);
        return code == 0 ? output : throw new InvalidOperationException(error);
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _http.Dispose();
        _folder.Dispose();
    }

    private async Task<bool> IsReadyAsync()
    {
        try
        {
            // An answer that went through the consensus; without credentials a refusal is one, too.
            string answer = await CallAsync("/v3/kv/range", """{"key":"YQ=="}""");
            return answer.Contains("\"header\"", StringComparison.Ordinal) || answer.Contains("user name is empty", StringComparison.Ordinal);
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
