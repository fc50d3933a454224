using Stateway.Collections.Kinds;
using Stateway.Collections.Reading;
using Stateway.Collections.Representations;
using Stateway.Collections.Watching;
using Stateway.Collections.Writing;
using Stateway.Collections.Writing.Repeating;
using Stateway.Gateway;
using Stateway.Gateway.Targets;
using Stateway.Model.Apis;
using Stateway.Model.Names;
using Stateway.Model.Problems;
using Stateway.Store;
using Stateway.Store.Staging;

namespace Stateway.Collections;

/// <summary>
/// Answers one operation of a stored collection: the REST semantics of <c>docs/reference/wire.md</c> over the store.
/// One target stands for one verb on one collection.
/// </summary>
public sealed class CollectionTarget : ITarget
{
    private readonly Collection _collection;
    private readonly CollectionServices _services;
    private readonly Func<Exchange, ValueTask<Problem?>>? _read;
    private readonly Func<Exchange, Terms, ValueTask<Problem?>>? _write;
    private readonly bool _takesKey;

    /// <param name="action">For <see cref="CollectionVerb.Act"/>: what it does.</param>
    /// <param name="actionTarget">Answers the action instead, once its condition holds; null when the action only sets fields.</param>
    public CollectionTarget(
        Collection collection, CollectionVerb verb, CollectionServices services, ActionDeclaration? action = null, ITarget? actionTarget = null)
    {
        _collection = collection;
        _services = services;
        var reads = new Reads(collection, services);
        var writes = new Writes(collection, services);
        switch (verb)
        {
            case CollectionVerb.List: _read = exchange => WatchRequest.IsAsked(exchange.Request) ? WatchAnswer.OfCollectionAsync(exchange, collection, services) : reads.ListAsync(exchange); break;
            case CollectionVerb.Get: _read = exchange => WatchRequest.IsAsked(exchange.Request) ? WatchAnswer.OfOneAsync(exchange, collection, services) : reads.GetAsync(exchange); break;
            case CollectionVerb.Create: _write = writes.CreateAsync; break;
            case CollectionVerb.Replace: _write = writes.ReplaceAsync; break;
            case CollectionVerb.Patch: _write = writes.PatchAsync; break;
            case CollectionVerb.Delete: _write = writes.DeleteAsync; break;
            case CollectionVerb.History: _read = new History(collection, services).ListAsync; break;
            case CollectionVerb.Why: _read = new Why(collection, services).AnswerAsync; break;
            case CollectionVerb.Act: _write = new Act(collection, services, action!, actionTarget).AnswerAsync; break;
            default: throw new ArgumentOutOfRangeException(nameof(verb));
        }

        // An action that another target answers is none of the store's: the key goes on to that target.
        IsBatchable = _write is not null && actionTarget is null;
        IsCreating = verb == CollectionVerb.Create;
        _takesKey = verb is CollectionVerb.Create or CollectionVerb.Patch || (verb == CollectionVerb.Act && actionTarget is null && action!.Method == "POST");
    }

    internal Collection Collection => _collection;

    /// <summary>Its URL is the collection's, and not yet that of the resource.</summary>
    internal bool IsCreating { get; }

    /// <summary>Whether it changes nothing but the store, so that it can be one of many in a transaction.</summary>
    internal bool IsBatchable { get; }

    public string TraceName => "store";

    public ValueTask<Problem?> AnswerAsync(Exchange exchange)
    {
        try
        {
            var answering = _read is not null ? _read(exchange)
                : _takesKey && exchange.Request.Headers[IdempotencyKey.FieldName].Count > 0 ? OnceAsync(exchange)
                : _write!(exchange, new(_services.Store));
            return answering.IsCompletedSuccessfully ? answering : AwaitAsync(answering);
        }
        catch (StoreUnavailableException e)
        {
            return new(CommitRefusals.Of(e));
        }

        static async ValueTask<Problem?> AwaitAsync(ValueTask<Problem?> answering)
        {
            try
            {
                return await answering;
            }
            catch (StoreUnavailableException e)
            {
                return CommitRefusals.Of(e);
            }
        }
    }

    /// <summary>The same over resources that are only staged. The request has no Idempotency-Key of its own.</summary>
    /// <exception cref="StoreUnavailableException"/>
    internal ValueTask<Problem?> WriteAsync(Exchange exchange, StagedResources staged) => _write!(exchange, new(staged));

    private ValueTask<Problem?> OnceAsync(Exchange exchange) => Once.RunAsync(exchange, _services,
        once => _write!(exchange, new(_services.Store, once)),
        (record, answer) =>
        {
            if (answer.Location is not null) exchange.Response.Headers.Location = answer.Location;
            var entry = record with { Value = answer.Value };
            if (answer.Unchanged is { } unchanged) entry = entry with { Revision = unchanged.Revision, UpdateTime = unchanged.UpdateTime };
            return Answers.WrittenAsync(exchange, _collection, entry, answer.Status, answer.Preferences, _services.Now());
        });
}

/// <summary>What every collection works with.</summary>
public sealed record CollectionServices(IStore Store, PageTokens PageTokens, GatewayLimits Limits, TimeProvider Time, Watches Watches)
{
    internal KeysInFlight KeysInFlight { get; } = new();

    /// <summary>The time that a change is given, in whole milliseconds as it is written.</summary>
    internal DateTimeOffset Now() => Now(Time);

    internal static DateTimeOffset Now(TimeProvider time)
    {
        var now = time.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMillisecond));
    }
}

/// <summary>Where a request's path leads in the store.</summary>
internal static class Paths
{
    /// <summary>The path of the resource, parents included: <c>o1/i1</c>. Null when an id in the URL can't be one.</summary>
    public static string? OfResource(Exchange exchange)
    {
        string[] ids = exchange.Match.ParameterValues;
        foreach (string id in ids)
        {
            if (!ResourceId.IsValid(id)) return null;
        }

        return ids.Length == 1 ? ids[0] : string.Join('/', ids);
    }

    /// <summary>The path of the parent of a collection's resources; empty at the top. Null when an id can't be one.</summary>
    public static string? OfParent(Exchange exchange) => exchange.Match.ParameterValues.Length == 0 ? "" : OfResource(exchange);

    /// <param name="revision">That was read, when it was not the newest.</param>
    public static Problem NotFound(Collection collection, string path, long? revision = null) =>
        new(ProblemTypes.NotFound, revision is null
            ? $"{collection.Declaration.Name} has no resource \"{path}\"."
            : $"{collection.Declaration.Name} had no resource \"{path}\" at revision {revision}.");

    public static Problem MalformedId() =>
        new(ProblemTypes.NotFound, $"No resource can have this id: an id is {ResourceId.Rule}.");
}
