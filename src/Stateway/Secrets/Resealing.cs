using Microsoft.Extensions.Logging;
using Stateway.Controllers;
using Stateway.Management;
using Stateway.Store;

namespace Stateway.Secrets;

/// <summary>
/// Encrypts all secrets with the newest secret key: on every node, as not each needs to have the master key yet. One change of a
/// secret at a time, on condition that the secret is still what was read, so that it can end and begin anywhere.
/// </summary>
internal sealed partial class Resealing(IStore store, SecretKeys keys, ILogger logger) : IReconciler
{
    private const string All = "all";
    private const int PageSecrets = 200;

    public static readonly ControllerOptions Options = new() { Name = "secrets", OnEveryNode = true, WorkersMax = 1, TimeLimit = TimeSpan.FromHours(1) };

    public string Kind => Kinds.SecretKey;
    public IReadOnlyList<string> Watched { get; } = [Kinds.Secret]; // one that was given its value with an older key meanwhile

    public IEnumerable<string> PathsFor(Key key) => [All];

    public async ValueTask<Next> ReconcileAsync(Turn turn, CancellationToken ct)
    {
        long count = await ResealAsync(ct);
        if (count > 0) Log.Resealed(logger, count);
        return Next.Done;
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

        [LoggerMessage(2022, LogLevel.Error, "The secret {Name} can't be decrypted, and stays under the key that it has.")]
        public static partial void NotOpened(ILogger logger, string name);
    }
}
