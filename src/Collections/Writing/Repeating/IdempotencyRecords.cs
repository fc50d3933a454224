using Stateway.Model.Expressions;
using Stateway.Store;

namespace Stateway.Collections.Writing.Repeating;

/// <summary>The answers to requests with an idempotency key, kept so that a repeated request gets the same one.</summary>
public static class IdempotencyRecords
{
    private const int DeletedAtOnceMax = 100;

    private static readonly IndexedField ExpireTime = new(["expire_time"], IsTimestamp: true);

    /// <summary>How long an answer is kept.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromHours(24);

    /// <summary>Where they are kept; to be declared to the store.</summary>
    public static readonly CollectionSpec Spec = new("stateway/idempotency", [ExpireTime]);

    /// <summary>
    /// Deletes what has expired, in small steps. A record that is there too long does no harm: it counts as absent, and a new
    /// request with its key overwrites it.
    /// </summary>
    /// <returns>How many there were.</returns>
    public static async Task<int> DeleteExpiredAsync(IResources store, DateTimeOffset now, CancellationToken ct)
    {
        var query = new Query(Spec.Name)
        {
            Filter = new Expression.Binary(0, BinaryOperator.Less,
                new Expression.Field(0, ExpireTime.Path, IsTimestamp: true), new Expression.Literal(0, Value.Of(now))),
            Limit = DeletedAtOnceMax,
        };

        int deleted = 0;
        while (await store.QueryAsync(query, ct) is QueryResult.Page { Entries: { IsEmpty: false } entries } page)
        {
            // On condition that they are still the same: one that was overwritten is a new answer.
            var result = await store.CommitAsync(new(
                [.. entries.Select(e => new Precondition.AtRevision(e.Key, e.Revision))], [.. entries.Select(e => new Write.Delete(e.Key))]), ct);
            if (result is CommitResult.Committed) deleted += entries.Length;
            else if (result is not CommitResult.Conflict) break; // the next time

            if (page.Next is null) break;
            query = query with { After = page.Next };
        }

        return deleted;
    }
}
