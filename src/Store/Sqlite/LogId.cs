namespace Stateway.Store.Sqlite;

/// <summary>
/// Id of a row in the log: the revision, and which of its changes. The first change of a revision is 0, so that the row
/// <c>First(revision)</c> is there for every revision that the log holds.
/// </summary>
internal static class LogId
{
    public const int ChangesMax = 1 << ChangeBits;

    private const int ChangeBits = 20;

    public static long Of(long revision, int change) => revision << ChangeBits | (long)change;

    public static long First(long revision) => revision << ChangeBits;

    public static long RevisionOf(long id) => id >> ChangeBits;

    public static int ChangeOf(long id) => (int)(id & (ChangesMax - 1));
}
