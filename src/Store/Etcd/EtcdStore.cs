using System.Security.Cryptography;

namespace Stateway.Store.Etcd;

/// <summary>
/// The store in etcd, shared by any number of nodes. Each node holds everything in memory, exact and indexed; reads ask etcd
/// only how far the store is, writes go through one <see cref="Committer"/> of each node.
/// </summary>
public sealed class EtcdStore : IStore
{
    private readonly EtcdClient _client;
    private readonly EtcdStoreOptions _options;
    private readonly StoreIndex _index;
    private readonly IndexFeed _feed;
    private readonly Committer _committer;
    private readonly Compaction _compaction;
    private readonly PastReads _past;
    private readonly VersionReads _versions;
    private readonly Leases _leases;
    private readonly Specs _specs;
    private readonly EtcdKeys _keys;
    private readonly SemaphoreSlim _declaring = new(1);
    private volatile bool _isDisposed;

    private EtcdStore(EtcdClient client, EtcdKeys keys, StoreIndex index, IndexFeed feed, EtcdStoreOptions options)
    {
        (_client, _keys, _index, _feed, _options) = (client, keys, index, feed, options);
        _specs = new(client, keys);
        _compaction = new(client, keys);
        _past = new(client, keys, index, feed, _compaction);
        _versions = new(client, keys, feed, _compaction);
        _leases = new(client, keys, options);
        _committer = new(client, keys, index, feed, options);
    }

    public long Revision => _index.Revision;

    /// <summary>Reaches etcd and loads what is stored there. Messages never contain the password.</summary>
    /// <exception cref="ArgumentException">The options are not valid.</exception>
    public static async Task<StoreOpening> OpenAsync(EtcdStoreOptions options)
    {
        options.Validate();
        string place = string.Join(", ", options.Endpoints);
        EtcdClient? client = null;
        IndexFeed? feed = null;
        try
        {
            client = new(options);
            var keys = new EtcdKeys(options.Prefix);

            // Whether etcd is there is told within a few seconds; what is loaded then may take longer.
            await client.ReadAsync("/v3/kv/range", RequestBody.Range(keys.Head), GatewayJson.ReadRange, CancellationToken.None);
            var index = new StoreIndex(options);
            index.Declare(await new Specs(client, keys).ReadAsync(CancellationToken.None));
            feed = new(client, keys, new(client, keys), index, options);
            await feed.StartAsync(CancellationToken.None);
            var store = new EtcdStore(client, keys, index, feed, options);
            client = null;
            return new StoreOpening.Opened(store);
        }
        catch (EtcdException e)
        {
            return e.Failure switch
            {
                EtcdFailure.BadCredentials when options.User is null => Refuse(StoreRefusal.Unreachable,
                    $"etcd at {place} asks for credentials; give a user and a password."),
                EtcdFailure.BadCredentials => Refuse(StoreRefusal.Unreachable,
                    $"etcd at {place} refuses the user '{options.User}' or the password; give the right ones."),
                EtcdFailure.Denied => Refuse(StoreRefusal.NoAccess,
                    $"etcd at {place} does not let {(options.User is null ? "us" : $"'{options.User}'")} read and write keys that begin with {options.Prefix}/; grant that."),
                EtcdFailure.Unreachable or EtcdFailure.Broken => Refuse(StoreRefusal.Unreachable,
                    $"{e.Message} Check that it runs there{(options.IsTls ? ", and with TLS" : "")}."),
                _ => Refuse(StoreRefusal.NotAStore, $"etcd at {place} can't be used as a store. {e.Message}"),
            };
        }
        catch (Exception e) when (e is IOException or CryptographicException or UnauthorizedAccessException)
        {
            return Refuse(StoreRefusal.NoAccess,
                $"The certificates for etcd at {place} can't be read ({e.Message.ReplaceLineEndings(" ").TrimEnd('.')}); give PEM files that can.");
        }
        finally
        {
            client?.Dispose();
        }

        static StoreOpening Refuse(StoreRefusal reason, string message) => new StoreOpening.Refused(reason, message);
    }

    public async ValueTask<Entry?> GetAsync(Key key, CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _index.Current.Get(key.Collection);
        return (await _feed.CatchUpAsync(ct)).Get(key.Collection).FindEntry(key.Path);
    }

    public async ValueTask<QueryResult> QueryAsync(Query query, CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ArgumentOutOfRangeException.ThrowIfNotEqual(query.Limit, Math.Clamp(query.Limit, 1, StoreLimits.PageEntriesMax));
        _index.Current.Get(query.Collection);
        try
        {
            if (query.Revision is { } revision) return await _past.QueryAsync(query, revision, ct);

            var snapshot = await _feed.CatchUpAsync(ct);
            return QueryRun.Answer(snapshot.Get(query.Collection), query, snapshot.Revision, ct);
        }
        catch (StoreUnavailableException e)
        {
            return new QueryResult.Unavailable(e.Message);
        }
    }

    /// <inheritdoc/>
    /// <param name="ct">Looked at before the transaction begins to wait; from then on it is committed or refused.</param>
    public ValueTask<CommitResult> CommitAsync(Transaction transaction, CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ct.ThrowIfCancellationRequested();
        return _committer.CommitAsync(new(transaction, _index.Current));
    }

    public ValueTask<StoreState> ReadStateAsync(CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return _past.ReadStateAsync(ct);
    }

    /// <inheritdoc/>
    /// <remarks>Indexes are this node's own, in memory: one that is no longer declared here goes at once.</remarks>
    public async ValueTask DeclareAsync(IReadOnlyList<CollectionSpec> collections, CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        CollectionSpec.Check(collections);
        await _declaring.WaitAsync(ct);
        try
        {
            await _specs.WriteAsync(collections, ct);
            await Task.Run(() => _index.Declare(collections), ct);
        }
        finally
        {
            _declaring.Release();
        }
    }

    public async ValueTask<IReadOnlyList<CollectionSpec>> DescribeAsync(CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        var byName = new SortedDictionary<string, CollectionSpec>(StringComparer.Ordinal);
        foreach (var spec in await _specs.ReadAsync(ct)) byName[spec.Name] = spec;
        foreach (var spec in _index.Declared()) byName[spec.Name] = spec;
        return [.. byName.Values];
    }

    public ValueTask<PastEntry> GetAsync(Key key, long revision, CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _index.Current.Get(key.Collection);
        return _past.GetAsync(key, revision, ct);
    }

    public ValueTask<VersionPage> ReadVersionsAsync(Key key, long before, int limit, CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ArgumentOutOfRangeException.ThrowIfNotEqual(limit, Math.Clamp(limit, 1, StoreLimits.VersionsMax));
        _index.Current.Get(key.Collection);
        return _versions.ReadAsync(key, before, limit, ct);
    }

    public async ValueTask<LogResult> ReadLogAsync(long after, int changesMax, CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        try
        {
            return await _past.ReadLogAsync(after, changesMax, ct);
        }
        catch (StoreUnavailableException e)
        {
            return new LogResult.Unavailable(e.Message);
        }
    }

    public ValueTask WaitAsync(long after, CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return _index.WaitAsync(after, ct);
    }

    /// <inheritdoc/>
    /// <remarks>Found by halving, which takes it that later commits have later times: clocks of nodes that differ shift the answer by as much.</remarks>
    public ValueTask<long> FindRevisionAsync(DateTimeOffset time, CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return _past.FindRevisionAsync(time, ct);
    }

    /// <inheritdoc/>
    /// <remarks>It is etcd's own compaction, which is one for all that is kept in it.</remarks>
    public async ValueTask CompactAsync(long revision, CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (revision <= 0) return;
        if (revision > _index.Revision && revision > (await _feed.CatchUpAsync(ct)).Revision)
            throw new ArgumentOutOfRangeException(nameof(revision), revision, "The store has not come to this revision.");

        try
        {
            await _client.ReadAsync("/v3/kv/compaction", RequestBody.Numbers(("revision", revision)), static _ => 0, ct);
        }
        catch (EtcdException e) when (e.Failure == EtcdFailure.Compacted)
        {
            // Done already.
        }

        await _compaction.ReadAsync(ct);
    }

    public ValueTask<LeaseResult> TakeLeaseAsync(string name, string holder, TimeSpan duration, CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ArgumentOutOfRangeException.ThrowIfLessThan(duration, TimeSpan.FromSeconds(2));
        return _leases.TakeAsync(name, holder, duration, ct);
    }

    public ValueTask ReleaseLeaseAsync(string name, long epoch, CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return _leases.ReleaseAsync(name, epoch, ct);
    }

    public ValueTask<StoreReport> CheckAsync(IProgress<StoreProgress>? progress, CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return new StoreCheck(_client, _keys, _feed, _compaction, progress).RunAsync(ct);
    }

    /// <summary>Commits what waits; leaves nothing behind.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed) return;
        _isDisposed = true;

        await _committer.CloseAsync();
        await _feed.DisposeAsync();
        _index.Close();
        _client.Dispose();
        _declaring.Dispose();
    }
}
