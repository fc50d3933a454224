using Npgsql;
using Stateway.Store.Columns;

namespace Stateway.Store.Postgres;

/// <summary>The schema and the tables that every store has.</summary>
internal static class DatabaseForm
{
    private const int FormatVersion = 1;

    /// <summary>The second half of an advisory lock's key.</summary>
    public const int MakingLock = 0, DeclaringLock = 1, PresenceLock = 2;

    /// <summary>Looks whether the schema holds a store that this version knows, and makes one where there is none.</summary>
    /// <returns>Null when it can be used; otherwise why not, to be read behind the store's name.</returns>
    /// <exception cref="NpgsqlException"/>
    public static async Task<(StoreRefusal Reason, string Message)?> PrepareAsync(NpgsqlConnection connection, Database database, CancellationToken ct)
    {
        if (connection.PostgreSqlVersion.Major < 12)
            return (StoreRefusal.Failed, $"is PostgreSQL {connection.PostgreSqlVersion}; 12 or newer is needed.");

        if (await ScalarAsync(connection, "SELECT pg_is_in_recovery()", ct) is true)
            return (StoreRefusal.Failed, "is a read-only replica; name the primary.");

        if (await ScalarAsync(connection, "SHOW server_encoding", ct) is not "UTF8")
            return (StoreRefusal.Failed, "is not encoded in UTF-8; make the database with ENCODING 'UTF8'.");

        if (!await HasMetaAsync(connection, database, ct)) await MakeAsync(connection, database, ct);

        int format;
        try
        {
            format = (int)(await ScalarAsync(connection, "SELECT format FROM meta", ct))!; // one row, NOT NULL
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.UndefinedColumn)
        {
            return (StoreRefusal.NotAStore, $"has tables of another program in its schema {database.Schema}; choose another schema.");
        }

        return format <= FormatVersion
            ? null
            : (StoreRefusal.Newer, $"was written by a newer version (its format is {format}, this version knows up to {FormatVersion}); run that version.");
    }

    /// <exception cref="NpgsqlException"/>
    public static Task CreateTableAsync(NpgsqlConnection connection, CollectionTable table, CancellationToken ct)
    {
        string columns = string.Concat(table.Fields.Select(field => $",{field.ColumnName} bytea NOT NULL DEFAULT {ColumnForm.MissingLiteral}"));
        string indexes = string.Concat(table.Fields.Select(field => CreateIndexText(table, field, isConcurrent: false) + ";"));
        return ExecuteAsync(
            connection,
            $"""
            CREATE TABLE {table.Name}(path text COLLATE "C" PRIMARY KEY, revision bigint NOT NULL, update_time bigint NOT NULL,
            value bytea NOT NULL{columns});
            {indexes}
            """,
            ct);
    }

    public static string CreateIndexText(CollectionTable table, FieldColumn field, bool isConcurrent) =>
        $"CREATE INDEX {(isConcurrent ? "CONCURRENTLY " : "")}{table.IndexName(field)} ON {table.Name}({field.ColumnName},path)";

    /// <exception cref="NpgsqlException"/>
    public static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <exception cref="NpgsqlException"/>
    public static async Task<object?> ScalarAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(ct);
    }

    /// <summary>Asks the catalog's tables: to_regclass may answer from a cache, also behind a lock that was waited for.</summary>
    private static async Task<bool> HasMetaAsync(NpgsqlConnection connection, Database database, CancellationToken ct)
    {
        string select =
            $"""
            SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid=c.relnamespace
            WHERE n.nspname='{database.Schema}' AND c.relname='meta')
            """;
        return await ScalarAsync(connection, select, ct) is true;
    }

    private static async Task MakeAsync(NpgsqlConnection connection, Database database, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await ExecuteAsync(connection, $"SELECT pg_advisory_xact_lock({database.LockKey},{MakingLock})", ct);

        // Another node may have been first.
        if (await HasMetaAsync(connection, database, ct)) return;

        if (await ScalarAsync(connection, $"SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname='{database.Schema}')", ct) is false)
            await ExecuteAsync(connection, $"CREATE SCHEMA \"{database.Schema}\"", ct);

        // In the log a change has the version that it ended, not the one that it made: that one is in the next change of the key,
        // or in the key's own table. Rows of collection 0 mark commits without a change and, at n = -1, the begin of a batch.
        await ExecuteAsync(
            connection,
            $"""
            CREATE TABLE meta(id int PRIMARY KEY CHECK(id=1), format int NOT NULL, revision bigint NOT NULL,
              compacted bigint NOT NULL, declarations bigint NOT NULL) WITH (fillfactor=10);
            INSERT INTO meta VALUES(1,{FormatVersion},0,0,0);
            CREATE TABLE collection(number int PRIMARY KEY, name text COLLATE "C" NOT NULL UNIQUE, fields text NOT NULL);
            CREATE TABLE log(revision bigint, n int, collection int NOT NULL, path text COLLATE "C" NOT NULL, time bigint NOT NULL,
              old_revision bigint NOT NULL, old_time bigint NOT NULL, old_value bytea, deleted bool NOT NULL, PRIMARY KEY(revision,n));
            CREATE INDEX log_versions ON log(collection,path,old_revision) WHERE old_revision>0;
            CREATE INDEX log_superseded ON log(collection,revision) WHERE old_revision>0;
            CREATE TABLE lease(name text COLLATE "C" PRIMARY KEY, holder text NOT NULL, epoch bigint NOT NULL,
              runs_out timestamptz NOT NULL) WITH (fillfactor=50);
            CREATE SEQUENCE lease_epoch;
            """,
            ct);
        await transaction.CommitAsync(ct);
    }
}
