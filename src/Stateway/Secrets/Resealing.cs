using Microsoft.Extensions.Logging;
using Stateway.Management;
using Stateway.Store;

namespace Stateway.Secrets;

/// <summary>
/// Encrypts all secrets with the newest secret key. Every node does so when it is told that something has changed; one change
/// of a secret at a time, each on condition that the secret is still what was read, so that it can end and begin anywhere.
/// </summary>
internal sealed partial class Resealing(IStore store, SecretKeys keys, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private const int PageSecrets = 200;

    private static readonly TimeSpan OutagePause = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _told = new(1, 1); // looks once at the start
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;

    public void Start() => _running = Task.Run(RunAsync);

    /// <summary>There may be something to do.</summary>
    public void Tell()
    {
        try
        {
            _told.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is going to look anyway.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _told.Dispose();
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        var ct = _stopping.Token;
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await _told.WaitAsync(ct);
                long count = await ResealAsync(ct);
                if (count > 0) Log.Resealed(logger, count);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                if (e is not StoreUnavailableException) Log.Failed(logger, e);
                await Task.Delay(OutagePause, time, ct).ContinueWith(static _ => { }, TaskScheduler.Default);
                Tell();
            }
        }
    }

    /// <returns>How many were encrypted anew.</returns>
    private async Task<long> ResealAsync(CancellationToken ct)
    {
        var all = await keys.ListAsync(store, ct);
        if (all.Count < 2 || keys.Open(all[^1]) is not { } newest) return 0;

        string id = all[^1].Id;
        long count = 0;
        var query = new Query(Kinds.Secret) { Limit = PageSecrets };
        while (true)
        {
            if (await store.QueryAsync(query, ct) is not QueryResult.Page page) throw new StoreUnavailableException("The secrets can't be read.");

            foreach (var entry in page.Entries)
            {
                if (await ResealAsync(entry, all, id, newest, ct)) count++;
            }

            if (page.Next is null) return count;
            query = query with { After = page.Next };
        }
    }

    private async Task<bool> ResealAsync(Entry entry, List<SecretKeyText> all, string newestId, byte[] newest, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var text = SecretText.Read(entry.Value, out _);
        if (text.Key == newestId || all.Find(key => key.Id == text.Key) is not { } old) return false;

        string name = entry.Key.Path;
        if (keys.Open(old) is not { } key || text.TryOpen(key, name) is not { } value)
        {
            Log.NotOpened(logger, name);
            return false;
        }

        var next = text with { Sealed = SecretText.SealValue(newest, newestId, name, value), Key = newestId };
        var result = await store.CommitAsync(
            new([new Precondition.AtRevision(entry.Key, entry.Revision), new Precondition.Exists(new(Kinds.SecretKey, newestId))],
                [new Write.Put(entry.Key, entry.UpdateTime, next.ApplyTo(entry.Value))]),
            CancellationToken.None);
        return result switch
        {
            CommitResult.Committed => true,
            CommitResult.Conflict => false, // another node was faster, or a client has given it a new value, with the newest key; or the key is gone
            _ => throw new StoreUnavailableException("A secret could not be written."),
        };
    }

    private static partial class Log
    {
        [LoggerMessage(2020, LogLevel.Information, "Secrets were encrypted anew with the newest secret key. Secrets: {Count}.")]
        public static partial void Resealed(ILogger logger, long count);

        [LoggerMessage(2021, LogLevel.Error, "Secrets could not be encrypted anew; it is tried again.")]
        public static partial void Failed(ILogger logger, Exception e);

        [LoggerMessage(2022, LogLevel.Error, "The secret {Name} can't be decrypted, and stays under the key that it has.")]
        public static partial void NotOpened(ILogger logger, string name);
    }
}
