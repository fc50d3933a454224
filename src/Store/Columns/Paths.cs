namespace Stateway.Store.Columns;

/// <summary>The paths below a parent lie between two others: <c>o1/</c> and <c>o10</c>, both exclusive, as <c>0</c> follows <c>/</c>.</summary>
internal static class Paths
{
    public static string FirstBelow(string parent) => parent + "/";

    public static string BehindBelow(string parent) => parent + "0";
}
