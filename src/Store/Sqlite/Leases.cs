namespace Stateway.Store.Sqlite;

/// <summary>
/// Leases, in a table of their own: taking one is no commit. Epochs count over all leases, so that no fence passes for
/// another lease; one that was given up stays with its epoch, so that the next holder's is higher. On the committer's thread.
/// </summary>
internal static class Leases
{
    public static LeaseResult Take(Connection connection, string name, string holder, TimeSpan duration, DateTimeOffset now)
    {
        connection.Prepare("BEGIN IMMEDIATE").Run();
        var (current, epoch, ends) = Find(connection, name);
        bool isHeld = ends > now.UtcTicks;
        if (isHeld && current != holder)
        {
            connection.RollBack();
            return new LeaseResult.Taken(current);
        }

        if (!isHeld) epoch = connection.ReadInt64("SELECT coalesce(max(epoch), 0) + 1 FROM lease");
        connection
            .Prepare("INSERT INTO lease(name,holder,epoch,ends) VALUES(?1,?2,?3,?4) ON CONFLICT(name) DO UPDATE SET holder=?2,epoch=?3,ends=?4")
            .BindText(1, name).BindText(2, holder).Bind(3, epoch).Bind(4, (now + duration).UtcTicks).Run();
        connection.Prepare("COMMIT").Run();
        return new LeaseResult.Held(epoch);
    }

    public static void Release(Connection connection, string name, long epoch) =>
        connection.Prepare("UPDATE lease SET ends=0 WHERE name=?1 AND epoch=?2").BindText(1, name).Bind(2, epoch).Run();

    /// <returns>0 when nobody holds it.</returns>
    public static long EpochOf(Connection connection, string name, DateTimeOffset now)
    {
        var (_, epoch, ends) = Find(connection, name);
        return ends > now.UtcTicks ? epoch : 0;
    }

    private static (string Holder, long Epoch, long Ends) Find(Connection connection, string name)
    {
        using var select = connection.Prepare("SELECT holder, epoch, ends FROM lease WHERE name=?1");
        return select.BindText(1, name).Step() ? (select.Text(0), select.Int64(1), select.Int64(2)) : ("", 0, 0);
    }
}
