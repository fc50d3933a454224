using System.Collections.Immutable;
using Stateway.Store.Columns;

namespace Stateway.Store.Sqlite;

/// <summary>
/// Brings the database's form to what is declared, while reads and writes go on:
/// <list type="number">
/// <item>one transaction makes tables and columns and drops indexes; from here on writes fill the new columns;</item>
/// <item>the rows from before are filled in chunks, between batches of writes;</item>
/// <item>one transaction makes the indexes and marks the fields ready; from here on queries use them.</item>
/// </list>
/// A field that is not ready when the process ends is filled from the beginning at the next declaration.
/// </summary>
internal sealed class Declaration(Committer committer, CollectionTables tables, IProgress<IndexFilling>? progress)
{
    private const int ChunkRows = 500;

    /// <exception cref="ArgumentException">A collection or a field is declared twice, or too many fields are.</exception>
    /// <exception cref="SqliteException">The database could not be changed; a second call goes on from there.</exception>
    public async Task ApplyAsync(IReadOnlyList<CollectionSpec> collections, CancellationToken ct)
    {
        CollectionSpec.Check(collections);
        if (collections.All(IsDone)) return;

        await committer.RunAsync(connection => Begin(connection, collections));

        foreach (var collection in collections)
        {
            if (IsDone(collection)) continue;

            await FillAsync(collection.Name, ct);
            await committer.RunAsync(connection => Finish(connection, collection.Name));
        }
    }

    /// <summary>Every declared field is ready and no other is kept.</summary>
    private bool IsDone(CollectionSpec collection) =>
        tables.Find(collection.Name) is { } table
        && table.Fields.Length == collection.Fields.Length
        && collection.Fields.All(field => table.Fields.Any(kept => kept.IsReady && IsSame(kept.Field, field)));

    private void Begin(Connection connection, IReadOnlyList<CollectionSpec> collections)
    {
        var changed = new List<CollectionTable>();
        connection.Execute("BEGIN IMMEDIATE");
        long numberMax = connection.ReadInt64("SELECT coalesce(max(number), 0) FROM collection");
        foreach (var collection in collections)
        {
            if (IsDone(collection)) continue;

            var table = tables.Find(collection.Name) is { } old
                ? Change(connection, old, collection)
                : Create(connection, collection, ++numberMax);
            SqliteFile.WriteTable(connection, table);
            changed.Add(table);
        }

        connection.Execute("COMMIT");

        // On the committer's thread: every write after this one fills the new columns.
        tables.Publish(changed);
    }

    private static CollectionTable Create(Connection connection, CollectionSpec collection, long number)
    {
        var fields = collection.Fields.Select((field, index) => new FieldColumn(field, index + 1, IsReady: false));
        var table = new CollectionTable(collection.Name, number, [.. fields]);
        SqliteFile.CreateTable(connection, table, Math.Max(CollectionTable.ColumnsBeforeValue, table.Fields.Length));
        return table;
    }

    private static CollectionTable Change(Connection connection, CollectionTable old, CollectionSpec collection)
    {
        var kept = old.Fields.Where(have => collection.Fields.Any(want => IsSame(have.Field, want))).ToList();
        foreach (var dropped in old.Fields.Except(kept)) connection.Execute($"DROP INDEX IF EXISTS {old.IndexName(dropped)}");

        // A column whose field was dropped is taken by the next field: dropping it would rewrite the whole table.
        int columns = SqliteFile.CountColumns(connection, old);
        foreach (var added in collection.Fields.Where(want => !kept.Any(have => IsSame(have.Field, want))))
        {
            int column = 1;
            while (kept.Any(have => have.Column == column)) column++;

            if (column > columns)
            {
                connection.Execute($"ALTER TABLE {old.Name} ADD COLUMN c{column}");
                columns = column;
            }

            kept.Add(new(added, column, IsReady: false));
        }

        return new(old.Collection, old.Number, [.. kept]);
    }

    private async Task FillAsync(string collection, CancellationToken ct)
    {
        var table = tables.Get(collection);
        long total = 0, done = 0, last = 0;
        await committer.RunAsync(connection => total = connection.ReadInt64($"SELECT count(*) FROM {table.Name}"));
        if (total == 0) return;

        int rows;
        do
        {
            ct.ThrowIfCancellationRequested();
            rows = 0;
            await committer.RunAsync(connection => rows = FillChunk(connection, table, ref last));
            done += rows;
            progress?.Report(new(collection, Math.Min(done, total), total));
        }
        while (rows == ChunkRows);
    }

    /// <param name="last">Id of the last row done. Ids only grow, and writes since <see cref="Begin"/> fill their rows themselves.</param>
    private static int FillChunk(Connection connection, CollectionTable table, ref long last)
    {
        var unready = table.Fields.Where(field => !field.IsReady).ToImmutableArray();
        if (unready.IsEmpty) return 0;

        var reader = new FieldReader([.. unready.Select(field => field.Field)]);
        string assignments = string.Join(',', unready.Select((field, index) => $"{field.ColumnName}=?{index + 2}"));
        connection.Execute("BEGIN IMMEDIATE");

        int rows = 0;
        using (var select = connection.Prepare($"SELECT id, value FROM {table.Name} WHERE id>?1 ORDER BY id LIMIT {ChunkRows}"))
        using (var update = connection.Prepare($"UPDATE {table.Name} SET {assignments} WHERE id=?1"))
        {
            select.Bind(1, last);
            while (select.Step())
            {
                last = select.Int64(0);
                update.Bind(1, last);
                int parameter = 2;
                foreach (var value in reader.Read(select.Bytes(1).ToArray())) value.BindTo(update, parameter++);
                update.Run();
                rows++;
            }
        }

        connection.Execute("COMMIT");
        return rows;
    }

    private void Finish(Connection connection, string collection)
    {
        var table = tables.Get(collection);
        connection.Execute("BEGIN IMMEDIATE");
        foreach (var field in table.Fields)
        {
            if (field.IsReady) continue;

            connection.Execute($"DROP INDEX IF EXISTS {table.IndexName(field)}");
            connection.Execute($"CREATE INDEX {table.IndexName(field)} ON {table.Name}({field.ColumnName}, path)");
        }

        var ready = new CollectionTable(table.Collection, table.Number, [.. table.Fields.Select(field => field with { IsReady = true })]);
        SqliteFile.WriteTable(connection, ready);
        connection.Execute("COMMIT");
        tables.Publish([ready]);
    }

    private static bool IsSame(IndexedField a, IndexedField b) =>
        a.IsTimestamp == b.IsTimestamp && a.Path.AsSpan().SequenceEqual(b.Path.AsSpan());
}
