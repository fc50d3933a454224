using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Stateway.Collections;
using Stateway.Collections.Kinds;
using Stateway.Management;
using Stateway.Store;

namespace Stateway.Secrets;

/// <summary>
/// The keys that secrets are encrypted with. They lie in the store, wrapped by a master key that does not; this node holds
/// those that it has unwrapped.
/// </summary>
/// <param name="masters">Of this node; none until one is made.</param>
/// <param name="file">Where a master key is written when the first secret comes and there is none.</param>
internal sealed class SecretKeys(IStore store, IReadOnlyList<MasterKey> masters, string file, Catalog kinds, TimeProvider time)
{
    private const string FirstId = "1";

    private readonly ConcurrentDictionary<string, byte[]> _open = new(StringComparer.Ordinal); // by what checks them
    private readonly SemaphoreSlim _making = new(1);
    private volatile IReadOnlyList<MasterKey> _masters = masters;

    /// <summary>The secret keys there are, the newest last.</summary>
    /// <exception cref="StoreUnavailableException"/>
    public async ValueTask<List<SecretKeyText>> ListAsync(IResources resources, CancellationToken ct)
    {
        var query = new Query(Kinds.SecretKey) { Limit = StoreLimits.PageEntriesMax };
        if (await resources.QueryAsync(query, ct) is not QueryResult.Page page) throw new StoreUnavailableException("The secret keys can't be read.");
        return [.. page.Entries.Select(entry => SecretKeyText.Read(entry.Value)).OrderBy(key => key.Number)];
    }

    /// <summary>Unwraps what there is, so that this node goes on reading it whatever becomes of the master key's file.</summary>
    /// <param name="isGiven">A master key was chosen for this node: the store takes it when it has none yet.</param>
    /// <returns>Why this node can't serve this store: its master key is another one.</returns>
    /// <exception cref="StoreUnavailableException"/>
    public async Task<string?> WhyNotUsableAsync(bool isGiven, CancellationToken ct)
    {
        var keys = await ListAsync(store, ct);
        if (keys.Count == 0 && isGiven) keys = [await MakeFirstAsync(ct)];
        foreach (var key in keys)
        {
            if (Open(key) is not null) continue;

            string wanted = string.Join(" or ", key.Wraps.Keys.Except(keys.Select(each => each.Check)).Order(StringComparer.Ordinal));
            string how = $"Give the one that the other nodes have, with --master-key FILE or {MasterKeyFile.Variable}; it is the {MasterKeyFile.Name} in the data folder of the node that took the first secret.";
            return _masters.Count == 0
                ? $"The secrets in this store are encrypted under the master key {wanted}, and this node has none ({file}). {how}"
                : $"The secrets in this store are encrypted under the master key {wanted}, and this node's is {string.Join(" and ", _masters.Select(master => master.Id))}. {how}";
        }

        return null;
    }

    /// <summary>The key to encrypt with, made when there is none.</summary>
    /// <returns>A null key when this node's master key does not open it.</returns>
    /// <exception cref="StoreUnavailableException"/>
    public async ValueTask<(string Id, byte[]? Key)> NewestAsync(CancellationToken ct)
    {
        var keys = await ListAsync(store, ct);
        var newest = keys.Count > 0 ? keys[^1] : await MakeFirstAsync(ct);
        return (newest.Id, Open(newest));
    }

    /// <returns>Null when there is none of this id, or this node's master key does not open it.</returns>
    /// <exception cref="StoreUnavailableException"/>
    public async ValueTask<byte[]?> FindAsync(IResources resources, string id, CancellationToken ct) =>
        await resources.GetAsync(new(Kinds.SecretKey, id), ct) is { } entry ? Open(SecretKeyText.Read(entry.Value)) : null;

    public byte[]? Open(SecretKeyText key)
    {
        if (_open.TryGetValue(key.Check, out byte[]? known)) return known;
        if ((key.TryUnwrap(_masters) ?? key.TryUnwrap(_open.Values.Select(MasterKey.Of))) is not { } opened) return null;

        _open[key.Check] = opened;
        return opened;
    }

    /// <summary>Whether each wrap that this node's master keys can look into holds the key that it says.</summary>
    public bool IsRight(SecretKeyText key) => _masters.All(master =>
        !key.Wraps.TryGetValue(master.Id, out string? wrapped) || (master.TryUnwrap(wrapped, key.Id) is { } found && SecretKeyText.CheckOf(found) == key.Check));

    private async Task<SecretKeyText> MakeFirstAsync(CancellationToken ct)
    {
        await _making.WaitAsync(ct);
        try
        {
            if (_masters.Count == 0) _masters = [MakeMaster()];

            var text = SecretKeyText.Of(RandomNumberGenerator.GetBytes(Sealing.KeyBytes), FirstId, _masters[0]);
            var key = new Key(Kinds.SecretKey, FirstId);
            var plan = new KindPlan(kinds, time, "node");
            plan.Create(key, JsonNode.Parse(text.ToJson())!.AsObject());
            var transaction = plan.ToTransaction();
            transaction = transaction with { Writes = [.. transaction.Writes, new Write.Put(Kinds.ChangeMark, time.GetUtcNow(), "{}"u8.ToArray())] };
            switch (await store.CommitAsync(transaction, CancellationToken.None))
            {
                case CommitResult.Committed: return text;
                case CommitResult.Conflict or CommitResult.Unknown: break; // another node was faster, or we were and don't know
                case CommitResult.Full: throw new StoreUnavailableException("The store's disk is full.");
                case CommitResult.Unavailable unavailable: throw new StoreUnavailableException(unavailable.Reason);
                case var other: throw new StoreUnavailableException(other.ToString());
            }

            var keys = await ListAsync(store, ct);
            return keys.Count > 0 ? keys[^1] : throw new StoreUnavailableException("The first secret key could not be written.");
        }
        finally
        {
            _making.Release();
        }
    }

    private MasterKey MakeMaster()
    {
        try
        {
            return MasterKeyFile.Create(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Of nodes that share a data folder another one may just have made it.
            return MasterKeyFile.Read(file) is { Keys: [var key, ..] } ? key : throw new StoreUnavailableException($"{file} can't be written: {e.Message}");
        }
    }
}
