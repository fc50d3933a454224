using System.Collections.Immutable;
using Microsoft.AspNetCore.Http;
using Stateway.Collections.Kinds;
using Stateway.Collections.Representations;
using Stateway.Collections.Writing.Repeating;
using Stateway.Gateway;
using Stateway.Gateway.Content;
using Stateway.Model.Names;
using Stateway.Model.Problems;
using Stateway.Store;
using Stateway.Store.Staging;

namespace Stateway.Collections.Writing;

/// <summary>
/// POST, PUT, PATCH and DELETE. A change reads the resource, decides, and commits on condition that the resource is
/// still what was read; when somebody was faster it begins again, so that check and write are one atomic step.
/// </summary>
internal sealed class Writes(Collection collection, CollectionServices services)
{
    private const int AttemptsMax = 50;

    private readonly Bodies _bodies = new(collection.Declaration.RequestSchema, new(() => collection.Xml), services.Limits);
    private readonly Integrity _integrity = new(collection);

    public async ValueTask<Problem?> CreateAsync(Exchange exchange, Terms terms)
    {
        if (Paths.OfParent(exchange) is not { } parent) return Paths.MalformedId();
        if (Parameters.Check(exchange.Request, only: "id") is { } wrong) return wrong;
        if (Answering.Refuses(exchange) is { } refused) return refused;

        var preferences = Preferences.Of(exchange.Request);
        var (body, problem) = await ReadAsync(exchange, preferences);
        string? chosen = null;
        problem ??= ReadId(exchange, body.Span, out chosen);
        if (problem is not null) return problem;

        string id = chosen ?? ResourceId.New(services.Time);
        var key = new Key(collection.StoreName, parent.Length == 0 ? id : parent + "/" + id);
        var now = services.Now();
        terms = terms.Following(preferences);
        (var value, problem) = await SealAsync(new(key.Path, null, collection.Composer.Compose(body.Span, id, default, now), terms.Store), exchange);
        if (collection.IsKind && problem is null) value = KindComposer.Next(key, null, value, now).Value;
        if ((problem ?? TooLarge(value) ?? await AskRuleAsync(new(key.Path, null, value, terms.Store), exchange)) is { } not) return not;

        string location = $"{LocationBase(exchange)}/{id}";
        var result = await CommitAsync(exchange, terms, null, new Write.Put(key, now, value), StatusCodes.Status201Created, location, preferences);
        if (result is CommitResult.Committed committed)
        {
            if (!preferences.ValidateOnly) exchange.Response.Headers.Location = location;
            return await Answers.WrittenAsync(exchange, collection, new(key, committed.Revision, now, value), StatusCodes.Status201Created, preferences);
        }

        if (terms.Once is { } once && once.IsTaken(result)) return new(ProblemTypes.TooMuchContention);

        return result is CommitResult.Conflict { Precondition: Precondition.AtRevision }
            ? new(ProblemTypes.AlreadyExists, $"{collection.Declaration.Name} has a resource \"{id}\" already; PUT replaces it.")
            : await _integrity.ToProblemAsync(result, key.Path, value, terms.Store);
    }

    public async ValueTask<Problem?> ReplaceAsync(Exchange exchange, Terms terms)
    {
        if (Paths.OfResource(exchange) is not { } path) return Paths.MalformedId();
        if (Parameters.Check(exchange.Request) is { } wrong) return wrong;
        if (Answering.Refuses(exchange) is { } refused) return refused;

        var preferences = Preferences.Of(exchange.Request);
        var (body, problem) = await ReadAsync(exchange, preferences);
        problem ??= CheckId(body.Span, IdOf(path));
        if (problem is not null) return problem;

        return await ChangeAsync(exchange, terms, path, preferences, (current, now) => new Draft(
            collection.Composer.Compose(body.Span, IdOf(path), current is null ? default : current.Value.Span, now), null));
    }

    public async ValueTask<Problem?> PatchAsync(Exchange exchange, Terms terms)
    {
        if (Paths.OfResource(exchange) is not { } path) return Paths.MalformedId();
        if (Parameters.Check(exchange.Request) is { } wrong) return wrong;
        if (Answering.Refuses(exchange) is { } refused) return refused;

        var preferences = Preferences.Of(exchange.Request);
        var (patch, problem) = await Patch.ReadAsync(exchange, services.Limits);
        if (collection.WriteOnlyMask is { } served) problem ??= patch!.CheckReads(served);
        if (problem is not null) return problem;

        return await ChangeAsync(exchange, terms, path, preferences, (current, now) =>
        {
            if (current is null) return new(default, Paths.NotFound(collection, path));

            var (patched, failed) = patch!.Apply(current.Value, services.Limits);
            failed ??= Secrets.Redact(_bodies.Check(ref patched, preferences), collection.WriteOnlyMask) ?? CheckId(patched.Span, IdOf(path));
            return failed is not null ? new(default, failed)
                : new(collection.Composer.Compose(patched.Span, IdOf(path), current.Value.Span, now), null);
        });
    }

    public async ValueTask<Problem?> DeleteAsync(Exchange exchange, Terms terms)
    {
        if (Paths.OfResource(exchange) is not { } path) return Paths.MalformedId();
        if (Parameters.Check(exchange.Request) is { } wrong) return wrong;

        var key = new Key(collection.StoreName, path);
        var preferences = Preferences.Of(exchange.Request);
        terms = terms.Following(preferences);
        for (int attempt = 0; attempt < AttemptsMax; attempt++)
        {
            var current = await terms.Store.GetAsync(key, exchange.Http.RequestAborted);
            var problem = Conditions.ForWrite(exchange.Request.Headers, collection, current, collection.Declaration.RequireCondition);
            if (current is null) return problem ?? Paths.NotFound(collection, path);
            problem ??= await AskRuleAsync(new(path, current.Value, null, terms.Store), exchange);
            if (problem is not null) return problem;

            var (marked, wasMarked) = collection.IsKind ? Marked(current) : default;
            bool isKept = wasMarked && !preferences.ValidateOnly; // what is only tried is staged all the same: an answer to it has no revision
            ImmutableArray<Write> writes = marked is null ? _integrity.Deletion(key) : isKept ? [] : [new Write.Put(key, marked.UpdateTime, marked.Value)];
            var result = await terms.Store.CommitAsync(new(
                [new Precondition.AtRevision(key, current.Revision), .. wasMarked ? [] : _integrity.OfDelete(path)],
                isKept ? [] : [.. writes, .. TrailOf(exchange, current, marked)]), CancellationToken.None);
            if (result is CommitResult.Conflict { Precondition: Precondition.AtRevision }) continue;
            if (result is not CommitResult.Committed committed) return await _integrity.ToProblemAsync(result, path, default, terms.Store);

            if (marked is not null)
            {
                if (!isKept) marked = marked with { Revision = committed.Revision };
                return await Answers.WrittenAsync(exchange, collection, marked, StatusCodes.Status202Accepted, preferences, services.Now());
            }

            if (preferences.ValidateOnly) Preferences.Tried.Acknowledge(exchange.Response);
            if (!StagedResources.IsStaged(committed.Revision)) Answers.SetRevision(exchange.Response, committed.Revision);
            exchange.Response.StatusCode = StatusCodes.Status204NoContent;
            return null;
        }

        return new(ProblemTypes.TooMuchContention);
    }

    /// <summary>A resource of a platform kind that somebody has to clean up behind is only marked; it is gone when they have.</summary>
    /// <returns>No entry when it can be deleted.</returns>
    private (Entry? Entry, bool WasMarked) Marked(Entry current)
    {
        var resource = KindResource.Of(current);
        if (resource.Finalizers.IsEmpty) return default;
        if (resource.DeleteTime is not null) return (current, true);

        var now = services.Now();
        return (current with { UpdateTime = now, Value = (resource with { DeleteTime = now, UpdateTime = now }).ToValue() }, false);
    }

    /// <summary>Reads, lets <paramref name="draft"/> decide what is to be stored, commits; again when somebody was faster.</summary>
    public async ValueTask<Problem?> ChangeAsync(
        Exchange exchange, Terms terms, string path, Preferences preferences, Func<Entry?, DateTimeOffset, Draft> draft, bool isAction = false)
    {
        terms = terms.Following(preferences);
        var key = new Key(collection.StoreName, path);
        for (int attempt = 0; attempt < AttemptsMax; attempt++)
        {
            var current = await terms.Store.GetAsync(key, exchange.Http.RequestAborted);
            bool required = collection.Declaration.RequireCondition && !isAction; // an action brings its own condition
            if (Conditions.ForWrite(exchange.Request.Headers, collection, current, required) is { } failed) return failed;

            var now = services.Now();
            var next = draft(current, now);
            if (next.Problem is null)
            {
                var (stored, unsealed) = await SealAsync(new(path, current?.Value, next.Value, terms.Store), exchange);
                next = new(stored, unsealed);
            }

            if (collection.IsKind && next.Problem is null) next = KindComposer.Next(key, current, next.Value, now);
            var value = next.Value;
            if ((next.Problem ?? TooLarge(value)) is { } refused) return refused;

            // What is only tried is staged all the same: an answer to it has no revision.
            if (next.IsUnchanged && !preferences.ValidateOnly)
            {
                var kept = await KeepAsync(terms, current!, preferences, now);
                if (terms.Once is { } repeated && repeated.IsTaken(kept)) return new(ProblemTypes.TooMuchContention);
                if (kept is CommitResult.Conflict) continue;
                if (kept is not CommitResult.Committed) return CommitRefusals.Of(kept);

                return await Answers.WrittenAsync(exchange, collection, current!, StatusCodes.Status200OK, preferences, now);
            }

            if (await AskRuleAsync(new(path, current?.Value, value, terms.Store), exchange) is { } forbidden) return forbidden;

            int status = current is null ? StatusCodes.Status201Created : StatusCodes.Status200OK;
            string? location = current is null ? LocationBase(exchange) : null;
            var result = await CommitAsync(exchange, terms, current, new Write.Put(key, now, value), status, location, preferences);
            if (terms.Once is { } once && once.IsTaken(result)) return new(ProblemTypes.TooMuchContention);
            if (result is CommitResult.Conflict { Precondition: Precondition.AtRevision }) continue;
            if (result is not CommitResult.Committed committed) return await _integrity.ToProblemAsync(result, path, value, terms.Store);

            if (location is not null && !preferences.ValidateOnly) exchange.Response.Headers.Location = location;
            return await Answers.WrittenAsync(exchange, collection, new(key, committed.Revision, now, value), status, preferences);
        }

        return new(ProblemTypes.TooMuchContention);
    }

    /// <summary>
    /// Writes nothing, or only the answer for who repeats the request; in a batch it is remembered what was relied on.
    /// </summary>
    private ValueTask<CommitResult> KeepAsync(Terms terms, Entry current, Preferences preferences, DateTimeOffset now)
    {
        var condition = new Precondition.AtRevision(current.Key, current.Revision);
        if (terms.Once is null) return terms.Store.CommitAsync(new([condition], []), CancellationToken.None);

        var answer = new StoredAnswer(StatusCodes.Status200OK, null, preferences, Answers.Served(collection, current.Value)) { Unchanged = (current.Revision, current.UpdateTime) };
        return terms.Store.CommitAsync(new([terms.Once.Condition, condition], [terms.Once.ToPut(answer, now)]), CancellationToken.None);
    }


    /// <summary>Where values are sealed, not even their sender is shown them in what a problem says.</summary>
    private async ValueTask<(ReadOnlyMemory<byte> Body, Problem? Problem)> ReadAsync(Exchange exchange, Preferences preferences)
    {
        var (body, problem) = await _bodies.ReadAsync(exchange, preferences);
        return (body, collection.Oversight?.Seal is null ? problem : Secrets.Redact(problem, collection.WriteOnlyMask));
    }

    private ValueTask<(ReadOnlyMemory<byte> Value, Problem? Problem)> SealAsync(ProposedChange change, Exchange exchange) =>
        collection.Oversight is { Seal: { } seal } ? seal(change, exchange.Http.RequestAborted) : new((change.After!.Value, null));

    private ValueTask<Problem?> AskRuleAsync(ProposedChange change, Exchange exchange) =>
        collection.Oversight is { Rule: var rule } ? rule(change, exchange.Http.RequestAborted) : default;

    /// <summary>What a change of the platform's own leaves behind.</summary>
    private ImmutableArray<Write.Put> TrailOf(Exchange exchange, Entry? before, Entry? after) =>
        collection.Oversight is null ? []
        : Trail.Of(collection.Oversight, KindEvent.Of(Known(before), Known(after), exchange.Caller, exchange.RequestId), services.Time);

    private static KindResource? Known(Entry? entry) => entry is null ? null : KindResource.Of(entry);

    private Problem? TooLarge(ReadOnlyMemory<byte> value) => value.Length <= services.Limits.StoredBytesMax ? null
        : new(ProblemTypes.BodyTooLarge, $"With its defaults the resource has {value.Length} bytes; the limit is {services.Limits.StoredBytesMax}.");

    /// <summary>A commit that has begun is waited for even when the client goes: its outcome is not the client's to cancel.</summary>
    private ValueTask<CommitResult> CommitAsync(
        Exchange exchange, Terms terms, Entry? current, Write.Put put, int status, string? location, Preferences preferences)
    {
        var key = put.Key;
        var preconditions = ImmutableArray.CreateBuilder<Precondition>();
        if (terms.Once is { } once) preconditions.Add(once.Condition); // the first, so that it is the one that a repeated request meets
        preconditions.Add(new Precondition.AtRevision(key, current?.Revision ?? 0));
        if (collection.Parent is { } parent) preconditions.Add(new Precondition.Exists(new(parent.StoreName, key.Path[..key.Path.LastIndexOf('/')])));
        _integrity.OfPut(put.Value.Span, key.Path, preconditions);
        var trail = TrailOf(exchange, current, new(key, 0, put.UpdateTime, put.Value));
        ImmutableArray<Write> writes = terms.Once is null ? [put, .. trail]
            : [put, .. trail, terms.Once.ToPut(new(status, location, preferences, Answers.Served(collection, put.Value)), put.UpdateTime)];
        return terms.Store.CommitAsync(new(preconditions.ToImmutable(), writes), CancellationToken.None);
    }

    /// <summary>The id that the client chose: <c>?id=</c>, or the body's.</summary>
    private static Problem? ReadId(Exchange exchange, ReadOnlySpan<byte> body, out string? id)
    {
        id = exchange.Request.QueryString.HasValue && exchange.Request.Query.TryGetValue("id", out var asked) ? asked.ToString() : null;
        var inBody = JsonSlice.Find(body, "id");
        if (id is null)
        {
            if (inBody.IsEmpty || inBody is [(byte)'n', ..]) return null;
            id = JsonSlice.AsString(inBody);
            if (id is not null && ResourceId.IsValid(id)) return null;
            return new(ProblemTypes.InvalidBody, Wording.Count(1, "field")) { Errors = [new("ID", $"An id is {ResourceId.Rule}.") { Pointer = "/id" }] };
        }

        if (!ResourceId.IsValid(id))
            return new(ProblemTypes.InvalidParameter, Wording.Count(1, "parameter")) { Errors = [new("ID", $"An id is {ResourceId.Rule}.") { Parameter = "id" }] };
        return CheckId(body, id);
    }

    private static Problem? CheckId(ReadOnlySpan<byte> body, string id)
    {
        var inBody = JsonSlice.Find(body, "id");
        return inBody.IsEmpty || JsonSlice.AsString(inBody) == id ? null
            : new(ProblemTypes.IdMismatch, $"The URL says \"{id}\".") { Errors = [new("ID_MISMATCH", $"This must be \"{id}\", or be left out.") { Pointer = "/id" }] };
    }

    private static string IdOf(string path) => path[(path.LastIndexOf('/') + 1)..];

    private static string LocationBase(Exchange exchange) => exchange.Request.Path.ToUriComponent();
}

/// <summary>What a change wants to store, or why it does not.</summary>
internal readonly record struct Draft(ReadOnlyMemory<byte> Value, Problem? Problem)
{
    /// <summary>It is stored already: of a platform kind a write that changes nothing is not made.</summary>
    public bool IsUnchanged { get; init; }
}
