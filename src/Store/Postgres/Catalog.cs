using System.Text;
using Npgsql;
using Stateway.Store.Columns;

namespace Stateway.Store.Postgres;

/// <summary>What this node knows of the database's tables: one snapshot, replaced whole when a statement shows that there is a newer one.</summary>
internal sealed class Catalog(Database database)
{
    private readonly Lock _lock = new();
    private volatile CollectionTables _current = new(-1, []);

    public CollectionTables Current => _current;

    /// <summary>Reads the tables anew.</summary>
    /// <exception cref="NpgsqlException"/>
    public Task<CollectionTables> ReloadAsync(CancellationToken ct) => database.ReadAsync(connection => LoadAsync(connection, CancellationToken.None), ct);

    /// <summary>The same on a connection, within its transaction if it has one.</summary>
    /// <exception cref="NpgsqlException"/>
    public async Task<CollectionTables> LoadAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        // One statement, so that the count is that of these rows.
        await using var select = new NpgsqlCommand(
            "SELECT meta.declarations, c.number, c.name, c.fields FROM meta LEFT JOIN collection c ON true", connection);
        await using var reader = await select.ExecuteReaderAsync(ct);

        long declarations = 0;
        var tables = new List<CollectionTable>();
        while (await reader.ReadAsync(ct))
        {
            declarations = reader.GetInt64(0);
            if (!reader.IsDBNull(1)) tables.Add(new(reader.GetString(2), reader.GetInt32(1), FieldJson.ParseColumns(Encoding.UTF8.GetBytes(reader.GetString(3)))));
        }

        return Publish(new(declarations, tables));
    }

    /// <summary>Inserts or replaces the collection's row.</summary>
    /// <exception cref="NpgsqlException"/>
    public static async Task WriteAsync(NpgsqlConnection connection, CollectionTable table, CancellationToken ct)
    {
        await using var put = new NpgsqlCommand(
            "INSERT INTO collection(number,name,fields) VALUES($1,$2,$3) ON CONFLICT(number) DO UPDATE SET fields=excluded.fields", connection)
        {
            Parameters = { new() { Value = table.Number }, new() { Value = table.Collection }, new() { Value = Encoding.UTF8.GetString(FieldJson.Format(table.Fields)) } },
        };
        await put.ExecuteNonQueryAsync(ct);
    }

    /// <returns>The newer of the two.</returns>
    private CollectionTables Publish(CollectionTables tables)
    {
        lock (_lock)
        {
            if (tables.Declarations > _current.Declarations) _current = tables;
            return _current;
        }
    }
}
