namespace Stateway.Store.Sqlite;

/// <summary>
/// Deletes what the log holds of revisions up to one, in chunks between batches of writes. That they are given up is
/// written first, so that a crash between two chunks leaves rows that nobody reads, and the next call goes on.
/// </summary>
internal static class Compaction
{
    private const int ChunkRows = 500;
    private const long ChunkBytes = 4 << 20; // of values, whose every page is touched

    /// <returns>True when nothing is left to be deleted.</returns>
    public static bool RunChunk(Connection connection, long revision)
    {
        connection.Prepare("BEGIN IMMEDIATE").Run();
        connection.Prepare("UPDATE meta SET compacted=?1 WHERE compacted<?1").Bind(1, revision).Run();
        long last = LastOfChunk(connection, LogId.First(revision + 1), out bool isLast);
        connection.Prepare("DELETE FROM log WHERE id<=?1").Bind(1, last).Run();
        connection.Prepare("COMMIT").Run();
        return isLast;
    }

    /// <returns>Id of the last row; -1 when there is none.</returns>
    private static long LastOfChunk(Connection connection, long end, out bool isLast)
    {
        long last = -1, bytes = 0;
        int rows = 0;
        using var select = connection.Prepare("SELECT id, coalesce(length(old_value), 0) FROM log WHERE id<?1 ORDER BY id");
        select.Bind(1, end);
        while (select.Step())
        {
            if (rows == ChunkRows || bytes >= ChunkBytes)
            {
                isLast = false;
                return last;
            }

            last = select.Int64(0);
            bytes += select.Int64(1);
            rows++;
        }

        isLast = true;
        return last;
    }
}
