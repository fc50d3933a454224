using Microsoft.Extensions.Logging;
using Stateway.Store;
using Stateway.Store.Sqlite;

namespace Stateway.Stores;

/// <summary>The engine behind each form of a store's URL.</summary>
internal static partial class StoreEngines
{
    private static readonly TimeSpan PauseFirst = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(2);

    public static Task<StoreOpening> OpenAsync(StoreUrl url) => url switch
    {
        StoreUrl.Sqlite sqlite => SqliteStore.OpenAsync(sqlite.Path, new SqliteStoreOptions()),
        _ => throw new ArgumentOutOfRangeException(nameof(url)),
    };

    /// <summary>The same for a server, which may be started before its database: tries again for <paramref name="patience"/>.</summary>
    public static async Task<StoreOpening> OpenAsync(StoreUrl url, TimeSpan patience, ILogger logger, TimeProvider time, CancellationToken ct)
    {
        long started = time.GetTimestamp();
        for (var pause = PauseFirst; ; pause = pause * 2 < PauseMax ? pause * 2 : PauseMax)
        {
            ct.ThrowIfCancellationRequested();
            var opening = await OpenAsync(url);
            if (opening is not StoreOpening.Refused { Reason: StoreRefusal.Unreachable } refused || time.GetElapsedTime(started) + pause > patience)
                return opening;

            if (pause == PauseFirst) Log.Waiting(logger, url, refused.Message, (int)patience.TotalSeconds);
            await Task.Delay(pause, time, ct);
        }
    }

    /// <summary>What a command reads must be there: opening alone would make an empty one.</summary>
    /// <returns>One line when it isn't.</returns>
    public static string? WhyMissing(StoreUrl url)
    {
        if (url is not StoreUrl.Sqlite { Path: var path }) return null;

        string file = path.EndsWith(".db", StringComparison.OrdinalIgnoreCase) ? path : Path.Combine(path, "store.db");
        return File.Exists(file) ? null : $"{url}: there is no store here ({file} is missing).";
    }

    private static partial class Log
    {
        [LoggerMessage(2301, LogLevel.Warning, "The store {Url} can't be opened yet: {Reason} It is tried again for {Seconds} s.")]
        public static partial void Waiting(ILogger logger, StoreUrl url, string reason, int seconds);
    }
}
