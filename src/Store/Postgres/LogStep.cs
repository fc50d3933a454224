using System.Collections.Immutable;
using Npgsql;

namespace Stateway.Store.Postgres;

/// <summary>Reads some whole commits from the log, within one snapshot: first the log's own rows, then what is current still.</summary>
internal sealed class LogStep(NpgsqlConnection connection, Catalog catalog)
{
    // "x" is the key's next row: it has ended what this one made.
    private const string RowsSql =
        """
        SELECT l.revision,l.time,l.collection,l.path,l.deleted,l.old_revision,l.old_time,l.old_value,x.old_revision,x.old_time,x.old_value
        FROM log l LEFT JOIN LATERAL (SELECT old_revision,old_time,old_value FROM log n
          WHERE n.collection=l.collection AND n.path=l.path AND n.old_revision=l.revision AND n.old_revision>0 LIMIT 1) x
        ON l.collection<>0 AND NOT l.deleted
        WHERE l.revision>$1 AND l.revision<=coalesce(
          (SELECT revision FROM log WHERE revision>$1 ORDER BY revision,n OFFSET $2 LIMIT 1), 9223372036854775807)
        ORDER BY l.revision,l.n
        """;

    /// <summary>Whether the transaction has been ended with the last step.</summary>
    public bool IsEnded { get; private set; }

    /// <summary>The log's own rows behind a revision, up to the commit that reaches <paramref name="rowsMax"/> rows.</summary>
    public static NpgsqlBatchCommand RowsCommand(long after, int rowsMax) =>
        new(RowsSql) { Parameters = { Sql.Long(after), Sql.Long(rowsMax - 1) } };

    /// <param name="newest">The store's revision: the transaction ends with the step that reaches it.</param>
    /// <returns>The whole commits of the rows, without a gap.</returns>
    /// <exception cref="NpgsqlException"/>
    public async Task<List<Commit>> FinishAsync(List<Row> rows, long newest)
    {
        await ReadCurrentAsync(rows, isLast: rows.Count > 0 && rows[^1].Revision >= newest);

        var commits = new List<Commit>();
        var changes = ImmutableArray.CreateBuilder<Change>();
        for (int i = 0; i < rows.Count; i++)
        {
            var row = rows[i];
            if (row.Table is not null) changes.Add(new(row.Key, row.Before, row.After));
            if (i + 1 < rows.Count && rows[i + 1].Revision == row.Revision) continue;

            commits.Add(new(row.Revision, new(row.Time, TimeSpan.Zero), changes.ToImmutable()));
            changes.Clear();
        }

        return commits;
    }

    /// <param name="reader">At what a <see cref="RowsCommand"/> answers.</param>
    /// <exception cref="NpgsqlException"/>
    public async Task<List<Row>> ReadRowsAsync(NpgsqlDataReader reader)
    {
        var rows = new List<Row>();
        while (await reader.ReadAsync())
        {
            int number = reader.GetInt32(2);
            if (number == 0)
            {
                rows.Add(new(reader.GetInt64(0), reader.GetInt64(1), null, default));
                continue;
            }

            // Declared by another node since this one read the tables.
            if (catalog.Current.Find(number) is not { } table) table = (await catalog.ReloadAsync(CancellationToken.None)).Find(number)!; // collections never go

            var key = new Key(table.Collection, reader.GetString(3));
            rows.Add(new(reader.GetInt64(0), reader.GetInt64(1), table, key)
            {
                IsDeleted = reader.GetBoolean(4),
                Before = reader.GetInt64(5) == 0 ? null : History.EntryAt(reader, 5, key),
                After = reader.IsDBNull(8) ? null : History.EntryAt(reader, 8, key),
            });
        }

        return rows;
    }

    /// <summary>What no later row of the log has ended is what the key has now.</summary>
    private async Task ReadCurrentAsync(List<Row> rows, bool isLast)
    {
        var open = rows.Where(row => row.Table is not null && !row.IsDeleted && row.After is null).ToLookup(row => row.Table!);
        if (open.Count == 0 && !isLast) return;

        await using var batch = new NpgsqlBatch(connection);
        foreach (var group in open)
            batch.BatchCommands.Add(new(group.Key.SelectSql) { Parameters = { Sql.Texts([.. group.Select(row => row.Key.Path)]) } });
        if (isLast) batch.BatchCommands.Add(new("COMMIT"));
        IsEnded = isLast;

        await using var reader = await batch.ExecuteReaderAsync();
        foreach (var group in open)
        {
            var byPath = group.ToDictionary(row => row.Key.Path, StringComparer.Ordinal);
            while (await reader.ReadAsync())
            {
                var row = byPath[reader.GetString(0)];
                row.After = History.EntryAt(reader, 1, row.Key);
            }

            await reader.NextResultAsync();
        }
    }

    /// <param name="Table">Null: its commit changed nothing.</param>
    internal sealed record Row(long Revision, long Time, CollectionTable? Table, Key Key)
    {
        public bool IsDeleted { get; init; }

        public Entry? Before { get; init; }

        public Entry? After { get; set; }
    }
}
