using Stateway.Collections.Kinds;
using Stateway.Store;

namespace Stateway.Controllers;

/// <summary>What a change of a platform kind is about.</summary>
internal static class KindChanges
{
    /// <summary>It came, went, is to go, or something else is asked of it; not that it has another status.</summary>
    public static bool IsOfSpec(Change change)
    {
        if (change.Before is null || change.After is null) return true;

        var (before, after) = (KindResource.Of(change.Before), KindResource.Of(change.After));
        return before.Generation != after.Generation || before.DeleteTime != after.DeleteTime || before.CreateTime != after.CreateTime;
    }
}
