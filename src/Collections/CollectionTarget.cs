using Stateway.Collections.Reading;
using Stateway.Collections.Watching;
using Stateway.Collections.Writing;
using Stateway.Gateway;
using Stateway.Gateway.Targets;
using Stateway.Model.Apis;
using Stateway.Model.Names;
using Stateway.Model.Problems;
using Stateway.Store;

namespace Stateway.Collections;

/// <summary>
/// Answers one operation of a stored collection: the REST semantics of <c>docs/reference/wire.md</c> over the store.
/// One target stands for one verb on one collection.
/// </summary>
public sealed class CollectionTarget : ITarget
{
    private readonly Func<Exchange, ValueTask<Problem?>> _answer;

    /// <param name="action">For <see cref="CollectionVerb.Act"/>: what it does.</param>
    /// <param name="actionTarget">Answers the action instead, once its condition holds; null when the action only sets fields.</param>
    public CollectionTarget(
        Collection collection, CollectionVerb verb, CollectionServices services, ActionDeclaration? action = null, ITarget? actionTarget = null)
    {
        var reads = new Reads(collection, services);
        var writes = new Writes(collection, services);
        _answer = verb switch
        {
            CollectionVerb.List => exchange => WatchRequest.IsAsked(exchange.Request)
                ? WatchAnswer.OfCollectionAsync(exchange, collection, services) : reads.ListAsync(exchange),
            CollectionVerb.Get => exchange => WatchRequest.IsAsked(exchange.Request)
                ? WatchAnswer.OfOneAsync(exchange, collection, services) : reads.GetAsync(exchange),
            CollectionVerb.Create => writes.CreateAsync,
            CollectionVerb.Replace => writes.ReplaceAsync,
            CollectionVerb.Patch => writes.PatchAsync,
            CollectionVerb.Delete => writes.DeleteAsync,
            CollectionVerb.Act => new Act(collection, services, action!, actionTarget).AnswerAsync,
            _ => throw new ArgumentOutOfRangeException(nameof(verb)),
        };
    }

    public ValueTask<Problem?> AnswerAsync(Exchange exchange)
    {
        try
        {
            var answering = _answer(exchange);
            return answering.IsCompletedSuccessfully ? answering : AwaitAsync(answering);
        }
        catch (StoreUnavailableException e)
        {
            return new(Unavailable(e));
        }

        static async ValueTask<Problem?> AwaitAsync(ValueTask<Problem?> answering)
        {
            try
            {
                return await answering;
            }
            catch (StoreUnavailableException e)
            {
                return Unavailable(e);
            }
        }

        static Problem Unavailable(StoreUnavailableException e) => new Problem(ProblemTypes.Unavailable) { Cause = e.Message }.With("Retry-After", "1");
    }
}

/// <summary>What every collection works with.</summary>
public sealed record CollectionServices(IStore Store, PageTokens PageTokens, GatewayLimits Limits, TimeProvider Time, Watches Watches)
{
    /// <summary>The time that a change is given, in whole milliseconds as it is written.</summary>
    internal DateTimeOffset Now()
    {
        var now = Time.GetUtcNow();
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

    public static Problem NotFound(Collection collection, string path) =>
        new(ProblemTypes.NotFound, $"{collection.Declaration.Name} has no resource \"{path}\".");

    public static Problem MalformedId() =>
        new(ProblemTypes.NotFound, $"No resource can have this id: an id is {ResourceId.Rule}.");
}
