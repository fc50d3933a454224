using System.Collections.Immutable;
using Npgsql;
using Stateway.Store.Columns;

namespace Stateway.Store.Postgres;

/// <summary>
/// Brings the database's form to what is declared, while all nodes read and write:
/// <list type="number">
/// <item>one transaction makes tables and columns; from here on every node's writes fill the new columns, as its committer finds the declarations' count raised;</item>
/// <item>the rows from before are filled in chunks, between batches of writes;</item>
/// <item>the indexes are made, and one transaction marks the fields ready; from here on queries use them.</item>
/// </list>
/// A field that is not ready when the node ends is filled from the beginning at the next declaration. One node declares at a time.
/// </summary>
internal sealed class Declaration(Database database, Catalog catalog, Announcer announcer, IProgress<StoreProgress>? progress)
{
    private const int ChunkRows = 500;
    private const int SmallRows = 5_000; // an index over so many is made within the transaction, without stopping writers for long
    private static readonly TimeSpan _lockPause = TimeSpan.FromMilliseconds(50);

    /// <exception cref="ArgumentException">A collection or a field is declared twice, or too many fields are.</exception>
    /// <exception cref="NpgsqlException">The database could not be changed; a second call goes on from there.</exception>
    public async Task ApplyAsync(IReadOnlyList<CollectionSpec> collections, CancellationToken ct)
    {
        CollectionSpec.Check(collections);
        await announcer.AppearAsync(ct);
        await catalog.ReloadAsync(ct);
        if (collections.All(IsReady) && !collections.Any(HasMore)) return;

        // The lock and all work are on this connection: when it breaks, nobody else is kept waiting.
        await using var connection = await database.ConnectAsync(ct);
        await LockAsync(connection, ct);
        await catalog.LoadAsync(connection, ct);

        // Only who is alone takes away what another node may use.
        if (collections.Any(HasMore))
            await announcer.RunAloneAsync(() => ChangeAsync(connection, collections, canDrop: true, ct), ct);

        if (!collections.All(IsReady)) await ChangeAsync(connection, collections, canDrop: false, ct);
        foreach (var collection in collections)
        {
            if (!IsReady(collection)) await FinishAsync(connection, collection.Name, ct);
        }
    }

    private bool IsReady(CollectionSpec collection) =>
        catalog.Current.Find(collection.Name) is { } table
        && collection.Fields.All(field => table.Fields.Any(kept => kept.IsReady && IsSame(kept.Field, field)));

    /// <summary>Fields that are indexed but no longer declared.</summary>
    private bool HasMore(CollectionSpec collection) =>
        catalog.Current.Find(collection.Name) is { } table
        && table.Fields.Any(kept => !collection.Fields.Any(field => IsSame(kept.Field, field)));

    /// <summary>Polls: a statement that waited for the lock would hold up the making of an index on another node, and so wait for ever.</summary>
    private async Task LockAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        string take = $"SELECT pg_try_advisory_lock({database.LockKey},{DatabaseForm.DeclaringLock})";
        while (await DatabaseForm.ScalarAsync(connection, take, ct) is not true) await Task.Delay(_lockPause, ct);
    }

    private async Task ChangeAsync(NpgsqlConnection connection, IReadOnlyList<CollectionSpec> collections, bool canDrop, CancellationToken ct)
    {
        await InTransactionAsync(
            connection,
            async tables =>
            {
                int numberMax = tables.All.Select(table => table.Number).DefaultIfEmpty().Max();
                foreach (var collection in collections)
                {
                    if (IsReady(collection) && !(canDrop && HasMore(collection))) continue;

                    var table = tables.Find(collection.Name) is { } old
                        ? await ChangeAsync(connection, old, collection, canDrop, ct)
                        : await CreateAsync(connection, collection, ++numberMax, ct);
                    await Catalog.WriteAsync(connection, table, ct);
                }
            },
            ct);
    }

    /// <summary>Nothing is in it yet, so its fields are ready at once.</summary>
    private static async Task<CollectionTable> CreateAsync(NpgsqlConnection connection, CollectionSpec collection, int number, CancellationToken ct)
    {
        var fields = collection.Fields.Select((field, index) => new FieldColumn(field, index + 1, IsReady: true));
        var table = new CollectionTable(collection.Name, number, [.. fields]);
        await DatabaseForm.CreateTableAsync(connection, table, ct);
        return table;
    }

    private static async Task<CollectionTable> ChangeAsync(
        NpgsqlConnection connection, CollectionTable old, CollectionSpec collection, bool canDrop, CancellationToken ct)
    {
        // A field whose kind changes has one name, so it can't be kept beside itself.
        var kept = old.Fields.Where(have => collection.Fields.Any(want => IsSame(have.Field, want))
            || (!canDrop && !collection.Fields.Any(want => want.Name == have.Field.Name))).ToList();
        foreach (var dropped in old.Fields.Except(kept))
            await DatabaseForm.ExecuteAsync(connection, $"DROP INDEX IF EXISTS {old.IndexName(dropped)}", ct);

        // A column whose field was dropped is taken by the next field: so a table never has more columns than fields at one time.
        foreach (var added in collection.Fields.Where(want => !kept.Any(have => IsSame(have.Field, want))))
        {
            int column = 1;
            while (kept.Any(have => have.Column == column)) column++;

            await DatabaseForm.ExecuteAsync(
                connection,
                $"ALTER TABLE {old.Name} ADD COLUMN IF NOT EXISTS c{column} bytea NOT NULL DEFAULT {ColumnForm.MissingLiteral}",
                ct);
            kept.Add(new(added, column, IsReady: false));
        }

        return new(old.Collection, old.Number, [.. kept]);
    }

    private async Task FinishAsync(NpgsqlConnection connection, string collection, CancellationToken ct)
    {
        var table = catalog.Current.Get(collection);
        var unready = table.Fields.Where(field => !field.IsReady).ToImmutableArray();
        long rows = await FillAsync(connection, table, unready, ct);

        foreach (var field in unready)
        {
            // One that was left half made, or made for another field, is of no use.
            await DatabaseForm.ExecuteAsync(connection, $"DROP INDEX IF EXISTS {table.IndexName(field)}", ct);

            // It waits for everything that runs, however long.
            await DatabaseForm.ExecuteAsync(connection, "SET lock_timeout=0", ct);
            await using var create = new NpgsqlCommand(DatabaseForm.CreateIndexText(table, field, isConcurrent: rows > SmallRows), connection)
            {
                CommandTimeout = 0,
            };
            await create.ExecuteNonQueryAsync(ct);
            await DatabaseForm.ExecuteAsync(connection, "RESET lock_timeout", ct);
        }

        if (rows > 0) await DatabaseForm.ExecuteAsync(connection, $"ANALYZE {table.Name}", ct); // or the planner knows nothing of the new columns
        await InTransactionAsync(
            connection,
            tables =>
            {
                var now = tables.Get(collection);
                var ready = now.Fields.Select(field => unready.Any(filled => filled.Column == field.Column) ? field with { IsReady = true } : field);
                return Catalog.WriteAsync(connection, new(now.Collection, now.Number, [.. ready]), ct);
            },
            ct);
    }

    /// <returns>How many rows the table has.</returns>
    private async Task<long> FillAsync(NpgsqlConnection connection, CollectionTable table, ImmutableArray<FieldColumn> unready, CancellationToken ct)
    {
        var reader = new FieldReader([.. unready.Select(field => field.Field)]);
        long total = (long)(await DatabaseForm.ScalarAsync(connection, $"SELECT count(*) FROM {table.Name}", ct))!; // one row
        long done = 0;
        string last = "";
        int rows;
        do
        {
            (rows, last) = await FillChunkAsync(connection, table, unready, reader, last, ct);
            done += rows;
            if (rows > 0) progress?.Report(new(table.Collection, done, Math.Max(done, total)));
        }
        while (rows == ChunkRows);

        return done;
    }

    private static async Task<(int Rows, string Last)> FillChunkAsync(
        NpgsqlConnection connection, CollectionTable table, ImmutableArray<FieldColumn> unready, FieldReader reader, string last, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(ct);

        // No commit meanwhile: rows that it changes would be locked in another order.
        await DatabaseForm.ExecuteAsync(connection, "SELECT 1 FROM meta FOR UPDATE", ct);

        var paths = new List<string>();
        var columns = unready.Select(_ => new List<byte[]>()).ToArray();
        await using (var select = new NpgsqlCommand($"SELECT path,value FROM {table.Name} WHERE path>$1 ORDER BY path LIMIT {ChunkRows}", connection)
        {
            Parameters = { Sql.Text(last) },
        })
        await using (var values = await select.ExecuteReaderAsync(ct))
        {
            while (await values.ReadAsync(ct))
            {
                paths.Add(values.GetString(0));
                var fields = reader.Read(values.GetFieldValue<byte[]>(1));
                for (int i = 0; i < fields.Length; i++) columns[i].Add(ColumnForm.Encode(fields[i]));
            }
        }

        if (paths.Count == 0) return (0, last);

        string names = string.Join(',', unready.Select(field => field.ColumnName));
        string assignments = string.Join(',', unready.Select(field => $"{field.ColumnName}=u.{field.ColumnName}"));
        string arrays = string.Concat(unready.Select((_, i) => $",${i + 2}::bytea[]"));
        await using var update = new NpgsqlCommand(
            $"UPDATE {table.Name} t SET {assignments} FROM unnest($1::text[]{arrays}) u(path,{names}) WHERE t.path=u.path", connection)
        {
            Parameters = { Sql.Texts([.. paths]) },
        };
        foreach (var column in columns) update.Parameters.Add(Sql.Blobs(column.ToArray()));
        await update.ExecuteNonQueryAsync(ct);
        await transaction.CommitAsync(ct);
        return (paths.Count, paths[^1]);
    }

    /// <summary>Changes the declarations, counted, so that every node notices with its next statement.</summary>
    private async Task InTransactionAsync(NpgsqlConnection connection, Func<CollectionTables, Task> change, CancellationToken ct)
    {
        await using (var transaction = await connection.BeginTransactionAsync(ct))
        {
            await DatabaseForm.ExecuteAsync(connection, "SELECT 1 FROM meta FOR UPDATE", ct);
            await change(await catalog.LoadAsync(connection, ct));
            await DatabaseForm.ExecuteAsync(connection, "UPDATE meta SET declarations=declarations+1", ct);
            await transaction.CommitAsync(ct);
        }

        await catalog.LoadAsync(connection, ct);
    }

    private static bool IsSame(IndexedField a, IndexedField b) =>
        a.IsTimestamp == b.IsTimestamp && a.Path.AsSpan().SequenceEqual(b.Path.AsSpan());
}
