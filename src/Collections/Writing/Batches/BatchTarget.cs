using System.Collections.Immutable;
using Microsoft.AspNetCore.Http;
using Stateway.Collections.Representations;
using Stateway.Collections.Writing.Repeating;
using Stateway.Gateway;
using Stateway.Gateway.Content;
using Stateway.Gateway.Content.Negotiation;
using Stateway.Gateway.Routing;
using Stateway.Gateway.Targets;
using Stateway.Model.Problems;
using Stateway.Store;
using Stateway.Store.Staging;

namespace Stateway.Collections.Writing.Batches;

/// <summary>
/// <c>POST /_/batch</c>: up to 100 changes in one commit. Each request runs the very code that it would run alone, over
/// resources that are staged, so that a later one sees what an earlier one has written; then all is committed at once. When
/// somebody else has changed what the batch relied on, it runs again from its start.
/// </summary>
/// <param name="operations">Those of the API.</param>
/// <param name="basePath">Of the API; the requests' paths are below it.</param>
public sealed class BatchTarget(RoutingTable operations, string basePath, Catalog catalog, CollectionServices services) : ITarget
{
    private const int AttemptsMax = 10;

    private readonly Dictionary<string, CollectionSpec> _collections = catalog.ToSpecs().ToDictionary(spec => spec.Name, StringComparer.Ordinal);

    public string TraceName => "store";

    public async ValueTask<Problem?> AnswerAsync(Exchange exchange)
    {
        if (Parameters.Check(exchange.Request) is { } wrong) return wrong;
        if (MediaPreference.Of(exchange.Request.Headers.Accept, "application", "json").Weight <= 0) return new(ProblemTypes.NotAcceptable, "A batch is answered in application/json.");

        try
        {
            return exchange.Request.Headers[IdempotencyKey.FieldName].Count == 0
                ? await RunAsync(exchange, once: null)
                : await Once.RunAsync(exchange, services, once => RunAsync(exchange, once),
                    (record, answer) => WriteAsync(exchange, BatchResult.OfRecord(answer.Value), record.Revision));
        }
        catch (StoreUnavailableException e)
        {
            return CommitRefusals.Of(e);
        }
    }

    private async ValueTask<Problem?> RunAsync(Exchange exchange, Once? once)
    {
        // 1. Read it, with everything that is wrong with it as a whole.
        var type = ContentType.Parse(exchange.Request.ContentType);
        if (type is not { Status: ContentTypeStatus.Known, MediaType: "application/json" })
            return new Problem(ProblemTypes.UnsupportedMediaType, "A batch is application/json.").With("Accept", "application/json");

        var (body, problem) = await BodyReader.ReadAsync(exchange, services.Limits);
        if (problem is not null) return problem;

        (var items, problem) = BatchBody.Read(body.Plain);
        if (problem is not null) return problem;

        bool isTried = Preferences.Of(exchange.Request).ValidateOnly;
        for (int attempt = 0; attempt < AttemptsMax; attempt++)
        {
            // 2. Run each request over what those before it have staged. The first that is refused ends the batch.
            var staged = new StagedResources(services.Store, _collections);
            var results = new List<BatchResult>(items.Length);
            problem = await StageAsync(exchange, items, staged, results);
            if (problem is not null) return problem;

            if (isTried)
            {
                Preferences.Tried.Acknowledge(exchange.Response);
                return await WriteAsync(exchange, results, revision: null);
            }

            // 3. Commit them all, with the answer for who repeats the batch.
            CommitResult result;
            if (once is not null)
            {
                var answer = new StoredAnswer(StatusCodes.Status200OK, null, Preferences.None, BatchResult.ToRecord(results));
                result = await staged.CommitAsync(new([once.Condition], [once.ToPut(answer, services.Now())]), CancellationToken.None);
                if (result is CommitResult.Committed) result = await staged.SealAsync(CancellationToken.None);
                if (once.IsTaken(result)) return new(ProblemTypes.TooMuchContention);
            }
            else
            {
                result = await staged.SealAsync(CancellationToken.None);
            }

            if (result is CommitResult.Committed committed) return await WriteAsync(exchange, results, committed.Revision);
            if (result is not CommitResult.Conflict) return CommitRefusals.Of(result);
        }

        return new(ProblemTypes.TooMuchContention);
    }

    private async ValueTask<Problem?> StageAsync(Exchange exchange, ImmutableArray<BatchItem> items, StagedResources staged, List<BatchResult> results)
    {
        var ids = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var item in items)
        {
            var references = new BatchReferences(ids, []); // they were checked: none is wrong
            string path = basePath + references.InPath(item);
            if (path.Length > services.Limits.UrlLengthMax)
                return BatchRefusal.Of(new(ProblemTypes.UriTooLong, $"The path has {path.Length} characters; the limit is {services.Limits.UrlLengthMax}."), item);

            int query = path.IndexOf('?');
            var found = operations.Find(item.Method, query < 0 ? path : path.AsSpan(0, query), out var operation, out var match, out _);
            if (found != RoutingResult.Found || operation!.Target is not CollectionTarget { IsBatchable: true } target) return BatchRefusal.NotTaken(item);
            if (operation.Lifecycle?.Refuse(services.Time) is { } retired) return BatchRefusal.Of(retired, item);

            using var content = new MemoryStream();
            var http = ContextOf(exchange.Http, item, path, query, references.InBody(item), content);
            var part = new Exchange(http, services.Time) { Operation = operation, Match = match, Caller = exchange.Caller, RequestId = exchange.RequestId };
            if (await target.WriteAsync(part, staged) is { } problem)
                return BatchRefusal.Of(problem, item);

            await http.Response.BodyWriter.FlushAsync(CancellationToken.None);
            string? location = http.Response.Headers.Location;
            if (item.Name is not null) ids.Add(item.Name, location is null ? match.ParameterValues[^1] : location[(location.LastIndexOf('/') + 1)..]);
            var tag = await TagOfAsync(item, target, match, location, staged, exchange.Http.RequestAborted);
            string? applied = http.Response.Headers["Preference-Applied"];
            results.Add(new(http.Response.StatusCode, location, tag, applied, content.ToArray()));
        }

        return null;
    }

    /// <summary>A platform kind's has to be looked up: it says more than the revision, which may not be the batch's either.</summary>
    private static async ValueTask<ResourceVersion?> TagOfAsync(
        BatchItem item, CollectionTarget target, RouteMatch match, string? location, StagedResources staged, CancellationToken ct)
    {
        if (!target.Collection.IsKind) return item.Method == "DELETE" ? null : new ResourceVersion(0);

        string path = string.Join('/', match.ParameterValues);
        if (target.IsCreating) path += (path.Length == 0 ? "" : "/") + location![(location!.LastIndexOf('/') + 1)..];
        if (await staged.GetAsync(new Key(target.Collection.StoreName, path), ct) is not { } entry) return null;

        var version = target.Collection.VersionOf(entry);
        return StagedResources.IsStaged(version.Revision) ? version with { Revision = 0 } : version;
    }

    /// <summary>The request as it would have come alone.</summary>
    private static DefaultHttpContext ContextOf(HttpContext outer, BatchItem item, string path, int query, ReadOnlyMemory<byte> body, Stream content)
    {
        var http = new DefaultHttpContext { RequestAborted = outer.RequestAborted };
        var request = http.Request;
        request.Protocol = outer.Request.Protocol;
        request.Method = item.Method;
        request.Path = PathString.FromUriComponent(query < 0 ? path : path[..query]);
        if (query >= 0) request.QueryString = new(path[query..]);
        foreach (var (name, value) in item.Headers) request.Headers[name] = value;
        if (!body.IsEmpty)
        {
            request.ContentType ??= item.Method == "PATCH" ? "application/merge-patch+json" : "application/json";
            request.ContentLength = body.Length;
            request.Body = new MemoryStream(body.ToArray(), writable: false);
        }

        http.Response.Body = content;
        return http;
    }

    private static ValueTask<Problem?> WriteAsync(Exchange exchange, IReadOnlyList<BatchResult> results, long? revision)
    {
        if (revision is { } number) Answers.SetRevision(exchange.Response, number);
        return Answering.WriteAsync(exchange, "application/json", BatchResult.ToAnswer(results, revision));
    }
}
