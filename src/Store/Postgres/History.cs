using System.Collections.Immutable;
using Npgsql;

namespace Stateway.Store.Postgres;

/// <summary>
/// Reads what was. A row of the log says how long a version was valid: the one of <c>old_revision</c>, until <c>revision</c>. What a
/// change made is the version that the key's next row ended, or the key's current row:
/// <code>
/// log  revision  path  old_revision  old_value  deleted      put p1 a (1), put p1 b (2), delete p1 (3), put p1 c (4)
///             1  p1               0
///             2  p1               1  a
///             3  p1               2  b          deleted
///             4  p1               0                          t1 has p1 at revision 4 with c
/// </code>
/// </summary>
internal sealed class History(Database database, Catalog catalog)
{
    private const string Begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    private const string StateSql = "SELECT revision,compacted FROM meta";
    private const int StepRowsFirst = 50, StepRowsMax = 500;
    private const long StepBytes = 8 << 20;

    /// <exception cref="NpgsqlException"/>
    public Task<StoreState> ReadStateAsync(CancellationToken ct) => database.ReadAsync(ReadStateAsync, ct);

    /// <exception cref="NpgsqlException"/>
    public Task<PastEntry> GetAsync(Key key, long revision, CancellationToken ct)
    {
        var table = catalog.Current.Get(key.Collection);
        PathText.Check(key.Path);
        return database.ReadAsync(connection => GetAsync(connection, table, key, revision), ct);
    }

    /// <exception cref="NpgsqlException"/>
    public Task<VersionPage> ReadVersionsAsync(Key key, long before, int limit, CancellationToken ct)
    {
        var table = catalog.Current.Get(key.Collection);
        PathText.Check(key.Path);
        return database.ReadAsync(connection => ReadVersionsAsync(connection, table, key, before, limit), ct);
    }

    /// <exception cref="NpgsqlException"/>
    public Task<LogResult> ReadLogAsync(long after, int changesMax, CancellationToken ct) =>
        database.ReadAsync(connection => ReadLogAsync(connection, after, changesMax), ct);

    /// <exception cref="NpgsqlException"/>
    public Task<long> FindRevisionAsync(DateTimeOffset time, CancellationToken ct) =>
        database.ReadAsync(connection => FindRevisionAsync(connection, time), ct);

    /// <exception cref="NpgsqlException"/>
    /// <exception cref="ArgumentOutOfRangeException">The store has not come so far.</exception>
    public async Task CompactAsync(long revision, CancellationToken ct)
    {
        await using var connection = await database.ConnectAsync(ct);

        // First the promise is taken back, then the rows go: nobody reads what is half gone.
        await ExecuteAsync("UPDATE meta SET compacted=$1 WHERE compacted<$1 AND revision>=$1", revision);
        long newest = (long)(await DatabaseForm.ScalarAsync(connection, "SELECT revision FROM meta", ct))!; // one row
        ArgumentOutOfRangeException.ThrowIfGreaterThan(revision, newest);

        // Each step begins behind the one before: what it has deleted lies in the index until it is cleaned up.
        long done = -1;
        while (await NextAsync() is long until)
        {
            await ExecuteAsync("DELETE FROM log WHERE revision>$1 AND revision<=$2", done, until);
            done = until;
        }

        async Task<object?> NextAsync()
        {
            await using var select = new NpgsqlCommand(
                "SELECT max(revision) FROM (SELECT revision FROM log WHERE revision>$1 AND revision<=$2 ORDER BY revision,n LIMIT 1000) s", connection)
            {
                Parameters = { Sql.Long(done), Sql.Long(revision) },
            };
            return await select.ExecuteScalarAsync(ct);
        }

        async Task ExecuteAsync(string sql, params long[] values)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            foreach (long value in values) command.Parameters.Add(Sql.Long(value));
            await command.ExecuteNonQueryAsync(ct);
        }
    }

    /// <param name="column">Of the revision; behind it update time and value.</param>
    public static Entry EntryAt(NpgsqlDataReader reader, int column, Key key) =>
        new(key, reader.GetInt64(column), new(reader.GetInt64(column + 1), TimeSpan.Zero), reader.GetFieldValue<byte[]>(column + 2));

    private static async Task<StoreState> ReadStateAsync(NpgsqlConnection connection)
    {
        await using var select = new NpgsqlCommand(StateSql, connection);
        await using var reader = await select.ExecuteReaderAsync();
        await reader.ReadAsync();
        return new StoreState(reader.GetInt64(0), reader.GetInt64(1));
    }

    private static async Task<PastEntry> GetAsync(NpgsqlConnection connection, CollectionTable table, Key key, long revision)
    {
        await using var select = new NpgsqlCommand(
            $"""
            SELECT m.revision,m.compacted,v.* FROM meta m LEFT JOIN LATERAL (
            SELECT revision,update_time,value FROM {table.Name} WHERE path=$1 AND revision<=$2
            UNION ALL SELECT old_revision,old_time,old_value FROM log
            WHERE collection={table.Number} AND path=$1 AND old_revision>0 AND old_revision<=$2 AND revision>$2) v ON true
            """,
            connection)
        {
            Parameters = { Sql.Text(key.Path), Sql.Long(revision) },
        };
        await using var reader = await select.ExecuteReaderAsync();
        await reader.ReadAsync();

        var state = new StoreState(reader.GetInt64(0), reader.GetInt64(1));
        if (revision < state.Compacted) return new PastEntry.Gone(state);
        if (revision > state.Revision) return new PastEntry.NotYet(state);
        return reader.IsDBNull(2) ? new PastEntry.None() : new PastEntry.Found(EntryAt(reader, 2, key));
    }

    private static async Task<VersionPage> ReadVersionsAsync(NpgsqlConnection connection, CollectionTable table, Key key, long before, int limit)
    {
        // A commit's time is in the log; of what is older than that, the entry's own is what is left.
        static string Time(string revision) =>
            $"(SELECT l.time FROM log l,meta WHERE l.revision={revision} AND l.revision>meta.compacted LIMIT 1)";

        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new(Begin),
                new($"SELECT revision,update_time,value,{Time("t.revision")} FROM {table.Name} t WHERE path=$1 AND revision<$2")
                {
                    Parameters = { Sql.Text(key.Path), Sql.Long(before) },
                },
                new(
                    $"""
                    SELECT old_revision,old_time,old_value,{Time("v.old_revision")},revision,time,deleted
                    FROM log v WHERE collection={table.Number} AND path=$1 AND old_revision>0 AND old_revision<$2
                    AND revision>(SELECT compacted FROM meta) ORDER BY old_revision DESC LIMIT {limit + 1}
                    """)
                {
                    Parameters = { Sql.Text(key.Path), Sql.Long(before) },
                },
                new("COMMIT"),
            },
        };

        var versions = ImmutableArray.CreateBuilder<EntryVersion>();
        await using var reader = await batch.ExecuteReaderAsync();
        if (await reader.ReadAsync()) versions.Add(VersionAt(reader, key));
        await reader.NextResultAsync();

        long bytes = 0;
        while (versions.Count <= limit && await reader.ReadAsync())
        {
            // Long values: the page ends early.
            bytes += versions.Count == 0 ? 0 : versions[^1].Entry?.Value.Length ?? 0;
            if (bytes > StoreLimits.LogBytesMax) return new(versions.DrainToImmutable(), More: true);

            long ended = reader.GetInt64(4);
            if (reader.GetBoolean(6) && ended < before) versions.Add(new(ended, new(reader.GetInt64(5), TimeSpan.Zero), null));
            versions.Add(VersionAt(reader, key));
        }

        bool more = versions.Count > limit;
        if (more) versions.Count = limit;
        return new(versions.DrainToImmutable(), more);
    }

    private async Task<LogResult> ReadLogAsync(NpgsqlConnection connection, long after, int changesMax)
    {
        // In steps, so that long values are not read beyond what the answer takes. The first comes with what fixes the snapshot.
        var log = new LogStep(connection, catalog);
        StoreState state;
        List<LogStep.Row> rows;
        await using (var batch = new NpgsqlBatch(connection) { BatchCommands = { new(Begin), new(StateSql), LogStep.RowsCommand(after, Math.Min(StepRowsFirst, changesMax)) } })
        await using (var reader = await batch.ExecuteReaderAsync())
        {
            await reader.ReadAsync();
            state = new(reader.GetInt64(0), reader.GetInt64(1));
            if (after < state.Compacted || after > state.Revision) return new LogResult.Gone(state);

            await reader.NextResultAsync();
            rows = await log.ReadRowsAsync(reader);
        }

        var commits = ImmutableArray.CreateBuilder<Commit>();
        long through = after;
        int changes = 0, stepRows = StepRowsFirst;
        long bytes = 0;
        while (through < state.Revision && changes < changesMax && bytes < StoreLimits.LogBytesMax)
        {
            if (through > after) rows = await ReadRowsAsync(through, Math.Min(stepRows, changesMax - changes));
            var step = await log.FinishAsync(rows, state.Revision);
            if (step.Count == 0) return new LogResult.Unavailable($"The log has no revision {through + 1}; check the store.");

            foreach (var commit in step)
            {
                // Past a limit the rest of the step is dropped, and read again next time.
                if (changes >= changesMax || bytes >= StoreLimits.LogBytesMax) break;

                commits.Add(commit);
                through = commit.Revision;
                changes += commit.Changes.Length;
                foreach (var change in commit.Changes) bytes += (change.Before?.Value.Length ?? 0) + (change.After?.Value.Length ?? 0);
            }

            // As many rows as have about so many bytes, going by those so far.
            stepRows = (int)Math.Clamp(StepBytes / Math.Max(1, bytes / Math.Max(1, changes)), 1, Math.Min(stepRows * 4, StepRowsMax));
        }

        if (!log.IsEnded) await DatabaseForm.ExecuteAsync(connection, "COMMIT", CancellationToken.None);
        return new LogResult.Commits(commits.DrainToImmutable(), through);

        async Task<List<LogStep.Row>> ReadRowsAsync(long through, int rowsMax)
        {
            await using var batch = new NpgsqlBatch(connection) { BatchCommands = { LogStep.RowsCommand(through, rowsMax) } };
            await using var reader = await batch.ExecuteReaderAsync();
            return await log.ReadRowsAsync(reader);
        }
    }

    private static async Task<long> FindRevisionAsync(NpgsqlConnection connection, DateTimeOffset time)
    {
        // The newest row that is old enough, by halving: times rise with revisions, but for nodes' clocks that differ.
        await using var select = new NpgsqlCommand(StateSql, connection);
        long low, high;
        await using (var reader = await select.ExecuteReaderAsync())
        {
            await reader.ReadAsync();
            (high, low) = (reader.GetInt64(0), reader.GetInt64(1));
        }

        while (low < high)
        {
            long middle = high - (high - low) / 2;
            await using var probe = new NpgsqlCommand("SELECT time FROM log WHERE revision=$1 LIMIT 1", connection)
            {
                Parameters = { Sql.Long(middle) },
            };

            // Given up meanwhile: then everything up to here is.
            if (await probe.ExecuteScalarAsync() is not long found || found <= time.UtcTicks) low = middle;
            else high = middle - 1;
        }

        return low;
    }

    private static EntryVersion VersionAt(NpgsqlDataReader reader, Key key)
    {
        var entry = EntryAt(reader, 0, key);
        return new(entry.Revision, reader.IsDBNull(3) ? entry.UpdateTime : new(reader.GetInt64(3), TimeSpan.Zero), entry);
    }
}
