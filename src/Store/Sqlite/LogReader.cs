using System.Collections.Immutable;

namespace Stateway.Store.Sqlite;

/// <summary>Reads what was, from the log and the current rows, in one read transaction.</summary>
/// <param name="state">As the transaction sees it.</param>
internal sealed class LogReader(Connection connection, CollectionTables tables, StoreState state)
{
    /// <summary>Bytes of values with which a page of versions ends early.</summary>
    private const long VersionBytesMax = 16 << 20;

    // "old_revision>0" lets SQLite use the indexes that leave out what was new.
    private const string FindVersionSql =
        "SELECT id, old_revision, old_time, old_value FROM log WHERE collection=?1 AND path=?2 AND old_revision>0 AND old_revision<=?3"
        + " ORDER BY old_revision DESC LIMIT 1";
    private const string VersionsSql =
        "SELECT id, time, deleted, old_revision, old_time, old_value FROM log"
        + " WHERE collection=?1 AND path=?2 AND old_revision>0 AND old_revision<?3 AND id>=?4 ORDER BY old_revision DESC";
    private const string NextVersionSql =
        "SELECT old_time, old_value FROM log WHERE collection=?1 AND path=?2 AND old_revision>0 AND old_revision=?3";
    private const string CommitsSql =
        "SELECT id, collection, path, time, deleted, old_revision, old_time, old_value FROM log WHERE id>=?1 ORDER BY id";

    public PastEntry Find(Key key, long revision)
    {
        if (revision < state.Compacted) return new PastEntry.Gone(state);
        if (revision > state.Revision) return new PastEntry.NotYet(state);

        var table = tables.Get(key.Collection);
        using (var current = connection.Prepare(table.SelectSql))
        {
            if (current.BindText(1, key.Path).Step() && current.Int64(0) <= revision)
                return new PastEntry.Found(EntryOf(key, current, 0));
        }

        // The newest that is not newer than the revision: it was there if it was replaced later than that.
        using var old = connection.Prepare(FindVersionSql);
        return old.Bind(1, table.Number).BindText(2, key.Path).Bind(3, revision).Step() && LogId.RevisionOf(old.Int64(0)) > revision
            ? new PastEntry.Found(EntryOf(key, old, 1))
            : new PastEntry.None();
    }

    public VersionPage ReadVersions(Key key, long before, int limit)
    {
        var table = tables.Get(key.Collection);
        var versions = ImmutableArray.CreateBuilder<EntryVersion>();
        long bytes = 0;
        using (var current = connection.Prepare(table.SelectSql))
        {
            if (current.BindText(1, key.Path).Step() && current.Int64(0) < before) Add(EntryOf(key, current, 0));
        }

        using var old = connection.Prepare(VersionsSql);
        old.Bind(1, table.Number).BindText(2, key.Path).Bind(3, before).Bind(4, LogId.First(state.Compacted + 1));
        while (old.Step())
        {
            long revision = LogId.RevisionOf(old.Int64(0));
            if (old.Int64(2) != 0 && revision < before)
            {
                if (IsFull()) return new(versions.DrainToImmutable(), More: true);
                versions.Add(new(revision, new(old.Int64(1), TimeSpan.Zero), null));
            }

            if (IsFull()) return new(versions.DrainToImmutable(), More: true);
            Add(EntryOf(key, old, 3));
        }

        return new(versions.DrainToImmutable(), More: false);

        bool IsFull() => versions.Count == limit || bytes >= VersionBytesMax;

        void Add(Entry entry)
        {
            versions.Add(new(entry.Revision, TimeOf(entry.Revision) ?? entry.UpdateTime, entry));
            bytes += entry.Value.Length;
        }
    }

    public LogResult ReadCommits(long after, int changesMax)
    {
        if (after < state.Compacted || after > state.Revision) return new LogResult.Gone(state);

        var commits = ImmutableArray.CreateBuilder<Commit>();
        var changes = ImmutableArray.CreateBuilder<Change>();
        long count = 0, bytes = 0, ticks = 0;
        long revision = after;
        using var rows = connection.Prepare(CommitsSql);
        rows.Bind(1, LogId.First(after + 1));
        while (rows.Step())
        {
            long next = LogId.RevisionOf(rows.Int64(0));
            if (next != revision)
            {
                End();
                if (count >= changesMax || bytes >= StoreLimits.LogBytesMax) return new LogResult.Commits(commits.DrainToImmutable(), revision);
                if (next != revision + 1) throw new InvalidDataException($"The log has no revision {revision + 1}; check the store.");

                revision = next;
                ticks = rows.Int64(3);
            }

            if (rows.Int64(1) == LogWriter.NoCollection) continue;

            var change = ChangeOf(rows, revision);
            changes.Add(change);
            count++;
            bytes += (change.Before?.Value.Length ?? 0) + (long)(change.After?.Value.Length ?? 0);
        }

        End();
        if (revision != state.Revision) throw new InvalidDataException($"The log has no revision {revision + 1}; check the store.");
        return new LogResult.Commits(commits.DrainToImmutable(), revision);

        void End()
        {
            if (changes.Count > 0) commits.Add(new(revision, new(ticks, TimeSpan.Zero), changes.DrainToImmutable()));
        }
    }

    /// <summary>The newest revision of this time or before, by bisection: times never decrease.</summary>
    public long FindRevision(DateTimeOffset time)
    {
        long low = state.Compacted; // it, or a later one
        long high = state.Revision;
        while (low < high)
        {
            long middle = high - (high - low) / 2;
            if (TimeOf(middle) <= time) low = middle;
            else high = middle - 1;
        }

        return low;
    }

    private Change ChangeOf(Statement row, long revision)
    {
        var table = tables.Get(row.Int64(1));
        var key = new Key(table.Collection, row.Text(2));
        return new(
            key,
            row.Int64(5) == 0 ? null : EntryOf(key, row, 5),
            row.Int64(4) != 0 ? null : VersionOf(table, key, revision));
    }

    /// <summary>What a commit made of an entry.</summary>
    private Entry VersionOf(CollectionTable table, Key key, long revision)
    {
        using (var current = connection.Prepare(table.SelectSql))
        {
            if (current.BindText(1, key.Path).Step() && current.Int64(0) == revision) return EntryOf(key, current, 0);
        }

        using var old = connection.Prepare(NextVersionSql);
        return old.Bind(1, table.Number).BindText(2, key.Path).Bind(3, revision).Step()
            ? new(key, revision, new(old.Int64(0), TimeSpan.Zero), old.Bytes(1).ToArray())
            : throw new InvalidDataException($"{key} of revision {revision} is missing; check the store.");
    }

    /// <returns>Null when the log no longer has the revision.</returns>
    private DateTimeOffset? TimeOf(long revision)
    {
        using var select = connection.Prepare("SELECT time FROM log WHERE id=?1");
        return select.Bind(1, LogId.First(revision)).Step() ? new(select.Int64(0), TimeSpan.Zero) : null;
    }

    /// <param name="column">Where revision, update time and value begin.</param>
    private static Entry EntryOf(Key key, Statement row, int column) =>
        new(key, row.Int64(column), new(row.Int64(column + 1), TimeSpan.Zero), row.Bytes(column + 2).ToArray());
}
