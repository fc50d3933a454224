using Stateway.Collections.Writing.Repeating;
using Stateway.Model.Problems;
using Stateway.Store;
using Stateway.Store.Sqlite;
using Stateway.TestKit;
using Xunit;

namespace Stateway.Fast.Tests.Collections;

/// <summary>Repeated writes, and batches, of nodes that share a store: what can't be brought about over HTTP.</summary>
public sealed class RepeatedWriteTests : IAsyncLifetime
{
    private const string Key = "Idempotency-Key: k";
    private const string Body = """{"text":"a"}""";

    private readonly TempFolder _folder = new();
    private readonly ManualTime _time = new();
    private WatchedStore _store = null!; // node A's; B has the same without anybody watching
    private Node _a = null!, _b = null!;

    public async ValueTask InitializeAsync()
    {
        var opened = Assert.IsType<StoreOpening.Opened>(await SqliteStore.OpenAsync(_folder.Path, new SqliteStoreOptions()));
        _store = new(opened.Store);
        _a = await Node.StartAsync(_store, _time);
        _b = await Node.StartAsync(opened.Store, _time);
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("/notes")]
    [InlineData("/notes/n/close")] // its condition holds no more when the other has been faster
    [InlineData("/_/batch")]
    public async Task Of_two_nodes_with_one_key_one_writes_and_the_other_answers_the_same(string path)
    {
        (await _b.SendAsync("PUT", "/notes/n", """{"text":"n"}""")).Expect(201);
        string? body = path switch
        {
            "/notes" => Body,
            "/_/batch" => """{"requests":[{"method":"POST","path":"/notes","body":{"text":"b"}}]}""",
            _ => null,
        };
        NodeAnswer? other = null;
        _store.BeforeCommit = async _ =>
        {
            other ??= await _b.SendAsync("POST", path, body, Key);
            return null;
        };

        var answer = (await _a.SendAsync("POST", path, body, Key)).Expect(other!.Status);
        Assert.True(answer.IsReplayed);
        Assert.False(other.IsReplayed);
        Assert.Equal(other.Text, answer.Text);
        Assert.Equal(other.Headers["Stateway-Revision"], answer.Headers["Stateway-Revision"]);
    }

    [Fact]
    public async Task While_the_first_runs_a_repetition_is_told_so()
    {
        NodeAnswer? second = null;
        _store.BeforeCommit = async _ =>
        {
            second = await _a.SendAsync("POST", "/notes", Body, Key);
            return null;
        };
        (await _a.SendAsync("POST", "/notes", Body, Key)).Expect(201);
        Assert.Contains(second!.Expect(ProblemTypes.IdempotencyKeyInUse).Headers, header => header is { Key: "Retry-After", Value: "1" });

        _store.BeforeCommit = null;
        Assert.True((await _a.SendAsync("POST", "/notes", Body, Key)).Expect(201).IsReplayed);
    }

    [Fact]
    public async Task A_commit_of_unknown_outcome_can_be_repeated()
    {
        _store.BeforeCommit = _ => Task.FromResult<CommitResult?>(new CommitResult.Unknown("It broke."));
        var problem = (await _a.SendAsync("POST", "/notes", Body, Key)).Expect(ProblemTypes.OutcomeUnknown);
        Assert.Contains(problem.Headers, header => header.Key == "Retry-After");
        (await _a.SendAsync("POST", "/_/batch", """{"requests":[{"method":"POST","path":"/notes","body":{}}]}""")).Expect(ProblemTypes.OutcomeUnknown);

        _store.BeforeCommit = null;
        Assert.False((await _a.SendAsync("POST", "/notes", Body, Key)).Expect(201).IsReplayed);
    }

    [Fact]
    public async Task A_commit_that_was_made_though_nobody_knew_is_found_by_its_record()
    {
        _store.AfterCommit = _ => new CommitResult.Unknown("It broke.");
        Assert.Equal("a", (string?)(await _a.SendAsync("POST", "/notes", Body, Key)).Expect(201).Json["text"]);
        (await _a.SendAsync("PUT", "/notes/without-key", "{}")).Expect(ProblemTypes.OutcomeUnknown);
    }

    [Fact]
    public async Task What_the_store_does_not_take_at_once_is_too_large()
    {
        _store.BeforeCommit = _ => Task.FromResult<CommitResult?>(new CommitResult.TooLarge("126 writes"));
        Assert.Contains("126 writes", (await _a.SendAsync("POST", "/notes", Body)).Expect(ProblemTypes.ChangeTooLarge).Detail, StringComparison.Ordinal);
        Assert.Contains("126 writes", (await _a.SendAsync("POST", "/_/batch", """{"requests":[{"method":"POST","path":"/notes","body":{}}]}""")).Expect(ProblemTypes.ChangeTooLarge).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_repeated_answer_has_the_date_of_its_sending()
    {
        var first = (await _a.SendAsync("POST", "/notes", Body, Key)).Expect(201);
        Assert.Equal(first.Headers.LastModified, first.Headers.Date);

        _time.Now += TimeSpan.FromHours(20);
        var again = (await _a.SendAsync("POST", "/notes", Body, Key)).Expect(201);
        Assert.True(again.IsReplayed);
        Assert.Equal(first.Headers.LastModified, again.Headers.LastModified);
        Assert.Equal(_time.Now.ToString("r"), again.Headers.Date);
    }

    [Fact]
    public async Task A_key_is_free_again_after_a_day()
    {
        string first = (await _a.SendAsync("POST", "/notes", Body, Key)).Expect(201).Text;
        _time.Now += IdempotencyRecords.KeptFor - TimeSpan.FromSeconds(1);
        Assert.Equal(first, (await _a.SendAsync("POST", "/notes", Body, Key)).Expect(201).Text);
        _time.Now += TimeSpan.FromSeconds(1);
        Assert.NotEqual(first, (await _a.SendAsync("POST", "/notes", """{"text":"b"}""", Key)).Expect(201).Text);
        Assert.True((await _b.SendAsync("POST", "/notes", """{"text":"b"}""", Key)).Expect(201).IsReplayed);
    }

    [Fact]
    public async Task A_batch_that_meets_another_change_runs_again()
    {
        (await _b.SendAsync("PUT", "/notes/n", """{"text":"before"}""")).Expect(201);
        int commits = 0;
        _store.BeforeCommit = async _ =>
        {
            if (commits++ == 0) (await _b.SendAsync("POST", "/notes/n/close", null)).Expect(200);
            return null;
        };
        var answer = (await _a.SendAsync("POST", "/_/batch", """{"requests":[{"method":"PATCH","path":"/notes/n","body":{"text":"after"}}]}""")).Expect(200);
        Assert.Equal(2, commits);
        Assert.Equal("closed", (string?)answer.Json["results"]![0]!["body"]!["state"]);

        // What is refused then is refused.
        (await _b.SendAsync("PUT", "/notes/n", """{"text":"taken"}""")).Expect(200);
        commits = 0;
        _store.BeforeCommit = async _ =>
        {
            if (commits++ == 0) (await _b.SendAsync("PUT", "/notes/m", """{"text":"free"}""")).Expect(201);
            return null;
        };
        var refused = await _a.SendAsync("POST", "/_/batch", """{"requests":[{"method":"POST","path":"/notes","body":{"text":"free"}}]}""");
        Assert.Equal("/requests/0/body/text", Assert.Single(refused.Expect(ProblemTypes.NotUnique).Errors).Pointer);
    }

    [Fact]
    public async Task A_batch_that_meets_others_all_the_time_gives_up()
    {
        (await _b.SendAsync("PUT", "/notes/n", "{}")).Expect(201);
        int n = 0;
        _store.BeforeCommit = async _ =>
        {
            (await _b.SendAsync("PUT", "/notes/n", $$"""{"text":"{{n++}}"}""")).Expect(200);
            return null;
        };
        (await _a.SendAsync("POST", "/_/batch", """{"requests":[{"method":"PATCH","path":"/notes/n","body":{"text":"x"}}]}""")).Expect(ProblemTypes.TooMuchContention);
    }

    private sealed class ManualTime : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2024, 5, 1, 12, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
