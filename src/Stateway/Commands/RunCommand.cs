using System.CommandLine;
using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Stateway.Hosting;
using Stateway.Model.Apis;

namespace Stateway.Commands;

/// <summary><c>stateway run FOLDER|FILE</c>: serves every document of a folder until it is told to stop.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var path = PathArgument();
        var listen = new Option<string>("--listen")
        {
            Description = "Address and port to listen on; port 0 takes a free one.", HelpName = "ADDRESS:PORT", DefaultValueFactory = _ => "127.0.0.1:8080",
        };
        var data = new Option<string?>("--data")
        {
            Description = "Folder that the data is kept in [default: .stateway in the folder that is served].", HelpName = "DIR",
        };
        listen.Validators.Add(result =>
        {
            if (!TryParseEndpoint(result.GetValueOrDefault<string>(), out _))
                result.AddError($"--listen is \"{result.GetValueOrDefault<string>()}\"; it must be ADDRESS:PORT, such as 127.0.0.1:8080, [::1]:8080 or localhost:8080.");
        });

        var command = new Command("run", "Serves every OpenAPI document of a folder, and follows changes of its files.") { path, listen, data };
        command.SetAction((parsed, _) =>
        {
            TryParseEndpoint(parsed.GetValue(listen), out var endpoint);
            return RunAsync(parsed.GetValue(path)!, endpoint!, parsed.GetValue(data));
        });
        return command;
    }

    public static Argument<string> PathArgument()
    {
        var path = new Argument<string>("FOLDER|FILE") { Description = "A folder of OpenAPI documents (.yaml, .yml, .json), or one document." };
        path.Validators.Add(result =>
        {
            // The library takes an option that it does not know for the folder.
            if (result.Tokens is [{ Value: ['-', ..] option }, ..]) result.AddError($"Unrecognized option '{option}'.");
        });
        return path;
    }

    public static string? WhyNotReadable(string path) =>
        Directory.Exists(path) || File.Exists(path) ? null : $"{path}: there is no such folder or file.";

    private static async Task<int> RunAsync(string path, IPEndPoint endpoint, string? data)
    {
        long started = Stopwatch.GetTimestamp();
        if (WhyNotReadable(path) is { } why)
        {
            Terminal.Error(why);
            return 1;
        }

        using var changes = FileChanges.Of(path, out string? whyNot);
        if (changes is null) Terminal.Warning($"Changes of the files are not followed: {whyNot}");

        var reading = ApiReader.Read(path);
        Terminal.Report(reading);
        if (reading.Errors.Count > 0) return 1;
        if (reading.Apis.Count == 0)
        {
            Terminal.Error($"{path}: there is no OpenAPI document here (a .yaml, .yml or .json file with a top-level openapi member).");
            return 1;
        }

        string folder = Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path))!;
        using var loggers = LoggerFactory.Create(logging => logging.AddProvider(new ConsoleLog()));
        using var stopping = new CancellationTokenSource();

        var opening = await Server.StartAsync(reading, endpoint, data ?? Path.Combine(folder, ".stateway"), loggers, TimeProvider.System);
        if (opening.Server is not { } server)
        {
            Terminal.Error(opening.Error!);
            return 1;
        }

        await using (server)
        {
            using var interrupted = OnSignal(PosixSignal.SIGINT, stopping);
            using var terminated = OnSignal(PosixSignal.SIGTERM, stopping);

            string url = $"http://{server.Endpoint}";
            foreach (var api in server.Apis)
                Terminal.Say($"{Terminal.Bold(api.Title)} {api.Version} at {Terminal.Bold(url + api.BasePath + "/")}  {Terminal.Dim($"{api.Operations.Length} operations, described at {api.BasePath}/openapi.json")}");
            Terminal.Say($"Ready in {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s. Press Ctrl-C to stop.");

            if (changes is not null) await server.FollowAsync(changes, path, stopping.Token);
            else await Task.Delay(Timeout.Infinite, stopping.Token).ContinueWith(static _ => { }, TaskScheduler.Default);
            Terminal.Say("Stopping: requests in flight are finished.");
        }

        return 0;
    }

    private static PosixSignalRegistration OnSignal(PosixSignal signal, CancellationTokenSource stopping) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            // The first asks to drain; the second, when somebody can't wait, ends the process as usual.
            context.Cancel = !stopping.IsCancellationRequested;
            stopping.Cancel();
        });

    private static bool TryParseEndpoint(string? text, out IPEndPoint? endpoint)
    {
        endpoint = null;
        if (text is null) return false;
        if (text.StartsWith("localhost:", StringComparison.OrdinalIgnoreCase)) text = "127.0.0.1:" + text["localhost:".Length..];
        int colon = text.LastIndexOf(':');
        return colon > 0 && int.TryParse(text[(colon + 1)..], out int port) && port is >= 0 and <= 65535
            && (!text[..colon].Contains(':') || text[0] == '[') && IPEndPoint.TryParse(text, out endpoint);
    }
}
