using System.Collections.Immutable;
using Npgsql;
using Stateway.Store.Columns;

namespace Stateway.Store.Postgres;

/// <summary>Verifies everything, in one snapshot. It reads all there is; nobody waits for it.</summary>
internal sealed class StoreCheck(NpgsqlConnection connection, CollectionTables tables, IProgress<StoreProgress>? progress)
{
    private const int ReportRows = 1_000;

    private readonly ImmutableArray<string>.Builder _faults = ImmutableArray.CreateBuilder<string>();
    private long _faultsCount;
    private long _entries;

    /// <exception cref="NpgsqlException"/>
    public async Task<StoreReport> RunAsync()
    {
        await DatabaseForm.ExecuteAsync(connection, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", CancellationToken.None);
        long revision, compacted;
        await using (var reader = await ReadAsync("SELECT revision,compacted FROM meta"))
        {
            await reader.ReadAsync();
            (revision, compacted) = (reader.GetInt64(0), reader.GetInt64(1));
        }

        await CheckLogAsync(revision, compacted);
        foreach (var table in tables.All.OrderBy(table => table.Number))
        {
            await CheckEntriesAsync(table, revision);
            await CheckVersionsAsync(table, compacted);
            await CheckIndexesAsync(table);
        }

        await DatabaseForm.ExecuteAsync(connection, "COMMIT", CancellationToken.None);
        return new(_entries, revision - compacted, _faults.ToImmutable(), _faultsCount);
    }

    private async Task CheckLogAsync(long revision, long compacted)
    {
        string gaps =
            $"""
            SELECT before+1, revision-1 FROM (SELECT revision, lag(revision,1,{compacted}::bigint) OVER (ORDER BY revision) AS before
            FROM (SELECT DISTINCT revision FROM log WHERE revision>{compacted} UNION SELECT {revision + 1}) r) s WHERE revision<>before+1
            """;
        await using (var reader = await ReadAsync(gaps))
        {
            while (await reader.ReadAsync()) Fault($"log: revisions {reader.GetInt64(0)} to {reader.GetInt64(1)} are missing, or beyond the newest, {revision}.");
        }

        string known = string.Join(',', tables.All.Select(table => table.Number).Prepend(0));
        await using (var reader = await ReadAsync($"SELECT revision,n FROM log WHERE revision>{compacted} AND collection NOT IN ({known})"))
        {
            while (await reader.ReadAsync()) Fault($"log: revision {reader.GetInt64(0)}, change {reader.GetInt32(1)} is of no collection.");
        }
    }

    private async Task CheckEntriesAsync(CollectionTable table, long revision)
    {
        string columns = string.Concat(table.Fields.Select(field => "," + field.ColumnName));
        await using var reader = await ReadAsync($"SELECT path,revision,value{columns} FROM {table.Name}");
        long done = 0;
        while (await reader.ReadAsync())
        {
            string place = $"{table.Collection}:{reader.GetString(0)}";
            if (reader.GetInt64(1) is var own && (own < 1 || own > revision))
                Fault($"{place}: its revision is {own}; the store's is {revision}.");

            byte[] value = reader.GetFieldValue<byte[]>(2);
            if (!StoredJson.IsJson(value))
            {
                Fault($"{place}: its value is not JSON.");
                continue;
            }

            byte[][] expected = table.ColumnsOf(value);
            for (int i = 0; i < expected.Length; i++)
            {
                if (table.Fields[i].IsReady && !reader.GetFieldValue<byte[]>(3 + i).AsSpan().SequenceEqual(expected[i]))
                    Fault($"{place}: the index of '{table.Fields[i].Field.Name}' has another value than the entry.");
            }

            _entries++;
            if (++done % ReportRows == 0) progress?.Report(new(table.Collection, done, 0));
        }

        progress?.Report(new(table.Collection, done, done));
    }

    private async Task CheckVersionsAsync(CollectionTable table, long compacted)
    {
        string superseded = $"SELECT revision,path,old_revision,old_value FROM log WHERE collection={table.Number} AND revision>{compacted} AND old_revision>0";
        await using (var reader = await ReadAsync(superseded))
        {
            while (await reader.ReadAsync())
            {
                string place = $"log: {table.Collection}:{reader.GetString(1)} at revision {reader.GetInt64(2)}";
                if (reader.GetInt64(2) >= reader.GetInt64(0)) Fault($"{place} is replaced by an older one, {reader.GetInt64(0)}.");
                if (reader.IsDBNull(3) || !StoredJson.IsJson(reader.GetFieldValue<byte[]>(3))) Fault($"{place} has no value that is JSON.");
            }
        }

        string lost =
            $"""
            SELECT revision,path FROM log l WHERE collection={table.Number} AND revision>{compacted} AND NOT deleted
            AND NOT EXISTS (SELECT 1 FROM log x WHERE x.collection=l.collection AND x.path=l.path AND x.old_revision=l.revision AND x.old_revision>0)
            AND NOT EXISTS (SELECT 1 FROM {table.Name} t WHERE t.path=l.path AND t.revision=l.revision)
            """;
        await using (var reader = await ReadAsync(lost))
        {
            while (await reader.ReadAsync()) Fault($"log: what revision {reader.GetInt64(0)} made of {table.Collection}:{reader.GetString(1)} is nowhere.");
        }

        string unlogged =
            $"""
            SELECT revision,path FROM {table.Name} t WHERE revision>{compacted} AND NOT EXISTS
            (SELECT 1 FROM log l WHERE l.revision=t.revision AND l.collection={table.Number} AND l.path=t.path AND NOT l.deleted)
            """;
        await using (var reader = await ReadAsync(unlogged))
        {
            while (await reader.ReadAsync()) Fault($"{table.Collection}:{reader.GetString(1)} is of revision {reader.GetInt64(0)}; the log has no such change.");
        }
    }

    private async Task CheckIndexesAsync(CollectionTable table)
    {
        foreach (var field in table.Fields)
        {
            if (!field.IsReady) continue;

            string valid = $"SELECT coalesce((SELECT indisvalid FROM pg_index WHERE indexrelid=to_regclass('{table.IndexName(field)}')),false)";
            if (await DatabaseForm.ScalarAsync(connection, valid, CancellationToken.None) is not true)
                Fault($"{table.Collection}: the index of '{field.Field.Name}' is missing or not valid.");
        }
    }

    private async Task<NpgsqlDataReader> ReadAsync(string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        return await command.ExecuteReaderAsync();
    }

    private void Fault(string text)
    {
        if (_faultsCount++ < StoreReport.FaultsMax) _faults.Add(text);
    }
}
