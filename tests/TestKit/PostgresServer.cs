using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Stateway.TestKit;

/// <summary>
/// A real PostgreSQL of its own, in a temporary folder, on a free loopback port, durable as one in use. It refuses to run as root, so there
/// it runs as the user postgres. Gone when disposed.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    public const string User = "stateway";
    public const string Password = "geheim:/@ %41";
    public const string Database = "postgres";

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(30);

    private readonly TempFolder _folder = new();
    private readonly string[] _settings;
    private Process? _process;

    private PostgresServer(int port, string? data, string[] settings)
    {
        Port = port;
        Data = data ?? _folder.File("data");
        _settings = settings;
    }

    public int Port { get; }

    /// <summary>Where its data and its log of changes lie.</summary>
    public string Folder => _folder.Path;

    /// <summary>For Npgsql.</summary>
    public string ConnectionString =>
        $"Host=127.0.0.1;Port={Port};Username={User};Password=\"{Password}\";Database={Database};SSL Mode=Disable";

    /// <summary>For the command line.</summary>
    public string Url => $"postgres://{User}:{Uri.EscapeDataString(Password)}@127.0.0.1:{Port}/{Database}?sslmode=disable";

    /// <summary>Where PostgreSQL's programs are; null when it is not installed.</summary>
    public static string? Programs { get; } = FindPrograms();

    /// <exception cref="InvalidOperationException">PostgreSQL is not installed, or it does not start.</exception>
    public static Task<PostgresServer> StartAsync(params string[] settings) => StartAsync(null, settings);

    /// <param name="data">The folder of its data, such as one on a small disk; the log of changes, without which it can't go on, is kept elsewhere.</param>
    /// <param name="settings">More of PostgreSQL's own: <c>ssl=on</c>.</param>
    public static async Task<PostgresServer> StartAsync(string? data, string[] settings)
    {
        if (Programs is null) throw new InvalidOperationException("PostgreSQL is not installed: apt-get install postgresql.");

        var server = new PostgresServer(FreePort(), data, settings);
        try
        {
            string password = server._folder.File("password");
            await File.WriteAllTextAsync(password, Password);
            await GiveAsync(server._folder.Path);
            if (data is not null) await GiveAsync(Path.GetDirectoryName(data)!);

            await RunAsync(
                Path.Combine(Programs, "initdb"), "-D", server.Data, "-U", User, "-E", "UTF8", "--locale=C", "-A", "scram-sha-256",
                $"--pwfile={password}", "--no-sync", "--no-instructions", "--waldir", server._folder.File("wal"));
            await server.RestartAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it again, after <see cref="StopAsync"/> or <see cref="KillAsync"/>; returns when it answers.</summary>
    public async Task RestartAsync()
    {
        using var limit = new CancellationTokenSource(StartTimeout);
        while (!await TryStartAsync(limit.Token)) await Task.Delay(100, limit.Token); // processes of the one before may still be ending
    }

    /// <summary>Ends it, and every connection, at once but in order.</summary>
    public async Task StopAsync()
    {
        if (_process is null) return;
        using var limit = new CancellationTokenSource(StopTimeout);
        await SignalAsync("INT", [_process.Id]);
        await _process.WaitForExitAsync(limit.Token);
        Forget();
    }

    /// <summary>SIGKILL to all its processes: nothing is flushed, as in a power cut but for the disk's cache.</summary>
    public async Task KillAsync()
    {
        if (_process is null) return;
        await SignalAsync("KILL", [_process.Id, .. Children(_process.Id)]);
        await _process.WaitForExitAsync();
        Forget();
    }

    /// <summary>Runs SQL as the owner.</summary>
    /// <returns>The rows without headers, as psql prints them.</returns>
    public async Task<string> SqlAsync(string sql)
    {
        var start = new ProcessStartInfo(Path.Combine(Programs!, "psql")) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in (string[])["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", Text(Port), "-U", User, "-d", Database, "-c", sql])
            start.ArgumentList.Add(argument);
        start.Environment["PGPASSWORD"] = Password;
        return await OutputAsync(start);
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                _folder.Dispose();
                return;
            }
            catch (IOException) when (attempt < 50)
            {
                await Task.Delay(100); // a process that is just ending still writes
            }
        }
    }

    /// <summary>Makes a folder that of the user whom PostgreSQL runs as.</summary>
    public static async Task GiveAsync(string folder)
    {
        if (IsRoot) await RunAsync("chown", "-R", "postgres", folder);
    }

    private string Data { get; }

    private static bool IsRoot => Environment.UserName == "root";

    private async Task<bool> TryStartAsync(CancellationToken ct)
    {
        var start = Start(
            Path.Combine(Programs!, "postgres"), "-D", Data, "-p", Text(Port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
            "-c", "fsync=on", "-c", "synchronous_commit=on", "-c", "max_connections=300", "-c", "shared_buffers=64MB");
        foreach (string setting in _settings)
        {
            start.ArgumentList.Add("-c");
            start.ArgumentList.Add(setting);
        }

        var process = Process.Start(start)!;
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data?.Contains("ready to accept connections", StringComparison.Ordinal) == true) ready.TrySetResult();
        };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();

        var ended = process.WaitForExitAsync(ct);
        if (await Task.WhenAny(ready.Task, ended) == ended)
        {
            process.Dispose();
            ct.ThrowIfCancellationRequested();
            return false;
        }

        _process = process;
        return true;
    }

    private void Forget()
    {
        _process?.Dispose();
        _process = null;
    }

    private static List<int> Children(int parent)
    {
        var children = new List<int>();
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out int id)) continue;
            try
            {
                // Behind the name in parentheses: state, then the parent.
                string status = File.ReadAllText(Path.Combine(folder, "stat"));
                string[] fields = status[(status.LastIndexOf(')') + 2)..].Split(' ');
                if (int.Parse(fields[1], CultureInfo.InvariantCulture) == parent) children.Add(id);
            }
            catch (IOException)
            {
                // It has ended meanwhile.
            }
        }

        return children;
    }

    private static async Task SignalAsync(string name, IEnumerable<int> processes)
    {
        var start = new ProcessStartInfo("kill") { RedirectStandardError = true };
        start.ArgumentList.Add("-" + name);
        foreach (int process in processes) start.ArgumentList.Add(Text(process));
        using var kill = Process.Start(start)!;
        await kill.WaitForExitAsync(); // that one of them has ended by itself is no failure
    }

    private static Task<string> RunAsync(string program, params string[] arguments) =>
        OutputAsync(program == "chown" ? new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true } : Start(program, arguments));

    private static ProcessStartInfo Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(IsRoot ? "setpriv" : program) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" };
        if (IsRoot)
        {
            foreach (string argument in (string[])["--reuid=postgres", "--regid=postgres", "--init-groups", program]) start.ArgumentList.Add(argument);
        }

        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        return start;
    }

    private static async Task<string> OutputAsync(ProcessStartInfo start)
    {
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(StartTimeout);
        var error = process.StandardError.ReadToEndAsync(limit.Token);
        string output = await process.StandardOutput.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        return process.ExitCode == 0 ? output.TrimEnd('\n') : throw new InvalidOperationException($"{start.FileName} failed: {await error}");
    }

    private static string? FindPrograms()
    {
        const string Debian = "/usr/lib/postgresql";
        if (Directory.Exists(Debian))
        {
            var versions = Directory.GetDirectories(Debian).Select(folder => Path.Combine(folder, "bin")).Where(folder => File.Exists(Path.Combine(folder, "initdb")));
            if (versions.OrderByDescending(folder => folder, StringComparer.Ordinal).FirstOrDefault() is { } newest) return newest;
        }

        return Environment.GetEnvironmentVariable("PATH")?.Split(':').FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")));
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
