using System.Collections.Immutable;
using System.Diagnostics;
using Stateway.Collections.Writing;
using Stateway.Gateway.Validation;
using Stateway.Model.Problems;
using Stateway.Store;

namespace Stateway.Collections.Kinds;

/// <summary>
/// Resources of platform kinds as the program's own code reads and writes them: controllers, above all. Every write is made on
/// condition that the resource is still what was read, and that the writer's lease is still its own; both are checked in the
/// transaction of the write. A write that would change nothing is not made, so that a controller does not wake itself.
/// </summary>
/// <param name="catalog">Has the kinds.</param>
/// <param name="by">Who writes, for the record: <c>controller canary</c>.</param>
public sealed class KindStore(Catalog catalog, IStore store, TimeProvider time, string by)
{
    public const int FinalizersMax = 32;

    /// <summary>Characters.</summary>
    public const int FinalizerLengthMax = 128;

    private const int PageSize = 1000;
    private const int ListAttemptsMax = 5;

    /// <summary>Several changes at once.</summary>
    public KindPlan Plan() => new(catalog, time, by);

    /// <returns>Null when there is no such resource.</returns>
    /// <exception cref="StoreUnavailableException"/>
    public async ValueTask<KindResource?> ReadAsync(Key key, CancellationToken ct) =>
        await store.GetAsync(key, ct) is { } entry ? KindResource.Of(entry) : null;

    /// <summary>Everything there is of a kind, as of one revision.</summary>
    /// <param name="kind">Its name in the store.</param>
    /// <param name="parent">Only the children of this one, by its path; null: of all parents.</param>
    /// <exception cref="StoreUnavailableException">Also when the history is given up so fast that no list can be read to its end.</exception>
    public async ValueTask<KindList> ListAsync(string kind, string? parent, CancellationToken ct)
    {
        var resources = ImmutableArray.CreateBuilder<KindResource>();
        var query = new Query(kind) { Parent = parent, Limit = PageSize };
        for (int attempt = 0; attempt < ListAttemptsMax;)
        {
            switch (await store.QueryAsync(query, ct))
            {
                case QueryResult.Page page:
                    foreach (var entry in page.Entries) resources.Add(KindResource.Of(entry));
                    if (page.Next is null) return new(resources.DrainToImmutable(), query.Revision ?? page.Revision);

                    query = query with { Revision = query.Revision ?? page.Revision, After = page.Next };
                    break;

                case QueryResult.Gone: // from the start, as of a newer revision
                    attempt++;
                    resources.Clear();
                    query = query with { Revision = null, After = null };
                    break;

                case QueryResult.Unavailable unavailable:
                    throw new StoreUnavailableException(unavailable.Reason);

                default:
                    throw new UnreachableException();
            }
        }

        throw new StoreUnavailableException($"{kind} could not be listed: the history was compacted meanwhile, {ListAttemptsMax} times.");
    }

    /// <summary>
    /// Changes a resource. When its deletion has been asked for and no finalizers are left, it is deleted by this very write, and
    /// its children with it.
    /// </summary>
    /// <param name="current">As it was read. <c>observed_generation</c> is its generation.</param>
    /// <param name="fence">Of the writer's lease; null for a writer that needs none, as a node that tells of itself.</param>
    /// <param name="ct">Looked at before the commit; a commit that has begun is waited for.</param>
    /// <exception cref="ArgumentException">The status or the finalizers are beyond the limits.</exception>
    public async ValueTask<KindResult> WriteAsync(KindResource current, KindChange change, Precondition.Leased? fence, CancellationToken ct)
    {
        var now = CollectionServices.Now(time);
        var next = current;
        if (change.Spec is not null)
        {
            (next, var problem) = WithSpec(current, change, now);
            if (problem is null && !ReferenceEquals(next, current)) problem = await AskRuleAsync(current.Key, current.ToValue(), next.ToValue(), ct);
            if (problem is not null) return new KindResult.Refused(problem);
        }

        var status = KindStatus.Next(current, change, now);
        if (!KindResource.AreSame(status, current.Status)) next = next with { Status = status, UpdateTime = now };
        if (change.Finalizers is { } finalizers && !Checked(finalizers).SequenceEqual(current.Finalizers))
            next = next with { Finalizers = finalizers, UpdateTime = now };

        return next is { DeleteTime: not null, Finalizers.IsEmpty: true } ? await RemoveAsync(current, fence, ct)
            : ReferenceEquals(next, current) ? new KindResult.Written(current)
            : await PutAsync(next, [], TrailOf(current, next, change), fence, ct);
    }

    /// <summary>Creates a resource, of a kind that clients can't write, or for another one.</summary>
    /// <param name="change">Has a spec; may have the rest.</param>
    /// <param name="owner"><c>{collection}/{id…}</c> of what it is made for.</param>
    /// <inheritdoc cref="WriteAsync"/>
    public async ValueTask<KindResult> CreateAsync(Key key, KindChange change, string? owner, Precondition.Leased? fence, CancellationToken ct)
    {
        var now = CollectionServices.Now(time);
        var (next, problem) = WithSpec(KindComposer.New(key, "{}"u8.ToArray(), now), change, now);
        problem ??= await AskRuleAsync(key, null, next.ToValue(), ct);
        if (problem is not null) return new KindResult.Refused(problem);

        next = next with { Generation = 1, Owner = owner, Finalizers = Checked(change.Finalizers ?? []) };
        next = next with { Status = KindStatus.Next(next, change, now) };
        var collection = catalog[key.Collection];
        var below = collection.Parent is { } parent ? new[] { new Precondition.Exists(new(parent.StoreName, key.Path[..key.Path.LastIndexOf('/')])) } : [];
        return await PutAsync(next, below, TrailOf(null, next, change), fence, ct);
    }

    /// <summary>Deletes a resource, or asks for its deletion when it has finalizers: as a client's DELETE does.</summary>
    /// <inheritdoc cref="WriteAsync"/>
    public async ValueTask<KindResult> DeleteAsync(KindResource current, Precondition.Leased? fence, CancellationToken ct)
    {
        if (await AskRuleAsync(current.Key, current.ToValue(), null, ct) is { } problem) return new KindResult.Refused(problem);
        if (current.Finalizers.IsEmpty) return await RemoveAsync(current, fence, ct);
        if (current.DeleteTime is not null) return new KindResult.Written(current);

        var now = CollectionServices.Now(time);
        var next = current with { DeleteTime = now, UpdateTime = now };
        var integrity = new Integrity(catalog[current.Key.Collection]);
        var preconditions = ConditionsOf(current, fence);
        preconditions.AddRange(integrity.OfDelete(current.Key.Path));
        return await CommitAsync(next, preconditions, [new Write.Put(next.Key, now, next.ToValue()), .. TrailOf(current, next)], default, integrity, ct);
    }

    private ValueTask<Problem?> AskRuleAsync(Key key, ReadOnlyMemory<byte>? before, ReadOnlyMemory<byte>? after, CancellationToken ct) =>
        catalog[key.Collection].Oversight is { Rule: var rule } ? rule(new(key.Path, before, after, store), ct) : default;

    private ImmutableArray<Write.Put> TrailOf(KindResource? before, KindResource next, KindChange change) =>
        before is not null && change.Spec is null ? Trail.Of(catalog[next.Key.Collection].Oversight, null, time) : TrailOf(before, next);

    private ImmutableArray<Write.Put> TrailOf(KindResource? before, KindResource? after) =>
        Trail.Of(catalog[(after ?? before)!.Key.Collection].Oversight, KindEvent.Of(before, after, by, null), time);

    private (KindResource Next, Problem? Problem) WithSpec(KindResource current, KindChange change, DateTimeOffset now)
    {
        var collection = catalog[current.Key.Collection];
        var json = NodeText.Of(change.Spec ?? []);
        if (RequestValidation.Check(collection.Declaration.RequestSchema, json.Span) is { } problem) return (current, problem);

        byte[] composed = collection.Composer.Compose(json.Span, current.Id, default, now, trusted: true);
        return KindComposer.WithSpec(current, KindComposer.SpecOf(current.Key, composed, now), now);
    }

    private ValueTask<KindResult> PutAsync(KindResource next, IEnumerable<Precondition> more, ImmutableArray<Write.Put> trail, Precondition.Leased? fence, CancellationToken ct)
    {
        var integrity = new Integrity(catalog[next.Key.Collection]);
        byte[] value = next.ToValue();
        var preconditions = ConditionsOf(next, fence);
        preconditions.AddRange(more);
        integrity.OfPut(value, next.Key.Path, preconditions);
        return CommitAsync(next, preconditions, [new Write.Put(next.Key, next.UpdateTime, value), .. trail], value, integrity, ct);
    }

    private ValueTask<KindResult> RemoveAsync(KindResource current, Precondition.Leased? fence, CancellationToken ct)
    {
        var integrity = new Integrity(catalog[current.Key.Collection]);
        var preconditions = ConditionsOf(current, fence);
        preconditions.AddRange(integrity.OfDelete(current.Key.Path));
        ImmutableArray<Write> writes = [.. integrity.Deletion(current.Key), .. TrailOf(current, null)];
        return CommitAsync(current, preconditions, writes, default, integrity, ct);
    }

    /// <param name="value">What is to be stored; empty when it is about a deletion.</param>
    private async ValueTask<KindResult> CommitAsync(
        KindResource next, ImmutableArray<Precondition>.Builder preconditions, ImmutableArray<Write> writes, ReadOnlyMemory<byte> value, Integrity integrity, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var result = await store.CommitAsync(new(preconditions.ToImmutable(), writes), CancellationToken.None);
        return result switch
        {
            CommitResult.Committed committed when writes[0] is Write.Put => new KindResult.Written(next with { Revision = committed.Revision }),
            CommitResult.Committed committed => new KindResult.Deleted(committed.Revision),
            CommitResult.Conflict { Precondition: Precondition.Leased, Actual: var epoch } => new KindResult.NotHolder(epoch),
            CommitResult.Conflict { Precondition: Precondition.AtRevision, Actual: 0 } => new KindResult.Gone(),
            CommitResult.Conflict { Precondition: Precondition.AtRevision, Actual: var revision } => new KindResult.Changed(revision),
            CommitResult.Conflict or CommitResult.TooLarge => new KindResult.Refused(await integrity.ToProblemAsync(result, next.Key.Path, value, store)),
            CommitResult.Unknown unknown => new KindResult.Unavailable(unknown.Reason),
            CommitResult.Full => new KindResult.Unavailable("The disk is full."),
            CommitResult.Unavailable unavailable => new KindResult.Unavailable(unavailable.Reason),
            _ => throw new UnreachableException(result.ToString()),
        };
    }

    /// <summary>The fence is the first: who has lost the lease hears of that, and of nothing else.</summary>
    private static ImmutableArray<Precondition>.Builder ConditionsOf(KindResource current, Precondition.Leased? fence)
    {
        var preconditions = ImmutableArray.CreateBuilder<Precondition>();
        if (fence is not null) preconditions.Add(fence);
        preconditions.Add(new Precondition.AtRevision(current.Key, current.Revision));
        return preconditions;
    }

    private static ImmutableArray<string> Checked(ImmutableArray<string> finalizers)
    {
        if (finalizers.Length > FinalizersMax) throw new ArgumentException($"A resource has at most {FinalizersMax} finalizers, not {finalizers.Length}.");

        foreach (string finalizer in finalizers)
        {
            if (finalizer.Length is 0 or > FinalizerLengthMax) throw new ArgumentException($"A finalizer has 1 to {FinalizerLengthMax} characters, not {finalizer.Length}.");
        }

        return finalizers;
    }
}
