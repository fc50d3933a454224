using Npgsql;

namespace Stateway.Store.Postgres;

/// <summary>
/// Leases by the database's clock. They take no revision. A commit that depends on one holds its row until it is done, so nobody takes a
/// lease over in the middle of it.
/// </summary>
internal sealed class Leases(Database database)
{
    // One statement: taking waits for whoever has the row, and then sees what became of it; only then it takes the next epoch. All
    // leases share one sequence, so that an epoch never stands for two leases.
    private const string TakeSql =
        """
        INSERT INTO lease(name,holder,epoch,runs_out) VALUES($1,$2,nextval('lease_epoch'),clock_timestamp()+make_interval(secs=>$3))
        ON CONFLICT(name) DO UPDATE SET holder=$2,
          epoch=CASE WHEN lease.holder=$2 AND lease.runs_out>clock_timestamp() THEN lease.epoch ELSE nextval('lease_epoch') END,
          runs_out=clock_timestamp()+make_interval(secs=>$3)
        WHERE lease.holder=$2 OR lease.runs_out<=clock_timestamp()
        RETURNING epoch
        """;

    /// <exception cref="NpgsqlException"/>
    public Task<LeaseResult> TakeAsync(string name, string holder, TimeSpan duration, CancellationToken ct)
    {
        if (duration < TimeSpan.FromSeconds(2) || duration.Ticks % TimeSpan.TicksPerSecond != 0)
            throw new ArgumentOutOfRangeException(nameof(duration), duration, "Whole seconds, at least 2.");
        PathText.Check(name);
        PathText.Check(holder);
        return database.ReadAsync(connection => TakeAsync(connection, name, holder, duration), ct); // once more does no harm: it only renews
    }

    /// <exception cref="NpgsqlException"/>
    public Task ReleaseAsync(string name, long epoch, CancellationToken ct)
    {
        PathText.Check(name);
        return database.ReadAsync(connection => ReleaseAsync(connection, name, epoch), ct);
    }

    private static async Task<LeaseResult> TakeAsync(NpgsqlConnection connection, string name, string holder, TimeSpan duration)
    {
        while (true)
        {
            await using var take = new NpgsqlCommand(TakeSql, connection)
            {
                Parameters = { Sql.Text(name), Sql.Text(holder), new NpgsqlParameter<double> { TypedValue = duration.TotalSeconds } },
            };
            if (await take.ExecuteScalarAsync() is long epoch) return new LeaseResult.Held(epoch);

            await using var select = new NpgsqlCommand("SELECT holder FROM lease WHERE name=$1 AND runs_out>clock_timestamp()", connection)
            {
                Parameters = { Sql.Text(name) },
            };
            if (await select.ExecuteScalarAsync() is string taken) return new LeaseResult.Taken(taken);

            // It has run out, or was given up, between the two.
        }
    }

    private static async Task<int> ReleaseAsync(NpgsqlConnection connection, string name, long epoch)
    {
        // The row stays: it remembers the epoch.
        await using var release = new NpgsqlCommand(
            "UPDATE lease SET holder='',runs_out='-infinity' WHERE name=$1 AND epoch=$2", connection)
        {
            Parameters = { Sql.Text(name), Sql.Long(epoch) },
        };
        return await release.ExecuteNonQueryAsync();
    }
}
