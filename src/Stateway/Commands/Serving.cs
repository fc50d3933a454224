using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Stateway.Hosting;
using Stateway.Model.Apis;

namespace Stateway.Commands;

/// <summary>What <c>run</c> and <c>serve</c> do: read, start, say where, follow the files, and drain when told to stop.</summary>
internal static class Serving
{
    /// <param name="chooseOptions">Null when something is wrong with them, and has been said.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string path, Func<ServerOptions?> chooseOptions)
    {
        long started = Stopwatch.GetTimestamp();
        if (FolderArgument.WhyNotReadable(path) is { } why)
        {
            Terminal.Error(why);
            return 1;
        }

        if (chooseOptions() is not { } options) return 1;

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

        using var loggers = LoggerFactory.Create(logging => logging.AddProvider(new ConsoleLog()));
        using var stop = new StopSignals();
        (Server? Server, string? Error) opening;
        try
        {
            opening = await Server.StartAsync(reading, options, loggers, TimeProvider.System, stop.Token);
        }
        catch (OperationCanceledException) when (stop.Token.IsCancellationRequested)
        {
            Terminal.Error("Stopped before it was ready.");
            return 1;
        }

        if (opening.Server is not { } server)
        {
            Terminal.Error(opening.Error!);
            return 1;
        }

        await using (server)
        {
            string url = $"http://{server.Endpoint}";
            foreach (var api in server.Stages.Select(stage => stage.Api))
                Terminal.Say($"{Terminal.Bold(api.Title)} {api.Version} at {Terminal.Bold(url + api.BasePath + "/")}  {Terminal.Dim($"{api.Operations.Length} operations, described at {api.BasePath}/openapi.json")}");
            Terminal.Say($"Management at {Terminal.Bold($"http://{server.ManagementEndpoint}/")}  {Terminal.Dim(server.Key.File is { } file ? $"with the key in {file}" : "with the key that another node wrote")}");
            Terminal.Say($"Ready in {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s. Press Ctrl-C to stop.");

            if (changes is not null) await server.FollowAsync(changes, path, stop.Token);
            else await Task.Delay(Timeout.Infinite, stop.Token).ContinueWith(static _ => { }, TaskScheduler.Default);
            Terminal.Say("Stopping: requests in flight are finished.");
        }

        return 0;
    }
}
