using System.Data.Common;
using Microsoft.Extensions.Logging;
using Stateway.Store;
using Stateway.Store.Etcd;
using Stateway.Store.Postgres;
using Stateway.Store.Sqlite;

namespace Stateway.Stores;

/// <summary>The engine behind each form of a store's URL.</summary>
internal static partial class StoreEngines
{
    private static readonly TimeSpan PauseFirst = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(2);

    public static Task<StoreOpening> OpenAsync(StoreUrl url)
    {
        if (WhyUnreadable(url) is { } why) return Task.FromResult<StoreOpening>(new StoreOpening.Refused(StoreRefusal.NoAccess, why));

        return url switch
        {
            StoreUrl.Sqlite sqlite => SqliteStore.OpenAsync(sqlite.Path, new SqliteStoreOptions()),
            StoreUrl.Postgres postgres => PostgresStore.OpenAsync(OptionsOf(postgres)),
            StoreUrl.Etcd etcd => EtcdStore.OpenAsync(OptionsOf(etcd)),
            _ => throw new ArgumentOutOfRangeException(nameof(url)),
        };
    }

    private static PostgresStoreOptions OptionsOf(StoreUrl.Postgres url)
    {
        var connection = new DbConnectionStringBuilder
        {
            ["Host"] = url.Host,
            ["Port"] = url.Port,
            ["Username"] = url.User,
            ["Database"] = url.Database,
            ["SSL Mode"] = url.SslMode.ToString(),
        };
        Add("Password", url.Password);
        Add("Root Certificate", url.SslRootCert);
        Add("SSL Certificate", url.SslCert);
        Add("SSL Key", url.SslKey);
        Add("Application Name", url.ApplicationName);

        var options = new PostgresStoreOptions { ConnectionString = connection.ConnectionString };
        if (url.Schema is { } schema) options = options with { Schema = schema };
        if (url.ConnectTimeout is { } timeout) options = options with { ConnectTimeout = timeout };
        if (url.PoolMaxConns is { } connections) options = options with { ReadersMax = connections };
        return options;

        void Add(string name, string? value)
        {
            if (value is not null) connection[name] = value;
        }
    }

    private static EtcdStoreOptions OptionsOf(StoreUrl.Etcd url)
    {
        var options = new EtcdStoreOptions
        {
            Endpoints = [.. url.Endpoints.Select(endpoint => $"{(endpoint.Host.Contains(':') ? $"[{endpoint.Host}]" : endpoint.Host)}:{endpoint.Port}")],
            User = url.User,
            Password = url.Password,
            IsTls = url.IsTls,
            CaFile = url.Ca,
            CertFile = url.Cert,
            KeyFile = url.Key,
        };
        return url.Prefix.Length == 0 ? options : options with { Prefix = url.Prefix };
    }

    /// <summary>What TLS needs is read when a connection is made, and a driver's words about a missing file are hard to read.</summary>
    private static string? WhyUnreadable(StoreUrl url)
    {
        (string Name, string? File)[] files = url switch
        {
            StoreUrl.Postgres postgres => [("sslrootcert", postgres.SslRootCert), ("sslcert", postgres.SslCert), ("sslkey", postgres.SslKey)],
            StoreUrl.Etcd etcd => [("ca", etcd.Ca), ("cert", etcd.Cert), ("key", etcd.Key)],
            _ => [],
        };
        foreach (var (name, file) in files)
        {
            if (file is null) continue;

            try
            {
                using var stream = File.OpenRead(file);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return $"{url}: {name} can't be read: {e.Message}";
            }
        }

        return null;
    }

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

        bool isFile = path.EndsWith(".db", StringComparison.Ordinal) && !Directory.Exists(path); // as the engine has it
        string file = isFile ? path : Path.Combine(path, "store.db");
        return File.Exists(file) ? null : $"{url}: there is no store here ({file} is missing).";
    }

    /// <summary>The same for a store that has been opened. Nothing of a store that was ever served or filled is without a commit.</summary>
    /// <returns>One line when nothing was ever written to it, or it can't be read.</returns>
    public static async Task<string?> WhyEmptyAsync(IStore store, StoreUrl url, CancellationToken ct)
    {
        try
        {
            if ((await store.ReadStateAsync(ct)).Revision > 0) return null;
        }
        catch (StoreUnavailableException e)
        {
            return $"The store {url} can't be read: {e.Message}";
        }

        string where = url switch
        {
            StoreUrl.Postgres postgres => $"; check the database, and schema, which is {postgres.Schema ?? "stateway"}",
            StoreUrl.Etcd { Prefix: "" } => "; check the prefix, which is stateway",
            StoreUrl.Etcd => "; check the prefix",
            _ => "",
        };
        return $"{url}: there is no store here: nothing was ever written{where}.";
    }

    private static partial class Log
    {
        [LoggerMessage(2301, LogLevel.Warning, "The store {Url} can't be opened yet: {Reason} It is tried again for {Seconds} s.")]
        public static partial void Waiting(ILogger logger, StoreUrl url, string reason, int seconds);
    }
}
