using Stateway.Model.Problems;
using Stateway.Store;

namespace Stateway.Collections.Watching;

/// <summary>Why there is no watch.</summary>
internal static class WatchRefusals
{
    public static Problem Of(QueryResult refused)
    {
        switch (refused)
        {
            case QueryResult.TooManyScanned scanned:
                string fields = string.Join(", ", scanned.Fields);
                return new(ProblemTypes.InvalidFilter, $"The current state takes reading more than {scanned.ScannedMax} rows: declare {fields} under filter, narrow the filter by a declared field, or watch from a revision.")
                {
                    Errors = [new("NOT_INDEXED", $"{fields} is not declared as a filter.") { Parameter = "filter" }],
                };

            case QueryResult.Unavailable unavailable:
                return new Problem(ProblemTypes.Unavailable) { Cause = unavailable.Reason }.With("Retry-After", "1");

            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    public static Problem Gone(long revision, StoreState state) => revision > state.Revision
        ? new(ProblemTypes.RevisionGone, $"The store is at revision {state.Revision} and never had {revision}: begin anew, without a revision.")
        : new(ProblemTypes.RevisionGone, $"The log reaches back to revision {state.Compacted}: begin anew, without a revision.");

    public static Problem TooMany(int watchesMax) =>
        new Problem(ProblemTypes.Unavailable, $"This node has {watchesMax} watches open already, and takes no more.").With("Retry-After", "5");

    public static Problem Stopping() => new Problem(ProblemTypes.Unavailable, "The server is stopping.").With("Retry-After", "1");
}
