using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Stateway.TestKit;

/// <summary>The built program as a process of its own, on a free loopback port. Killed, at the latest, when disposed.</summary>
public sealed partial class StatewayProgram : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentBag<(string Text, TaskCompletionSource Seen)> _awaited = [];

    private StatewayProgram(Process process) => _process = process;

    /// <summary>Where it listens, such as <c>http://127.0.0.1:41234</c>.</summary>
    public Uri Url { get; private set; } = null!;

    public HttpClient Http { get; private set; } = null!;

    /// <summary>Where the management API listens.</summary>
    public Uri ManagementUrl { get; private set; } = null!;

    /// <summary>The file of the administrator's key; null when it lies on another node.</summary>
    public string? KeyFile { get; private set; }

    public int ProcessId => _process.Id;

    /// <summary>Everything it has written so far, standard output and error together.</summary>
    public string Output => string.Join('\n', _output);

    /// <summary>The program's file: <c>./stateway</c> builds it.</summary>
    public static string File { get; } = Repository.Path("artifacts", "stateway", "stateway");

    /// <summary>Serves a folder and returns when it is ready.</summary>
    /// <exception cref="InvalidOperationException">It ended instead; the message has its output.</exception>
    public static Task<StatewayProgram> RunAsync(string folder, string data, string listen = "127.0.0.1:0", params string[] more) =>
        ReadyAsync(Start(File, ["run", folder, "--listen", listen, "--data", data, .. more]));

    /// <summary>Runs a command that serves, such as <c>serve FOLDER --store URL</c>, and returns when it is ready.</summary>
    /// <param name="environment">Variables to set.</param>
    public static Task<StatewayProgram> ServeAsync(string[] arguments, IReadOnlyDictionary<string, string>? environment = null) =>
        ReadyAsync(Start(File, arguments, environment));

    /// <summary>Starts a command and returns at once.</summary>
    public static StatewayProgram StartCommand(string[] arguments, IReadOnlyDictionary<string, string>? environment = null) =>
        Start(File, arguments, environment);

    /// <summary>Completes when it is ready to serve.</summary>
    public Task ReadyAsync() => _ready.Task.WaitAsync(StartTimeout);

    /// <summary>The same, started by a shell that runs <paramref name="before"/> first.</summary>
    public static Task<StatewayProgram> RunInShellAsync(string before, string folder, string data) =>
        ReadyAsync(Start("sh", ["-c", before + "; exec \"$@\"", "sh", File, "run", folder, "--listen", "127.0.0.1:0", "--data", data]));

    private static async Task<StatewayProgram> ReadyAsync(StatewayProgram program)
    {
        try
        {
            await program._ready.Task.WaitAsync(StartTimeout);
            return program;
        }
        catch
        {
            await program.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a command to its end.</summary>
    public static Task<(int ExitCode, string Out, string Error)> CallAsync(params string[] arguments) => CallToolAsync(File, arguments);

    public static Task<(int ExitCode, string Out, string Error)> CallAsync(IReadOnlyDictionary<string, string> environment, params string[] arguments) =>
        CallToolAsync(File, arguments, environment);

    /// <summary>Runs another program to its end, such as one that runs this one on a terminal.</summary>
    public static Task<(int ExitCode, string Out, string Error)> CallToolAsync(string tool, params string[] arguments) =>
        CallToolAsync(tool, arguments, environment: null);

    private static async Task<(int ExitCode, string Out, string Error)> CallToolAsync(
        string tool, string[] arguments, IReadOnlyDictionary<string, string>? environment)
    {
        using var process = Process.Start(StartInfo(tool, arguments, environment))!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(StartTimeout);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw new TimeoutException($"{tool} {string.Join(' ', arguments)} did not end.");
        }

        return (process.ExitCode, await output, await error);
    }

    private static StatewayProgram Start(string tool, string[] arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var process = new Process { StartInfo = StartInfo(tool, arguments, environment), EnableRaisingEvents = true };
        var program = new StatewayProgram(process);
        process.OutputDataReceived += (_, e) => program.Hear(e.Data);
        process.ErrorDataReceived += (_, e) => program.Hear(e.Data);
        process.Exited += (_, _) => program._ready.TrySetException(new InvalidOperationException($"stateway ended with {process.ExitCode}:\n{program.Output}"));
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return program;
    }

    private static ProcessStartInfo StartInfo(string tool, string[] arguments, IReadOnlyDictionary<string, string>? environment)
    {
        var start = new ProcessStartInfo(tool, arguments)
        {
            RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, UseShellExecute = false,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        return start;
    }

    private void Hear(string? line)
    {
        if (line is null) return;

        _output.Enqueue(line);
        if (Address().Match(line) is { Success: true } address && Url is null)
        {
            Url = new Uri(address.Groups[1].Value);
            Http = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = Url };
        }

        if (Management().Match(line) is { Success: true } management)
        {
            ManagementUrl = new Uri(management.Groups[1].Value);
            if (management.Groups[2].Success) KeyFile = management.Groups[2].Value;
        }

        if (line.StartsWith("Ready", StringComparison.Ordinal)) _ready.TrySetResult();
        foreach (var (text, seen) in _awaited)
        {
            if (line.Contains(text, StringComparison.Ordinal)) seen.TrySetResult();
        }
    }

    /// <summary>A client of the management API that carries the administrator's key.</summary>
    public HttpClient Administrator()
    {
        var client = new HttpClient { BaseAddress = ManagementUrl };
        client.DefaultRequestHeaders.Authorization = new("Bearer", System.IO.File.ReadAllText(KeyFile!).Trim());
        return client;
    }

    /// <summary>Completes when a line with this text is written after this call.</summary>
    public Task LineAsync(string text)
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _awaited.Add((text, seen));
        return seen.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    /// <summary>Asks it to stop, as a service manager does, and waits for its end.</summary>
    public async Task<int> StopAsync()
    {
        await SignalAsync("TERM");
        return await EndAsync();
    }

    /// <param name="name">Such as INT, which is what Ctrl-C sends.</param>
    public async Task SignalAsync(string name)
    {
        using var signal = Process.Start("kill", ["-" + name, _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await signal.WaitForExitAsync();
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> EndAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(40));
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    /// <summary>SIGKILL: nothing is flushed, nothing is closed.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Http?.Dispose();
        if (!_process.HasExited) await KillAsync();
        _process.Dispose();
    }

    [GeneratedRegex(@"at (http://[0-9.\[\]:a-f]+)/")]
    private static partial Regex Address();

    [GeneratedRegex(@"^Management at (http://[^ ]+)(?:  with the key in (.+))?")]
    private static partial Regex Management();
}
