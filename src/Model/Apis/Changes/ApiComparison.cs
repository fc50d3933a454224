using System.Collections.Immutable;

namespace Stateway.Model.Apis.Changes;

/// <summary>All that two documents differ in, as far as clients notice.</summary>
/// <param name="Changes">
/// Breaking ones first, then warnings, then the rest; each in the order of the new document. At most
/// <see cref="ChangesMax"/>; what is too much is left out at the end, and still counted.
/// </param>
public sealed record ApiComparison(ImmutableArray<ApiChange> Changes, int BreakingCount, int WarningCount, int InfoCount)
{
    public const int ChangesMax = 1000;

    public bool IsBreaking => BreakingCount > 0;

    /// <summary>How many were found and are not listed.</summary>
    public int OmittedCount => BreakingCount + WarningCount + InfoCount - Changes.Length;
}
