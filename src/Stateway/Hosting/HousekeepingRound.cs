using System.Collections.Immutable;
using Stateway.Collections.Writing.Repeating;
using Stateway.Management;
using Stateway.Model.Expressions;
using Stateway.Store;

namespace Stateway.Hosting;

/// <summary>
/// What is done once a minute by the one node that holds the lease: answers kept for retried requests, and events, are deleted when they have
/// expired, and the history beyond the policy is given up. It reads everything anew each time, and may end anywhere.
/// </summary>
/// <param name="fence">Holds while the lease is held: a node that was paused, and replaced, deletes nothing.</param>
internal sealed class HousekeepingRound(IStore store, HistoryPolicy policy, TimeProvider time, Precondition.Leased fence)
{
    public const int RecordsPerTransaction = 500;
    public const int TransactionsMax = 100;

    /// <summary>Who changed what can be asked for as long.</summary>
    public static readonly TimeSpan EventsKeptFor = TimeSpan.FromDays(90);

    /// <summary>Events are found by it.</summary>
    public static readonly IndexedField EventTime = new(["create_time"], IsTimestamp: true);

    /// <summary>What every engine takes in one transaction.</summary>
    private const int RecordsPerTransactionLeast = 100;

    /// <returns>True when there is more to do at once.</returns>
    /// <exception cref="StoreUnavailableException">What was done so far stays.</exception>
    public async Task<bool> RunAsync(CancellationToken ct)
    {
        bool more = await ExpireAsync(IdempotencyRecords.Spec.Name, IdempotencyRecords.ExpireTime, time.GetUtcNow(), ct);
        more |= await ExpireAsync(Kinds.Event, EventTime, time.GetUtcNow() - EventsKeptFor, ct);
        await CompactAsync(ct);
        return more;
    }

    private async Task<bool> ExpireAsync(string collection, IndexedField field, DateTimeOffset before, CancellationToken ct)
    {
        int limit = RecordsPerTransaction;
        for (int i = 0; i < TransactionsMax; i++)
        {
            var expired = await ReadExpiredAsync(collection, field, before, limit, ct);
            if (expired.IsEmpty) return false;

            // A key that is used again just now has a new record, which stays.
            var asRead = expired.Select(Precondition (entry) => new Precondition.AtRevision(entry.Key, entry.Revision));
            var result = await store.CommitAsync(new([fence, .. asRead], [.. expired.Select(entry => new Write.Delete(entry.Key))]), ct);
            switch (result)
            {
                case CommitResult.Committed:
                    if (expired.Length < limit) return false;
                    break;

                case CommitResult.Conflict { Precondition: Precondition.Leased }: return false; // somebody else's round now
                case CommitResult.Conflict: break;
                case CommitResult.TooLarge when limit > RecordsPerTransactionLeast: limit = RecordsPerTransactionLeast; break;
                case CommitResult.TooLarge when limit > 1: limit /= 2; break;
                default: throw new StoreUnavailableException(WhyNot(result));
            }
        }

        return true;
    }

    private async Task<ImmutableArray<Entry>> ReadExpiredAsync(string collection, IndexedField field, DateTimeOffset before, int limit, CancellationToken ct)
    {
        var query = new Query(collection)
        {
            Filter = new Expression.Binary(0, BinaryOperator.Less,
                new Expression.Field(0, field.Path, IsTimestamp: true), new Expression.Literal(0, Value.Of(before))),
            Order = [new(field.Name, Descending: false)],
            Limit = limit,
        };
        return await store.QueryAsync(query, ct) switch
        {
            QueryResult.Page page => page.Entries,
            QueryResult.Unavailable unavailable => throw new StoreUnavailableException(unavailable.Reason),
            var other => throw new StoreUnavailableException($"Expired records could not be listed: {other}."),
        };
    }

    private async Task CompactAsync(CancellationToken ct)
    {
        var now = time.GetUtcNow();
        long atAgeMax = await store.FindRevisionAsync(now - policy.AgeMax, ct);
        long atAgeLeast = await store.FindRevisionAsync(now - HistoryPolicy.AgeLeast, ct);
        var state = await store.ReadStateAsync(ct);
        if (policy.OldestToKeep(state, atAgeMax, atAgeLeast) is not { } oldest) return;

        // Compacting has no fence of its own, and needs none: twice to one revision is once, and no policy reaches into the last
        // hour. A stale node is kept from starting.
        var held = await store.CommitAsync(new([fence], []), ct);
        if (held is CommitResult.Committed) await store.CompactAsync(oldest, ct);
        else if (held is not CommitResult.Conflict) throw new StoreUnavailableException(WhyNot(held));
    }

    private static string WhyNot(CommitResult result) => result switch
    {
        CommitResult.Full => "The disk is full.",
        CommitResult.Unavailable unavailable => unavailable.Reason,
        CommitResult.Unknown unknown => unknown.Reason,
        _ => result.ToString(),
    };
}
