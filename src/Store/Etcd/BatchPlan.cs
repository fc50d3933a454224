using System.Diagnostics;
using System.Runtime.InteropServices;
using Stateway.Store.Columns;

namespace Stateway.Store.Etcd;

/// <summary>
/// What of the waiting transactions goes into the next transaction of etcd, worked out over one snapshot. It holds if the
/// head is still what the snapshot has, which etcd compares. A transaction that meets what an earlier one of the batch writes
/// waits for the next round: so all of the batch see the same state and may share its revision.
/// </summary>
internal sealed class BatchPlan
{
    private const int OperationBytes = 32; // around a key and its value

    private readonly Snapshot _snapshot;
    private readonly EtcdKeys _keys;
    private readonly EtcdStoreOptions _options;
    private readonly HashSet<Key> _written = [];
    private readonly List<(string Collection, string Parent)> _emptied = [];
    private readonly List<(FieldSet Fields, EncodedPut Put)> _puts = [];
    private readonly List<PlannedWrite> _operations = [];
    private readonly List<RowChange> _deletions = [];
    private readonly SortedDictionary<string, long> _leases = new(StringComparer.Ordinal);
    private long _bytes;

    private BatchPlan(Snapshot snapshot, EtcdKeys keys, EtcdStoreOptions options)
    {
        (_snapshot, _keys, _options) = (snapshot, keys, options);
        Time = options.Time.GetUtcNow();
    }

    public Guid Id { get; } = Guid.NewGuid();

    public DateTimeOffset Time { get; }

    /// <summary>Of the snapshot that everything here is true for.</summary>
    public long Revision => _snapshot.Revision;

    /// <summary>They conflict, if the snapshot is the newest.</summary>
    public List<(PendingCommit Commit, CommitResult Conflict)> Conflicts { get; } = [];

    /// <summary>Without writes; what they ask for holds, if the snapshot is the newest.</summary>
    public List<PendingCommit> Checks { get; } = [];

    public List<PendingCommit> Writers { get; } = [];

    /// <summary>Epochs that must be those of the leases.</summary>
    public IReadOnlyDictionary<string, long> Leases => _leases;

    public bool IsEmpty => Conflicts.Count + Checks.Count + Writers.Count == 0;

    /// <summary>Answers at once what can be said without etcd; the rest of what is not in the plan keeps waiting.</summary>
    /// <param name="writersMax">Transactions that write.</param>
    public static BatchPlan Of(Snapshot snapshot, List<PendingCommit> pending, int writersMax, EtcdKeys keys, EtcdStoreOptions options)
    {
        var plan = new BatchPlan(snapshot, keys, options);
        foreach (var commit in pending)
        {
            if (!commit.IsAnswered) plan.Add(commit, writersMax);
        }

        return plan;
    }

    /// <summary>Compares the head and the leases; tells what they are where they are others.</summary>
    public ReadOnlyMemory<byte> WriteBody()
    {
        var body = new RequestBody();
        body.Json.WriteStartObject();
        body.Json.WriteStartArray("compare"u8);
        body.WriteModifiedAt(_keys.Head, Revision);
        foreach (var (lease, epoch) in _leases) body.WriteCreatedAt(_keys.Lease(lease), epoch > 0 ? epoch : -1); // no key is of -1
        body.Json.WriteEndArray();

        if (Writers.Count > 0)
        {
            body.Json.WriteStartArray("success"u8);
            foreach (var write in _operations)
            {
                if (write.Value is { } value) body.WritePut(write.Key, value);
                else body.WriteDelete(write.Key, write.End);
            }

            body.WritePut(_keys.Head, Head.Encode(Id, Time)); // the last one: where a watch sees that the commit is whole
            body.Json.WriteEndArray();
        }

        body.Json.WriteStartArray("failure"u8);
        body.WriteRangeOperation(_keys.Head);
        foreach (string lease in _leases.Keys) body.WriteRangeOperation(_keys.Lease(lease));
        body.Json.WriteEndArray();
        body.Json.WriteEndObject();
        return body.Finish();
    }

    /// <summary>What the commit has changed, once its revision is known.</summary>
    public List<RowChange> ChangesAt(long revision)
    {
        var changes = new List<RowChange>(_puts.Count + _deletions.Count);
        foreach (var (fields, put) in _puts)
            changes.Add(new(put.Entry.Key, put.Entry with { Revision = revision }, fields, put.ColumnsFor(fields)));
        changes.AddRange(_deletions);
        return changes;
    }

    private void Add(PendingCommit commit, int writersMax)
    {
        switch (Check(commit.Transaction))
        {
            case CommitResult.Conflict conflict:
                Conflicts.Add((commit, conflict));
                return;
            case { } refusal:
                commit.Answer(refusal);
                return;
        }

        if (_mustWait || (_leases.Count > 0 && !CanLease(commit.Transaction))) return;

        if (commit.Transaction.Writes.IsEmpty)
        {
            if (!TryLease(commit.Transaction)) return;
            Checks.Add(commit);
            return;
        }

        if (Writers.Count >= writersMax) return;

        var net = NetWrites.Of(commit, _snapshot);
        if (Meets(net)) return;

        int operations = net.Operations.Count;
        long bytes = 0;
        var planned = new List<PlannedWrite>(operations);
        foreach (var write in net.Operations)
        {
            var encoded = write.Encode(_keys);
            bytes += encoded.Key.Length + (encoded.End?.Length ?? 0) + (encoded.Value?.Length ?? 0) + OperationBytes;
            planned.Add(encoded);
        }

        int operationsMax = _options.TransactionOperationsMax - 1; // the head
        if (operations > operationsMax || bytes > _options.TransactionBytesMax)
        {
            commit.Answer(new CommitResult.TooLarge(operations > operationsMax
                ? $"{operationsMax} writes"
                : $"{_options.TransactionBytesMax} bytes of keys and values"));
            return;
        }

        if (_operations.Count + operations > operationsMax || _bytes + bytes > _options.TransactionBytesMax) return;
        if (!TryLease(commit.Transaction)) return;

        _operations.AddRange(planned);
        _bytes += bytes;
        foreach (var key in net.Keys) _written.Add(key);
        _emptied.AddRange(net.Emptied);
        foreach (var put in net.Puts) _puts.Add((_snapshot.Get(put.Entry.Key.Collection).Fields, put));
        _deletions.AddRange(net.Deletions);
        Writers.Add(commit);
    }

    private bool _mustWait; // of the last check: what it asks for may be changed by the batch

    /// <returns>Null when everything holds, or when that is not known before the batch is committed.</returns>
    private CommitResult? Check(Transaction transaction)
    {
        _mustWait = false;
        foreach (var precondition in transaction.Preconditions)
        {
            var refusal = precondition switch
            {
                Precondition.AtRevision at => CheckKey(at, at.Key, actual => actual == at.Revision),
                Precondition.Exists exists => CheckKey(exists, exists.Key, actual => actual != 0),
                Precondition.NoneWith none => CheckNone(none),
                Precondition.Leased => null, // etcd compares
                _ => throw new UnreachableException(),
            };
            if (refusal is not null || _mustWait) return refusal;
        }

        return null;
    }

    private CommitResult.Conflict? CheckKey(Precondition precondition, Key key, Func<long, bool> holds)
    {
        if (IsWritten(key))
        {
            _mustWait = true;
            return null;
        }

        long actual = _snapshot.Get(key.Collection).FindEntry(key.Path)?.Revision ?? 0;
        if (holds(actual)) return null;
        return new(precondition, precondition is Precondition.AtRevision ? actual : 0);
    }

    private CommitResult? CheckNone(Precondition.NoneWith none)
    {
        var rows = _snapshot.Get(none.Collection);
        if (rows.Fields.Find(none.Field) is not { } column)
            return new CommitResult.Unavailable($"The field '{none.Field}' of '{none.Collection}' is not indexed.");

        var value = ColumnValue.Of(none.Value, column.Field.IsTimestamp);
        if (value.Kind == ColumnKind.Other) return null; // all of them have one place in the order, yet are not equal

        var found = rows.With(column, value);
        for (int i = found.Start; i < found.End; i++)
        {
            var row = found.Rows[i];
            if (IsExcepted(row.Path, none)) continue;
            if (!IsWritten(row.Entry.Key)) return new CommitResult.Conflict(none, 0);
            _mustWait = true;
        }

        foreach (var (_, put) in CollectionsMarshal.AsSpan(_puts))
        {
            if (put.Entry.Key.Collection != none.Collection || IsExcepted(put.Entry.Key.Path, none)) continue;
            if (ColumnValue.Compare(put.ColumnsFor(rows.Fields)[column.Column - 1], value) == 0) _mustWait = true;
        }

        return null;
    }

    private static bool IsExcepted(string path, Precondition.NoneWith none)
    {
        foreach (string except in none.Except)
        {
            if (path == except || (path.Length > except.Length && path[except.Length] == '/' && path.StartsWith(except, StringComparison.Ordinal)))
                return true;
        }

        return false;
    }

    private bool IsWritten(Key key)
    {
        if (_written.Contains(key)) return true;
        foreach (var (collection, parent) in _emptied)
        {
            if (key.Collection == collection && NetWrites.IsBelow(key.Path, parent)) return true;
        }

        return false;
    }

    private bool Meets(NetWrites net)
    {
        foreach (var key in net.Keys)
        {
            if (IsWritten(key)) return true;
        }

        foreach (var (collection, parent) in net.Emptied)
        {
            foreach (var key in _written)
            {
                if (key.Collection == collection && NetWrites.IsBelow(key.Path, parent)) return true;
            }
        }

        return false;
    }

    private bool CanLease(Transaction transaction)
    {
        foreach (var precondition in transaction.Preconditions)
        {
            if (precondition is Precondition.Leased leased && _leases.TryGetValue(leased.Lease, out long epoch) && epoch != leased.Epoch) return false;
        }

        return true;
    }

    /// <summary>One epoch for each lease; another one waits for the next round.</summary>
    private bool TryLease(Transaction transaction)
    {
        int added = 0;
        foreach (var precondition in transaction.Preconditions)
        {
            if (precondition is Precondition.Leased leased && !_leases.ContainsKey(leased.Lease)) added++;
        }

        if (_leases.Count + added > _options.TransactionOperationsMax - 1) return false;
        foreach (var precondition in transaction.Preconditions)
        {
            if (precondition is Precondition.Leased leased) _leases.TryAdd(leased.Lease, leased.Epoch);
        }

        return true;
    }
}

/// <param name="End">Of a deletion of several keys.</param>
/// <param name="Value">Null: a deletion.</param>
internal readonly record struct PlannedWrite(byte[] Key, byte[]? End, byte[]? Value);
