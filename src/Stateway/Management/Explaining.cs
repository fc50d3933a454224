using System.Collections.Immutable;
using System.Text.Json;
using Stateway.Collections.Kinds;
using Stateway.Controllers;
using Stateway.Management.Domains;
using Stateway.Store;

namespace Stateway.Management;

/// <summary>
/// Tells why a resource of a kind is as it is: what its conditions say, what its controllers fail of on this node, and what is so of
/// the resources that it has to do with.
/// </summary>
/// <param name="all">The kinds' names in the store.</param>
internal sealed class Explaining(KindStore kinds, ControllerHosts controllers, ImmutableArray<string> all, TimeProvider time)
{
    /// <exception cref="StoreUnavailableException"/>
    public async ValueTask<Explanation> ExplainAsync(KindResource resource, CancellationToken ct)
    {
        string name = KindName.Of(resource.Key);
        var because = new List<Cause>();
        if (resource.DeleteTime is { } deleted)
            because.Add(new(name, $"Its deletion was asked for; it goes when these have cleaned up: {string.Join(", ", resource.Finalizers)}.") { Reason = "BeingDeleted", Since = deleted });

        bool? isReady = null;
        var hosts = controllers.Of(resource.Key).ToList();
        if (hosts.Count > 0)
        {
            long observed = ObservedGeneration(resource);
            isReady = observed == resource.Generation ? Explanation.IsReady(resource) : null;
            if (observed != resource.Generation)
            {
                because.Add(new(name, observed == 0 ? "No controller has looked at it yet."
                    : $"No controller has looked at what is asked for now (generation {resource.Generation}); what follows is of generation {observed}.")
                    { Reason = "NotObserved", Since = resource.UpdateTime });
            }

            because.AddRange(OfControllers(name, hosts, isReady == true));
        }

        because.AddRange(Explanation.OfConditions(name, resource));
        var (related, without) = await RelatedAsync(resource, name, ct);
        because.AddRange(related.OrderBy(static cause => cause.Holds == true));
        if (resource.Owner is { } owner) because.AddRange(await OfOwnerAsync(owner, ct));

        string summary = resource.DeleteTime is not null ? "being deleted"
            : hosts.Count > 0 ? Explanation.Word(isReady)
            : without ?? Explanation.Word(related.Exists(static cause => cause.Holds == false) ? false : related.TrueForAll(static cause => cause.Holds == true) ? true : null);
        return new(name, summary, [.. because.Take(Explanation.CausesMax)]);
    }

    private IEnumerable<Cause> OfControllers(string name, List<(ControllerHost Host, string Path)> hosts, bool isReady)
    {
        foreach (var (host, path) in hosts)
        {
            if (host.FailureOf(path) is { } failing)
            {
                yield return new(name, $"The controller {host.Name} fails on this node (attempt {failing.Attempts}): {failing.Error}")
                {
                    Reason = "Failing",
                    NextTry = time.GetUtcNow() + (failing.RetryIn > TimeSpan.Zero ? failing.RetryIn : TimeSpan.Zero),
                };
            }
            else if (!isReady && !host.IsActive)
            {
                yield return new(name, host.Holder is { } holder ? $"The controller {host.Name} runs on the node {holder}, not on this one."
                    : $"The controller {host.Name} does not run on this node, and which one runs it is not known yet.") { Reason = "RunsElsewhere" };
            }
        }
    }

    /// <returns>What is so of others, and what to say in a word when there are none of them.</returns>
    private async ValueTask<(List<Cause> Related, string? Without)> RelatedAsync(KindResource resource, string name, CancellationToken ct)
    {
        switch (resource.Key.Collection)
        {
            case Kinds.Stage:
                var spec = StageSpec.Read(resource.Key.Path, resource.Spec);
                return ([await OfDeploymentAsync(new(Kinds.Deployment, $"{spec.Api}/{spec.Deployment}"), ct)], null);

            case Kinds.Deployment:
                string api = resource.Key.Path[..resource.Key.Path.IndexOf('/')];
                return await OfStagesAsync(api, stage => StageSpec.Read(stage.Key.Path, stage.Spec).Deployment == resource.Id, new(name, "No stage points at it."), ct);

            case Kinds.Api:
                return await OfStagesAsync(resource.Id, static _ => true, new(name, "It has no stages."), ct);

            case Kinds.Domain:
                return await OfDomainAsync(DomainSpec.Read(resource.Id, resource.Spec), ct);

            default:
                return ([], null);
        }
    }

    private async ValueTask<(List<Cause>, string?)> OfDomainAsync(DomainSpec domain, CancellationToken ct)
    {
        var causes = new List<Cause>();
        foreach (string path in domain.Paths.Select(path => path.Stage).Distinct())
        {
            var key = new Key(Kinds.Stage, path);
            if (await kinds.ReadAsync(key, ct) is { } stage) causes.AddRange(Explanation.OfConditions(KindName.Of(key), stage));
            else causes.Add(new(KindName.Of(key), "There is no such stage.") { Holds = false, Reason = "NoSuchStage" });
        }

        return (causes, null);
    }

    private async ValueTask<Cause> OfDeploymentAsync(Key key, CancellationToken ct) =>
        await kinds.ReadAsync(key, ct) is { } deployment
            ? new(KindName.Of(key), "It is there, and never changes.") { Since = deployment.CreateTime }
            : new(KindName.Of(key), "There is no such deployment.") { Reason = StageFault.NoSuchDeployment };

    private async ValueTask<(List<Cause>, string?)> OfStagesAsync(string api, Predicate<KindResource> isMeant, Cause none, CancellationToken ct)
    {
        var causes = new List<Cause>();
        foreach (var stage in (await kinds.ListAsync(Kinds.Stage, api, ct)).Resources)
        {
            if (!isMeant(stage)) continue;

            string name = KindName.Of(stage.Key);
            int before = causes.Count;
            causes.AddRange(Explanation.OfConditions(name, stage));
            if (causes.Count == before) causes.Add(new(name, "No controller has looked at it yet.") { Reason = "NotObserved" });
        }

        return causes.Count > 0 ? (causes, null) : ([none], "not served");
    }

    private async ValueTask<IEnumerable<Cause>> OfOwnerAsync(string owner, CancellationToken ct)
    {
        string? kind = all.Where(each => owner.StartsWith(each + "/", StringComparison.Ordinal)).MaxBy(each => each.Length);
        if (kind is null) return [new(owner, "It was made for this one, which is of no known kind.")];

        var key = new Key(kind, owner[(kind.Length + 1)..]);
        string name = KindName.Of(key);
        return await kinds.ReadAsync(key, ct) is { } resource
            ? Explanation.OfConditions(name, resource).Prepend(new(name, "It was made for this one."))
            : [new(name, "It was made for this one, which is gone.")];
    }

    private static long ObservedGeneration(KindResource resource)
    {
        using var status = JsonDocument.Parse(resource.Status);
        return status.RootElement.TryGetProperty("observed_generation", out var observed) && observed.TryGetInt64(out long generation) ? generation : 0;
    }
}
