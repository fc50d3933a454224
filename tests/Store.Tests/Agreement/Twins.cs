using System.Collections.Immutable;
using Stateway.Model.Expressions;
using Xunit;

namespace Stateway.Store.Tests;

/// <summary>
/// An engine's store and the oracle, to which the same is done, and which must answer the same. The two count revisions and
/// epochs differently: what is handed to the engine, and what it answers, is translated.
/// <code>
/// oracle    0     1     2     3
/// engine   17    18    25    26      revisions of the engine that begin no commit count as the one below them
/// </code>
/// </summary>
internal sealed class Twins : IAsyncDisposable
{
    private const long NotYet = 1_000; // beyond the newest revision

    private readonly StoreEngine _engine;
    private readonly MemoryStore _oracle = new();
    private readonly Dictionary<string, CollectionSpec> _specs = [];
    private readonly List<long> _revisions; // the engine's, by the oracle's
    private readonly Dictionary<(string Name, long Epoch), long> _epochs = []; // the engine's, by the oracle's
    private readonly Dictionary<string, long> _epochsOf = []; // the engine's newest, by the lease's name
    private IStore _store;

    private Twins(StoreEngine engine, IStore store, long revision) => (_engine, _store, _revisions) = (engine, store, [revision]);

    public static async Task<Twins> OpenAsync(StoreEngine engine, params CollectionSpec[] specs)
    {
        var store = await engine.OpenAsync();
        await store.DeclareAsync(specs);
        var twins = new Twins(engine, store, store.Revision);
        await twins._oracle.DeclareAsync(specs);
        foreach (var spec in specs) twins._specs[spec.Name] = spec;
        return twins;
    }

    public async Task CommitAsync(Transaction transaction)
    {
        // A field that is indexed though it is not declared (any more) lets the two part for ever.
        if (!_engine.DropsIndexesAtOnce)
            transaction = transaction with { Preconditions = transaction.Preconditions.RemoveAll(precondition => !IsIndexed(precondition)) };

        var preconditions = transaction.Preconditions;
        ImmutableArray<Precondition> translated = [.. preconditions.Select(ToEngine)];
        var expected = await _oracle.CommitAsync(transaction);
        var actual = await _store.CommitAsync(transaction with { Preconditions = translated });
        switch (expected, actual)
        {
            case (CommitResult.Committed mine, CommitResult.Committed its):
                if (mine.Revision == _revisions.Count)
                {
                    Assert.True(its.Revision > _revisions[^1], $"The commit's revision {its.Revision} is not above {_revisions[^1]}.");
                    _revisions.Add(its.Revision);
                }
                else
                {
                    Assert.Equal(mine.Revision, ToOracle(its.Revision)); // nothing to write
                }

                break;

            // Of several preconditions that don't hold, any may be told: alone, it must fail the oracle in the same way.
            case (not CommitResult.Committed, CommitResult.Conflict its):
                var precondition = preconditions[translated.IndexOf(its.Precondition)];
                var alone = Assert.IsType<CommitResult.Conflict>(await _oracle.CommitAsync(new([precondition], [])));
                if (precondition is Precondition.AtRevision) Assert.Equal(alone.Actual, ToOracleExactly(its.Actual));
                if (precondition is Precondition.Leased leased && alone.Actual != 0)
                    Assert.Equal(EpochToEngine(leased.Lease, alone.Actual), its.Actual);
                break;

            case (not CommitResult.Committed, CommitResult.Unavailable):
                Assert.Contains(preconditions, precondition => !IsIndexed(precondition));
                break;

            default:
                Assert.Fail($"The oracle says {expected}, the engine {actual}.");
                break;
        }

        Assert.Equal(_oracle.Revision, ToOracle(_store.Revision));
    }

    public async Task GetAsync(Key key) =>
        Assert.Equal(Text(await _oracle.GetAsync(key, CancellationToken.None)), Text(ToOracle(await _store.GetAsync(key, CancellationToken.None))));

    public async Task GetAsync(Key key, long revision)
    {
        var expected = await _oracle.GetAsync(key, revision, CancellationToken.None);
        var actual = await _store.GetAsync(key, ToEngine(revision), CancellationToken.None);
        Assert.Equal(Text(expected, entry => entry, state => state), Text(actual, ToOracle, ToOracle));
    }

    /// <summary>Walks through all pages, each store with the cursors that it gave.</summary>
    public async Task ListAsync(Query query, long? revision)
    {
        if (!_engine.DropsIndexesAtOnce && query.Order.Any(key => key.Field.Length > 0 && !IsIndexed(query.Collection, key.Field))) return;

        query = query with { Revision = revision };
        var its = query with { Revision = revision is null ? null : ToEngine(revision.Value) };
        while (true)
        {
            var expected = await _oracle.QueryAsync(query, CancellationToken.None);
            var actual = await _store.QueryAsync(its, CancellationToken.None);
            Assert.Equal(Kind(expected, state => state), Kind(actual, ToOracle));
            if (expected is not QueryResult.Page page || actual is not QueryResult.Page found) return;

            Assert.Equal(page.Entries.Select(Text), found.Entries.Select(ToOracle).Select(Text));
            Assert.Equal((page.Revision, page.TotalSize), (ToOracle(found.Revision), found.TotalSize));
            Assert.Equal(page.Next is null, found.Next is null);
            if (page.Next is null || found.Next is null) return;

            Assert.Equal(page.Next.Path, found.Next.Path);
            Assert.All(page.Next.Values.Zip(found.Next.Values), pair => Assert.Equal(0, ValueComparison.Sort(pair.First, pair.Second)));
            query = query with { After = page.Next };
            its = its with { After = found.Next };
        }
    }

    public async Task ReadVersionsAsync(Key key, long? before, int limit)
    {
        var expected = await _oracle.ReadVersionsAsync(key, before ?? long.MaxValue, limit, CancellationToken.None);
        var actual = await _store.ReadVersionsAsync(key, before is null ? long.MaxValue : ToEngine(before.Value), limit, CancellationToken.None);

        Assert.Equal(
            expected.Versions.Select(version => $"{version.Revision} {Text(version.Entry)}"),
            actual.Versions.Select(version => $"{ToOracleExactly(version.Revision)} {Text(ToOracle(version.Entry))}"));
        Assert.Equal(expected.More, actual.More);
    }

    /// <summary>Reads to the end. An engine may tell of commits that changed nothing, so that its answers end elsewhere.</summary>
    public async Task ReadLogAsync(long after, int changesMax)
    {
        var expected = await ReadLogAsync(_oracle, after, changesMax, commit => commit, state => state);
        var actual = await ReadLogAsync(_store, ToEngine(after), changesMax, ToOracle, ToOracle);
        Assert.Equal(expected, actual);
    }

    public async Task CompactAsync(long revision)
    {
        if (revision > _oracle.Revision) return;

        await _oracle.CompactAsync(revision);
        await _store.CompactAsync(ToEngine(revision));
        await CompareStatesAsync();
    }

    public async Task TakeLeaseAsync(string name, string holder)
    {
        var expected = await _oracle.TakeAsync(name, holder);
        var actual = await _store.TakeAsync(name, holder);
        if (expected is LeaseResult.Held mine && actual is LeaseResult.Held its)
        {
            if (_epochs.TryGetValue((name, mine.Epoch), out long known)) Assert.Equal(known, its.Epoch);
            else if (_epochsOf.TryGetValue(name, out long last)) Assert.True(its.Epoch > last, $"{name}: epoch {its.Epoch} follows {last}.");

            _epochs[(name, mine.Epoch)] = _epochsOf[name] = its.Epoch;
        }
        else
        {
            Assert.Equal(expected, actual);
        }
    }

    public async Task ReleaseLeaseAsync(string name, long epoch)
    {
        await _oracle.ReleaseLeaseAsync(name, epoch, CancellationToken.None);
        await _store.ReleaseLeaseAsync(name, EpochToEngine(name, epoch), CancellationToken.None);
    }

    public async Task DeclareAsync(CollectionSpec spec)
    {
        await _oracle.DeclareAsync(spec);
        await _store.DeclareAsync(spec);
        _specs[spec.Name] = spec;
    }

    public async Task ReopenAsync() => _store = await _engine.ReopenAsync(_store);

    /// <summary>Everything at the end: the whole log that is held, what is declared, and what the engine says of itself.</summary>
    public async Task CompareAllAsync()
    {
        await CompareStatesAsync();
        await ReadLogAsync((await _oracle.StateAsync()).Compacted, 7);

        var described = await _store.DescribeAsync(CancellationToken.None);
        Assert.Equal(_specs.Keys.Order(StringComparer.Ordinal), described.Select(spec => spec.Name));
        foreach (var spec in described)
        {
            var declared = _specs[spec.Name].Fields.Select(Text).ToList();
            Assert.All(declared, field => Assert.Contains(field, spec.Fields.Select(Text)));
            if (_engine.DropsIndexesAtOnce) Assert.Equal(declared.Count, spec.Fields.Length);
        }

        var report = await _store.CheckAsync(null, CancellationToken.None);
        Assert.Empty(report.Faults);
        Assert.Equal((await _oracle.CheckAsync(null, CancellationToken.None)).Entries, report.Entries);

        static string Text(IndexedField field) => $"{field.Name} {field.IsTimestamp}";
    }

    public async ValueTask DisposeAsync() => await _store.DisposeAsync();

    private static async Task<List<string>> ReadLogAsync(
        IStore store, long after, int changesMax, Func<Commit, Commit> translate, Func<StoreState, StoreState> translateState)
    {
        var commits = new List<string>();
        while (true)
        {
            var read = await store.ReadLogAsync(after, changesMax, CancellationToken.None);
            if (read is LogResult.Gone gone) return [$"gone {translateState(gone.State)}"];

            var page = Assert.IsType<LogResult.Commits>(read);
            if (page.Items.IsEmpty) return commits;

            Assert.All(page.Items, commit => Assert.InRange(commit.Revision, after + 1, page.Through));
            Assert.True(page.Items[..^1].Sum(commit => commit.Changes.Length) < changesMax, "The answer went on behind its limit.");
            commits.AddRange(page.Items.Where(commit => !commit.Changes.IsEmpty).Select(translate).Select(Stores.Text));
            after = page.Through;
        }
    }

    private async Task CompareStatesAsync()
    {
        Assert.Equal(await _oracle.StateAsync(), ToOracle(await _store.StateAsync()));
    }

    private Precondition ToEngine(Precondition precondition) => precondition switch
    {
        Precondition.AtRevision at => at with { Revision = at.Revision == 0 ? 0 : ToEngine(at.Revision) },
        Precondition.Leased leased => leased with { Epoch = EpochToEngine(leased.Lease, leased.Epoch) },
        _ => precondition,
    };

    private long ToEngine(long revision) =>
        revision < _revisions.Count ? _revisions[(int)revision] : _revisions[^1] + NotYet + revision;

    /// <summary>0, which no lease has, for an epoch that this lease never had: engines may count each lease by itself.</summary>
    private long EpochToEngine(string name, long epoch) => _epochs.TryGetValue((name, epoch), out long its) ? its : 0;

    private StoreState ToOracle(StoreState state) => new(ToOracle(state.Revision), ToOracle(state.Compacted));

    private Entry? ToOracle(Entry? entry) => entry is null ? null : entry with { Revision = ToOracleExactly(entry.Revision) };

    private Commit ToOracle(Commit commit) => new(
        ToOracleExactly(commit.Revision), commit.Time,
        [.. commit.Changes.Select(change => new Change(change.Key, ToOracle(change.Before), ToOracle(change.After)))]);

    private long ToOracle(long revision)
    {
        Assert.True(revision < _revisions[^1] + NotYet, $"There is no revision {revision}.");
        int place = _revisions.BinarySearch(revision);
        return Math.Max(0, place >= 0 ? place : ~place - 1);
    }

    private long ToOracleExactly(long revision)
    {
        if (revision == 0) return 0;

        int place = _revisions.BinarySearch(revision);
        Assert.True(place >= 0, $"No commit had the revision {revision}.");
        return place;
    }

    private bool IsIndexed(Precondition precondition) =>
        precondition is not Precondition.NoneWith none || IsIndexed(none.Collection, none.Field);

    private bool IsIndexed(string collection, string field) => _specs[collection].Fields.Any(indexed => indexed.Name == field);

    private static string Text(Entry? entry) => Stores.Text(entry);

    private static string Text(PastEntry past, Func<Entry?, Entry?> translate, Func<StoreState, StoreState> translateState) => past switch
    {
        PastEntry.Found found => Text(translate(found.Entry)),
        PastEntry.Gone gone => $"gone {translateState(gone.State)}",
        PastEntry.NotYet notYet => $"not yet {translateState(notYet.State)}",
        _ => "none",
    };

    /// <summary>A reason's words may differ.</summary>
    private static string Kind(QueryResult result, Func<StoreState, StoreState> translate) => result switch
    {
        QueryResult.Gone gone => $"gone {translate(gone.State)}",
        QueryResult.NotYet notYet => $"not yet {translate(notYet.State)}",
        _ => result.GetType().Name,
    };
}
