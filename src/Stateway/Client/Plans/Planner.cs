using System.Collections.Concurrent;
using System.Text.Json;
using Stateway.Client.Files;
using Stateway.Client.Kinds;

namespace Stateway.Client.Plans;

/// <summary>
/// Finds out what applying would do. What a write would make of a resource the server itself is asked, by a write that is only
/// tried: so defaults, and whatever else the server adds, are never taken for a change.
/// </summary>
internal sealed class Planner(Session session)
{
    private const int AtOnce = 8;
    private const int ReadsMax = 3; // of a resource that others change meanwhile

    private volatile bool _isLost; // the server is gone: the others need not be asked

    /// <param name="scope">What may be deleted when it is not among the files; null when nothing may.</param>
    /// <param name="progress">Gets how many resources are done, of how many.</param>
    public async Task<(Plan? Plan, IReadOnlyList<Failure> Failures)> MakeAsync(
        IReadOnlyList<FileResource> resources, PruneScope? scope, Action<long, long> progress, CancellationToken ct)
    {
        var steps = new PlanStep?[resources.Count];
        var failures = new ConcurrentDictionary<int, Failure>();
        int done = 0;
        await Parallel.ForAsync(0, resources.Count, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct }, async (i, cancel) =>
        {
            if (_isLost) return;

            var (step, failure) = await StepForAsync(resources[i], cancel);
            if (failure is not null) failures[i] = failure;
            steps[i] = step;
            progress(Interlocked.Increment(ref done), resources.Count);
        });

        if (!failures.IsEmpty) return (null, [.. failures.OrderBy(pair => pair.Key).Select(pair => pair.Value).DistinctBy(failure => failure.What)]);

        var all = steps.OfType<PlanStep>().ToList();
        if (scope is not null && await AddDeletesAsync(all, scope, ct) is { } failed) return (null, [failed]);

        return (Plan.Of(all), []);
    }

    private async Task<(PlanStep? Step, Failure? Failure)> StepForAsync(FileResource resource, CancellationToken ct)
    {
        var (name, kind) = (resource.Name, resource.Name.Kind);
        if (!kind.CanCreate) return (null, new($"{resource.PlaceOf("/kind")}: {kind.FullName} can only be read."));

        for (int attempt = 1; ; attempt++)
        {
            var reply = await session.GetAsync(name, ct);
            string? etag = null;
            JsonElement current = default;
            if (reply is Reply.Good { Body: { ValueKind: JsonValueKind.Object } body } good) (etag, current) = (good.ETag, body);
            else if (!reply.IsMissing) return (null, NotRead(reply, name));

            bool isNew = reply.IsMissing;
            if (!kind.CanReplace) return isNew ? (new(PlanVerb.Create, name, resource, null, default, []), null) : Unchangeable(resource, etag, current);

            var tried = await TryAsync(resource, isNew, etag, ct);
            switch (tried)
            {
                case Reply.Good { Body: { ValueKind: JsonValueKind.Object } next } when !isNew:
                    return (StepOf(resource, etag, current, next), null);

                // Somebody was faster.
                case Reply.Refused { Problem.Status: 412 } when attempt < ReadsMax: continue;

                // It may belong or refer to what only this plan creates; whether it holds, the whole tells.
                case Reply.Good:
                case Reply.Refused { Problem.Status: 400 or 404 or 409 or 412 or 413 or 422 }:
                    var failure = tried is Reply.Refused { Problem: var problem } && IsOfItself(problem)
                        ? ProblemText.Of(problem, name.Text, pointer => $"{resource.PlaceOf(pointer)}: {name}{pointer}") : null;
                    return (new(isNew ? PlanVerb.Create : PlanVerb.Change, name, resource, etag, current, isNew ? [] : Differences(kind, current, resource.Body)) { Wrong = failure }, null);

                default: return (null, NotRead(tried, name));
            }
        }
    }

    private async Task<Reply> TryAsync(FileResource resource, bool isNew, string? etag, CancellationToken ct)
    {
        var headers = new List<(string, string)> { ("Prefer", "validate-only") };
        if (isNew) headers.Add(("If-None-Match", "*"));
        else if (etag is not null) headers.Add(("If-Match", etag));
        return await session.Api.SendAsync(new(HttpMethod.Put, resource.Name.Path) { Body = JsonSerializer.SerializeToUtf8Bytes(resource.Body), Headers = headers }, ct);
    }

    /// <summary>The body is against the schema. What others must be for it to hold, such as a reference, is not judged yet.</summary>
    private static bool IsOfItself(ProblemDocument problem) =>
        problem is { Status: 422, Code: "INVALID_BODY", Errors.Count: > 0 } && !problem.Errors.Any(error => error.Code == "REFERENCE");

    /// <param name="next">What the write would make of it.</param>
    private static PlanStep StepOf(FileResource resource, string? etag, JsonElement current, JsonElement next)
    {
        var (name, kind) = (resource.Name, resource.Name.Kind);
        var changes = FieldChange.Between(kind, current, next);

        // What is never served can't be compared; but a server that finds nothing to write does not move the time.
        if (kind.Schema.HoldsHidden(resource.Body) && Session.Text(current, "update_time") != Session.Text(next, "update_time"))
        {
            string fields = string.Join(", ", resource.Body.EnumerateObject()
                .Where(member => kind.Schema.Property(member.Name)?.HoldsHidden(member.Value) == true).Select(member => member.Name));
            changes.Add(new(fields, FieldChange.Hidden, FieldChange.Hidden));
        }

        return new(changes.Count == 0 ? PlanVerb.Keep : PlanVerb.Change, name, resource, etag, current, changes);
    }

    /// <summary>Of a kind whose resources stay as they were created.</summary>
    private static (PlanStep? Step, Failure? Failure) Unchangeable(FileResource resource, string? etag, JsonElement current)
    {
        var differences = Differences(resource.Name.Kind, current, resource.Body);
        return differences.Count == 0 ? (new(PlanVerb.Keep, resource.Name, resource, etag, current, []), null)
            : (null, new($"{resource.PlaceOf("/" + differences[0].Field.Split('.')[0])}: {resource.Name} can't be changed once it is there; give the new one another id.",
                [.. differences.Select(difference => difference.ToString())]));
    }

    /// <summary>Without the server's word: what is left out and has its default is no difference, nor is what can't be seen.</summary>
    private static List<FieldChange> Differences(Kind kind, JsonElement current, JsonElement desired)
    {
        var hidden = desired.EnumerateObject().Where(member => kind.Schema.Property(member.Name)?.HoldsHidden(member.Value) == true).Select(member => member.Name).ToHashSet();
        return [.. FieldChange.Between(kind, current, desired)
            .Where(change => !IsDefault(change))
            .Select(change => hidden.Contains(change.Field.Split('.')[0]) ? change with { Before = FieldChange.Hidden, After = FieldChange.Hidden } : change)];

        bool IsDefault(FieldChange change) => change.After is null && kind.Field(change.Field) is { Default: { ValueKind: not JsonValueKind.Undefined } value }
            && current.TryGetProperty(change.Field, out var now) && JsonElement.DeepEquals(now, value);
    }

    private async Task<Failure?> AddDeletesAsync(List<PlanStep> steps, PruneScope scope, CancellationToken ct)
    {
        var wanted = steps.Select(step => step.Name).ToHashSet();
        foreach (var kind in session.Kinds.All.Where(kind => kind is { HasLabels: true, CanDelete: true }))
        {
            var listing = new Listing(session);
            if (await listing.ReadAsync(kind, [], "filter=" + Uri.EscapeDataString(scope.Filter), ct) is { } failure) return failure;
            if (listing.IsCut) return new($"There are more than {Listing.RowsMax:N0} {kind.FullName} with {scope}.");

            foreach (var (name, _) in listing.Rows.Where(row => !wanted.Contains(row.Name)))
            {
                var reply = await session.GetAsync(name, ct);
                if (reply.IsMissing) continue;
                if (reply is not Reply.Good { ETag: var etag, Body: var current }) return NotRead(reply, name);

                if (wanted.FirstOrDefault(other => other.IsBelow(name)) is { } kept)
                    return new($"{name} would be deleted, and {kept} of the files stands below it. Add {name} to the files, or take {kept} out of them.");

                steps.Add(new(PlanVerb.Delete, name, null, etag, current, []));
            }
        }

        return null;
    }

    private Failure NotRead(Reply reply, ResourceName name)
    {
        if (reply is Reply.Lost) _isLost = true;
        return reply is Reply.Good ? new($"{name}: the server's answer is no resource.") : reply.ToFailure(name.Text);
    }
}
