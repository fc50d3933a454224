using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Management;

/// <summary>
/// Rolls out APIs and goes on changing what is wanted of them, knowing nothing of kills: what has had no answer is sent again, as it was,
/// with the same condition or key. Its programs come and go by <see cref="Publish"/> and <see cref="Retract"/>.
/// </summary>
internal sealed class RolloutClient : IDisposable
{
    private const int FailuresMax = 200; // on one program that is not killed

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseCookies = false, PooledConnectionIdleTimeout = TimeSpan.FromSeconds(5) });
    private volatile TaskCompletionSource<Node> _node = New();
    private volatile Awaited? _awaited;
    private int _acknowledged;
    private int _unanswered;
    private int _created;

    /// <summary>Changes that were acknowledged.</summary>
    public int Acknowledged => _acknowledged;

    /// <summary>Requests that got no answer, and were sent again.</summary>
    public int Unanswered => _unanswered;

    /// <summary>Resources that are there.</summary>
    public int Created => _created;

    /// <summary>Completes when so many more changes were acknowledged. For one caller at a time.</summary>
    public Task MoreAsync(int changes)
    {
        var awaited = new Awaited(_acknowledged + changes);
        if (changes > 0) _awaited = awaited;
        else awaited.Reached.SetResult();
        return awaited.Reached.Task;
    }

    public void Publish(StatewayProgram program) => _node.TrySetResult(new(program.ManagementUrl, program.Url, File.ReadAllText(program.KeyFile!).Trim()));

    public void Retract() => _node = New();

    /// <summary>Creates all resources of an API, some in batches and some one by one.</summary>
    public async Task CreateAsync(RolledApi api)
    {
        if (api.Number % 4 != 0)
        {
            await BatchAsync($"create-{api.Id}", [.. new[] { api.Self }.Concat(api.Snapshots).Select(each => (each, "PUT", each.Spec))], HttpStatusCode.Created);
        }
        else
        {
            await PutNewAsync(api.Self);
            foreach (var snapshot in api.Snapshots) await PutNewAsync(snapshot);
        }

        foreach (var stage in api.Pointers)
        {
            if (stage.Id == "dev") await PostNewAsync(stage);
            else await PutNewAsync(stage);
        }
    }

    /// <summary>Changes something that is wanted of an API, or its data.</summary>
    public async Task ChangeAsync(RolledApi api, Random random)
    {
        var stage = api.Pointers[random.Next(api.Pointers.Length)];
        switch (random.Next(10))
        {
            case 0 or 1 or 2: await PatchIfMatchAsync(stage, PointAtNext(stage, random)); break;
            case 3: await PutIfMatchAsync(stage, PointAtNext(stage, random)); break;
            case 4: await PatchOnceAsync(stage, Labels(stage)); break;
            case 5:
                await BatchAsync($"point-{api.Id}-{api.Pointers.Sum(each => each.Generation)}", [.. api.Pointers.Select(each => (each, "PATCH", PointAtNext(each, random)))], HttpStatusCode.OK);
                break;
            case 6: await PatchIfMatchAsync(api.Self, new() { ["title"] = $"title {api.Self.Generation}" }); break;
            case 7: await NoteAsync(api.Snapshots[random.Next(RolledApi.Deployments)]); break;
            case 8:
                for (int row = 1; row <= (api.IsEmptied ? 3 : 1); row++) await DeleteRowAsync(api, row.ToString(CultureInfo.InvariantCulture));
                break;
            default: await WriteRowAsync(api, "own-" + random.Next(5).ToString(CultureInfo.InvariantCulture)); break;
        }
    }

    private Task NoteAsync(Rolled snapshot) => PatchOnceAsync(snapshot, new() { ["note"] = $"note {snapshot.Generation}" });

    /// <summary>Another deployment than the present; that it breaks the stage's clients is allowed, or it would be refused.</summary>
    private static JsonObject PointAtNext(Rolled stage, Random random)
    {
        int present = ((string)stage.Spec["deployment"]!)[1] - '0';
        string next = $"d{((present + random.Next(RolledApi.Deployments - 1)) % RolledApi.Deployments) + 1}";
        return new() { ["deployment"] = next, ["allow_breaking"] = next };
    }

    private static JsonObject Labels(Rolled resource) => new() { ["labels"] = new JsonObject { ["changed"] = resource.Generation.ToString(CultureInfo.InvariantCulture) } };

    private async Task PutNewAsync(Rolled resource)
    {
        var answer = await SendAsync("PUT", resource.Path, resource.Spec, ("If-None-Match", "*"));
        await TakeAsync(resource, resource.Spec, answer, HttpStatusCode.Created);
    }

    private async Task PostNewAsync(Rolled resource)
    {
        string collection = resource.Path[..resource.Path.LastIndexOf('/')];
        await TakeAsync(resource, resource.Spec, await SendAsync("POST", $"{collection}?id={resource.Id}", resource.Spec, ("Idempotency-Key", "create-" + resource.Name)), HttpStatusCode.Created);
    }

    private async Task PatchIfMatchAsync(Rolled resource, JsonObject patch) =>
        await TakeAsync(resource, Merged(resource, patch), await SendAsync("PATCH", resource.Path, patch, ("If-Match", await TagAsync(resource))), HttpStatusCode.OK);

    private async Task PutIfMatchAsync(Rolled resource, JsonObject patch)
    {
        var next = Merged(resource, patch);
        await TakeAsync(resource, next, await SendAsync("PUT", resource.Path, next, ("If-Match", await TagAsync(resource))), HttpStatusCode.OK);
    }

    private async Task PatchOnceAsync(Rolled resource, JsonObject patch) => await TakeAsync(
        resource, Merged(resource, patch), await SendAsync("PATCH", resource.Path, patch, ("Idempotency-Key", $"change-{resource.Generation}")), HttpStatusCode.OK);

    private async Task BatchAsync(string key, (Rolled Resource, string Method, JsonObject Body)[] changes, HttpStatusCode status)
    {
        var requests = new JsonArray([.. changes.Select(change => (JsonNode)new JsonObject
        {
            ["method"] = change.Method, ["path"] = change.Resource.Path, ["body"] = change.Body.DeepClone(),
        })]);
        var answer = await SendAsync("POST", "/_/batch", new JsonObject { ["requests"] = requests }, ("Idempotency-Key", key));
        Assert.True(answer.Status == HttpStatusCode.OK, answer.ToString());
        foreach (var (change, result) in changes.Zip(answer.Body!["results"]!.AsArray()))
            await TakeAsync(change.Resource, Merged(change.Resource, change.Body), new((HttpStatusCode)(int)result!["status"]!, result["body"], null, answer.WasRepeated, "batch"), status);
    }

    /// <summary>
    /// Holds an answer to what was asked for. A condition that no longer holds is what a repeated write is answered with when the
    /// first was carried out: then it must be there, and once.
    /// </summary>
    private async Task TakeAsync(Rolled resource, JsonObject next, Answer answer, HttpStatusCode status)
    {
        var served = answer.Body;
        if (answer is { Status: HttpStatusCode.PreconditionFailed, WasRepeated: true }) served = (await SendAsync("GET", resource.Path)).Body;
        else Assert.True(answer.Status == status, $"{resource.Path}: {answer}");

        Assert.True(resource.Is(served!, next, resource.Generation + 1), $"{resource.Path} is {served} of generation {resource.Generation + 1}, {next} was asked for.");
        resource.Spec = next;
        if (resource.Generation++ == 0) Interlocked.Increment(ref _created);
        int acknowledged = Interlocked.Increment(ref _acknowledged);
        if (_awaited is { } awaited && acknowledged >= awaited.Count) awaited.Reached.TrySetResult();
    }

    /// <summary>Reads what is to be changed: it is what was acknowledged last.</summary>
    private async Task<string> TagAsync(Rolled resource)
    {
        var answer = await SendAsync("GET", resource.Path);
        Assert.True(answer.Status == HttpStatusCode.OK && resource.Is(answer.Body!, resource.Spec, resource.Generation),
            $"{answer}: {resource.Spec} of generation {resource.Generation} was acknowledged.");
        return answer.Tag!;
    }

    /// <summary>A row of the seed; where the API is not served yet, nothing.</summary>
    private async Task DeleteRowAsync(RolledApi api, string row)
    {
        if ((await SendAsync("GET", $"/{api.Id}/rows", isServed: true)).Status != HttpStatusCode.OK) return;

        var answer = await SendAsync("DELETE", $"/{api.Id}/rows/{row}", isServed: true);
        bool wasThere = api.DeletedRows.Add(row);
        if (answer.Status == HttpStatusCode.NoContent) Assert.True(wasThere, $"The row {row} of {api.Id} was deleted before, and has come back.");
        else Assert.True(answer.Status == HttpStatusCode.NotFound && (!wasThere || answer.WasRepeated), $"The row {row} of {api.Id} is not there: {answer}");
    }

    private async Task WriteRowAsync(RolledApi api, string row)
    {
        if (api.IsEmptied) return;

        var answer = await SendAsync("PUT", $"/{api.Id}/rows/{row}", new JsonObject { ["text"] = "own" }, isServed: true);
        if (answer.Status is HttpStatusCode.OK or HttpStatusCode.Created) api.OwnRows.Add(row);
        else Assert.True(answer.Status == HttpStatusCode.NotFound, answer.ToString());
    }

    private static JsonObject Merged(Rolled resource, JsonObject patch)
    {
        var next = resource.Spec.DeepClone().AsObject();
        foreach (var (name, value) in patch) next[name] = value?.DeepClone();
        return next;
    }

    private Task<Answer> SendAsync(string method, string path, JsonObject? body = null, bool isServed = false) => SendAsync(method, path, body, ("Accept", "application/json"), isServed);

    /// <summary>Until there is an answer.</summary>
    /// <param name="isServed">It is for what is served, not for the management API.</param>
    private async Task<Answer> SendAsync(string method, string path, JsonObject? body, (string Name, string Value) field, bool isServed = false)
    {
        string? text = body?.ToJsonString();
        bool wasRepeated = false;
        Node? failed = null;
        for (int failures = 0; failures < FailuresMax; failures++)
        {
            var node = await _node.Task;
            if (node != failed) failures = 0;
            using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(isServed ? node.Served : node.Management, path));
            if (text is not null) request.Content = new StringContent(text, Encoding.UTF8, "application/json");
            request.Headers.TryAddWithoutValidation(field.Name, field.Value);
            if (!isServed) request.Headers.Authorization = new("Bearer", node.Key);
            try
            {
                using var response = await _http.SendAsync(request);
                string content = await response.Content.ReadAsStringAsync();
                var answer = new Answer(response.StatusCode, content.Length == 0 ? null : JsonNode.Parse(content), response.Headers.ETag?.ToString(), wasRepeated, $"{method} {path}");
                if (!answer.IsToRepeat) return answer;
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                Interlocked.Increment(ref _unanswered);
            }

            (wasRepeated, failed) = (true, node);
        }

        throw new InvalidOperationException($"{method} {path} had no answer from a program that runs.");
    }

    public void Dispose() => _http.Dispose();

    private static TaskCompletionSource<Node> New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed record Awaited(int Count)
    {
        public TaskCompletionSource Reached { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed record Node(Uri Management, Uri Served, string Key);

    /// <param name="WasRepeated">The request had been sent before, and nobody knows what became of it.</param>
    private sealed record Answer(HttpStatusCode Status, JsonNode? Body, string? Tag, bool WasRepeated, string Request)
    {
        /// <summary>The store is busy, or the very request still runs.</summary>
        public bool IsToRepeat => Status == HttpStatusCode.ServiceUnavailable || (string?)(Body as JsonObject)?["code"] == "IDEMPOTENCY_KEY_IN_USE";
    }
}
