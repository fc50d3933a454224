using System.Collections.Immutable;
using System.Text.Json;
using Stateway.Model.Expressions;

namespace Stateway.Store.Tests;

/// <summary>
/// What a store does, in the plainest way: everything in one dictionary, every query looks at everything. The
/// oracle that the engines are compared with. It never refuses a query for the rows it reads.
/// </summary>
public sealed class MemoryStore : IStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, CollectionSpec> _specs = [];
    private SortedDictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private long _revision;

    public long Revision => _revision;

    public ValueTask DeclareAsync(IReadOnlyList<CollectionSpec> collections, CancellationToken ct)
    {
        foreach (var spec in collections) _specs[spec.Name] = spec;
        return default;
    }

    public ValueTask<Entry?> GetAsync(Key key, CancellationToken ct)
    {
        lock (_lock)
        {
            Known(key.Collection);
            return new(_entries.GetValueOrDefault(key.ToString()));
        }
    }

    public ValueTask<CommitResult> CommitAsync(Transaction transaction, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        foreach (var write in transaction.Writes)
        {
            if (write is Write.Put put) Known(put.Key.Collection);
        }

        lock (_lock) return new(Commit(transaction));
    }

    public ValueTask<QueryResult> QueryAsync(Query query, CancellationToken ct)
    {
        lock (_lock) return new(Run(query));
    }

    public ValueTask<StoreState> ReadStateAsync(CancellationToken ct) => throw new NotImplementedException();
    public ValueTask<IReadOnlyList<CollectionSpec>> DescribeAsync(CancellationToken ct) => throw new NotImplementedException();
    public ValueTask<PastEntry> GetAsync(Key key, long revision, CancellationToken ct) => throw new NotImplementedException();
    public ValueTask<VersionPage> ReadVersionsAsync(Key key, long before, int limit, CancellationToken ct) => throw new NotImplementedException();
    public ValueTask<LogResult> ReadLogAsync(long after, int changesMax, CancellationToken ct) => throw new NotImplementedException();
    public ValueTask WaitAsync(long after, CancellationToken ct) => throw new NotImplementedException();
    public ValueTask<long> FindRevisionAsync(DateTimeOffset time, CancellationToken ct) => throw new NotImplementedException();
    public ValueTask CompactAsync(long revision, CancellationToken ct) => throw new NotImplementedException();
    public ValueTask<LeaseResult> TakeLeaseAsync(string name, string holder, TimeSpan duration, CancellationToken ct) => throw new NotImplementedException();
    public ValueTask ReleaseLeaseAsync(string name, long epoch, CancellationToken ct) => throw new NotImplementedException();
    public ValueTask<StoreReport> CheckAsync(IProgress<StoreProgress>? progress, CancellationToken ct) => throw new NotImplementedException();

    public ValueTask DisposeAsync() => default;

    private CommitResult Commit(Transaction transaction)
    {
        foreach (var precondition in transaction.Preconditions)
        {
            switch (precondition)
            {
                case Precondition.AtRevision at when RevisionOf(at.Key) != at.Revision:
                    return new CommitResult.Conflict(at, RevisionOf(at.Key));
                case Precondition.Exists exists when RevisionOf(exists.Key) == 0:
                    return new CommitResult.Conflict(exists, 0);
                case Precondition.NoneWith none:
                    if (FieldOf(none.Collection, none.Field) is not { } field) return new CommitResult.Unavailable(none.Field);
                    if (In(none.Collection).Any(entry => !IsExcepted(entry.Key.Path, none.Except) && Has(entry, field, none.Value)))
                        return new CommitResult.Conflict(none, 0);
                    break;
            }
        }

        if (transaction.Writes.IsEmpty) return new CommitResult.Committed(_revision);

        _revision++;
        var next = new SortedDictionary<string, Entry>(_entries, StringComparer.Ordinal);
        foreach (var write in transaction.Writes)
        {
            switch (write)
            {
                case Write.Put put:
                    next[put.Key.ToString()] = new(put.Key, _revision, put.UpdateTime.ToUniversalTime(), put.Value);
                    break;
                case Write.Delete delete:
                    next.Remove(delete.Key.ToString());
                    break;
                case Write.DeleteBelow below:
                    string start = below.Collection + ":" + below.Parent + "/";
                    foreach (string key in next.Keys.Where(key => key.StartsWith(start, StringComparison.Ordinal)).ToList()) next.Remove(key);
                    break;
            }
        }

        _entries = next;
        return new CommitResult.Committed(_revision);
    }

    private QueryResult Run(Query query)
    {
        Known(query.Collection);
        var order = query.Order.Where(key => key.Field.Length > 0).Select(key => FieldOf(query.Collection, key.Field)).ToList();
        if (order.Contains(null)) return new QueryResult.Unavailable("order");

        bool isPathDescending = !query.Order.IsEmpty && query.Order[^1].Descending;
        var matching = In(query.Collection)
            .Where(entry => query.Parent is null || entry.Key.Path.StartsWith(query.Parent + "/", StringComparison.Ordinal))
            .Where(entry => query.Filter is null || Holds(query.Filter, entry))
            .Select(entry => (Entry: entry, Cursor: new Cursor([.. order.Select(field => IndexValue(entry, field!))], entry.Key.Path)))
            .OrderBy(row => row.Cursor, Comparer<Cursor>.Create(Compare))
            .ToList();

        var behind = matching.Where(row => query.After is null || Compare(row.Cursor, query.After) > 0).ToList();
        var page = behind.Take(query.Limit).ToList();
        return new QueryResult.Page(
            [.. page.Select(row => row.Entry)],
            behind.Count > page.Count ? page[^1].Cursor : null,
            _revision,
            query.Count ? matching.Count : null);

        int Compare(Cursor a, Cursor b)
        {
            for (int i = 0; i < a.Values.Length; i++)
            {
                int sort = ValueComparison.Sort(a.Values[i], b.Values[i]);
                if (sort != 0) return query.Order[i].Descending ? -sort : sort;
            }

            return string.CompareOrdinal(a.Path, b.Path) * (isPathDescending ? -1 : 1);
        }
    }

    private IEnumerable<Entry> In(string collection) => _entries.Values.Where(entry => entry.Key.Collection == collection);

    private long RevisionOf(Key key) => _entries.GetValueOrDefault(key.ToString())?.Revision ?? 0;

    private void Known(string collection)
    {
        if (!_specs.ContainsKey(collection)) throw new ArgumentException($"{collection} was never declared.");
    }

    private IndexedField? FieldOf(string collection, string name) =>
        _specs[collection].Fields.FirstOrDefault(field => field.Name == name);

    private static bool Holds(Expression filter, Entry entry)
    {
        using var document = JsonDocument.Parse(entry.Value);
        return Evaluation.IsTrue(filter, new Scope(document.RootElement));
    }

    private static bool IsExcepted(string path, ImmutableArray<string> excepts) =>
        excepts.Any(except => path == except || path.StartsWith(except + "/", StringComparison.Ordinal));

    private static bool Has(Entry entry, IndexedField field, Value value)
    {
        if (field.IsTimestamp && value.Kind == ValueKind.String && TimestampText.TryParse(value.AsString, out long ticks))
            value = Value.Of(new DateTimeOffset(ticks, TimeSpan.Zero));
        if (field.IsTimestamp && value.IsNumber) return false;

        // Equal in the order, so that a unique field can't hold null twice; lists and objects are never compared.
        return ValueComparison.SortRank(value) != OtherRank && ValueComparison.Sort(IndexValue(entry, field), Clamped(value)) == 0;
    }

    private const int OtherRank = 6;

    private static Value IndexValue(Entry entry, IndexedField field)
    {
        using var document = JsonDocument.Parse(entry.Value);
        var element = document.RootElement;
        foreach (string name in field.Path)
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element)) return Value.Missing;
        }

        // A number where a time belongs is "anything else", and so are lists and objects.
        var value = Value.FromJson(element, field.IsTimestamp);
        return (value.IsNumber && field.IsTimestamp) || ValueComparison.SortRank(value) == OtherRank
            ? Value.OfList([])
            : Clamped(value);
    }

    /// <summary>The stores take JSON's -1e999 for the lowest double.</summary>
    private static Value Clamped(Value value) =>
        value.Kind == ValueKind.Double && double.IsNegativeInfinity(value.AsDouble) ? Value.Of(double.MinValue) : value;
}
