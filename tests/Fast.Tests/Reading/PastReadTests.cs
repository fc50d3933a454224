using Stateway.Model.Problems;
using Xunit;

namespace Stateway.Fast.Tests.Reading;

/// <summary>Reads of what has been: what is compacted, what has not come yet, and how long is waited for it.</summary>
public sealed class PastReadTests : IAsyncLifetime
{
    private NotesServer _notes = null!;

    public async ValueTask InitializeAsync() => _notes = await NotesServer.StartAsync();
    public ValueTask DisposeAsync() => _notes.DisposeAsync();

    [Theory]
    [InlineData("GET getNote", "a", "revision")]
    [InlineData("GET getNote", "a", "min_revision")]
    [InlineData("GET listNotes", "", "revision")]
    [InlineData("GET listNotes", "", "min_revision")]
    [InlineData("GET listNoteHistory", "a", "min_revision")]
    public async Task A_revision_is_digits(string operation, string path, string parameter)
    {
        foreach (string text in new[] { "", "x", "-1", "+1", "1.0", "1e3", "9223372036854775808", "%201" })
        {
            var problem = (await _notes.SendAsync(operation, path, $"?{parameter}={text}")).Problem!;
            Assert.Same(ProblemTypes.InvalidParameter, problem.Type);
            Assert.Equal([(parameter, "TYPE")], problem.Errors.Select(e => (e.Parameter, e.Code)));
        }
    }

    [Fact]
    public async Task A_history_takes_no_parameters_of_lists()
    {
        await _notes.PutAsync("a", "{}");
        foreach (string name in new[] { "revision", "filter", "order_by", "expand", "text" })
            Assert.Equal([(name, "UNKNOWN_PARAMETER")], (await _notes.SendAsync("GET listNoteHistory", "a", $"?{name}=1")).Problem!.Errors.Select(e => (e.Parameter, e.Code)));
    }

    [Fact]
    public async Task What_is_beyond_the_answer_s_own_revision_can_t_be_asked_for()
    {
        var problem = (await _notes.SendAsync("GET listNotes", query: "?revision=2&min_revision=3")).Problem!;
        Assert.Equal([("min_revision", "CONTRADICTION")], problem.Errors.Select(e => (e.Parameter, e.Code)));
    }

    [Fact]
    public async Task A_compacted_revision_is_gone_and_the_answer_names_the_oldest_and_the_newest()
    {
        for (int i = 0; i < 6; i++)
        {
            await _notes.PutAsync("a", $$"""{"text":"{{i}}"}""");
            _notes.Time.Advance(TimeSpan.FromSeconds(1));
        }

        long newest = _notes.Store.Revision;
        await _notes.Store.CompactAsync(newest - 2, CancellationToken.None);

        foreach (string query in new[] { $"?revision={newest - 3}", $"?revision={newest - 3}&fields=text" })
        {
            foreach (var (operation, path) in new[] { ("GET getNote", "a"), ("GET listNotes", "") })
            {
                var problem = (await _notes.SendAsync(operation, path, query)).Problem!;
                Assert.Same(ProblemTypes.RevisionGone, problem.Type);
                Assert.Contains($"{newest - 2}, the newest {newest}.", problem.Detail, StringComparison.Ordinal);
            }
        }

        Assert.Equal("3", (string?)(await _notes.SendAsync("GET getNote", "a", $"?revision={newest - 2}")).Json!["text"]);
        Assert.Equal(["modified 5", "modified 4", "modified 3"], await HistoryAsync("a"));
    }

    [Fact]
    public async Task The_oldest_version_that_is_held_is_told_apart_from_a_new_resource()
    {
        await _notes.PutAsync("a", """{"text":"1"}""");
        await _notes.PutAsync("b", """{"text":"1"}""");
        _notes.Time.Advance(TimeSpan.FromSeconds(1));
        await _notes.PutAsync("b", """{"text":"2"}""");
        await _notes.Store.CompactAsync(_notes.Store.Revision, CancellationToken.None);
        await _notes.PutAsync("c", """{"text":"1"}""");

        Assert.Equal(["added 1"], await HistoryAsync("a"));
        Assert.Equal(["modified 2"], await HistoryAsync("b"));
        Assert.Equal(["added 1"], await HistoryAsync("c"));
    }

    [Fact]
    public async Task A_list_whose_beginning_is_compacted_must_be_begun_anew()
    {
        for (int i = 0; i < 5; i++) await _notes.PutAsync("n" + i, $$"""{"text":"{{new string((char)('a' + i), 1_100)}}"}""");
        foreach (string order in new[] { "", "&order_by=text" })
        {
            var first = await _notes.SendAsync("GET listNotes", query: "?max_page_size=2" + order);
            string token = (string)first.Json!["next_page_token"]!;
            Assert.Equal(200, (await _notes.SendAsync("GET listNotes", query: $"?page_token={token}{order}")).Status);
            await _notes.PutAsync("n0", """{"text":"z"}""");
            await _notes.Store.CompactAsync(_notes.Store.Revision, CancellationToken.None);
            Assert.Same(ProblemTypes.PageTokenExpired, (await _notes.SendAsync("GET listNotes", query: $"?page_token={token}{order}")).Problem?.Type);
        }
    }

    [Fact]
    public async Task What_has_not_come_is_waited_for_two_seconds()
    {
        await _notes.PutAsync("a", """{"text":"1"}""");
        long next = _notes.Store.Revision + 1;

        var waiting = _notes.SendAsync("GET getNote", "a", $"?min_revision={next}");
        await _notes.Time.TimerSet;
        _notes.Time.Advance(TimeSpan.FromSeconds(1.9));
        Assert.False(waiting.IsCompleted);
        _notes.Time.Advance(TimeSpan.FromSeconds(0.1));
        var (_, _, _, problem) = await waiting;
        Assert.Same(ProblemTypes.RevisionNotReached, problem?.Type);
        Assert.Contains(KeyValuePair.Create("Retry-After", "1"), problem!.Headers);
        Assert.Contains($"revision {next - 1}, not to {next}", problem.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET getNote", "a")]
    [InlineData("GET listNotes", "")]
    [InlineData("GET listNoteHistory", "a")]
    public async Task What_comes_meanwhile_is_answered(string operation, string path)
    {
        await _notes.PutAsync("a", """{"text":"before"}""");
        var waiting = _notes.SendAsync(operation, path, $"?min_revision={_notes.Store.Revision + 2}");
        await _notes.Time.TimerSet;
        await _notes.PutAsync("b", "{}");
        Assert.False(waiting.IsCompleted);
        await _notes.PutAsync("a", """{"text":"behind"}""");

        var (status, json, _, _) = await waiting;
        Assert.Equal(200, status);
        Assert.Contains("behind", json!.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(200, (await _notes.SendAsync(operation, path, $"?min_revision={_notes.Store.Revision}")).Status);
    }

    [Fact]
    public async Task A_large_history_comes_in_pages_of_16_MB()
    {
        string large = new('x', 900_000);
        for (int i = 0; i < 45; i++) await _notes.PutAsync("a", $$"""{"text":"{{large}}{{i}}"}""");

        var sizes = new List<int>();
        var seen = new List<string>();
        for (string query = "?max_page_size=1000"; ;)
        {
            var json = (await _notes.SendAsync("GET listNoteHistory", "a", query)).Json!;
            var results = json["results"]!.AsArray();
            sizes.Add(results.Count);
            seen.AddRange(results.Select(r => $"{(string)r!["type"]!} {((string)r["object"]!["text"]!)[large.Length..]}"));
            if ((string?)json["next_page_token"] is not { } token) break;
            query = "?max_page_size=1000&page_token=" + token;
        }

        Assert.Equal([19, 19, 7], sizes);
        Assert.Equal(Enumerable.Range(0, 45).Reverse().Select(i => $"{(i == 0 ? "added" : "modified")} {i}"), seen);
    }

    private async Task<string[]> HistoryAsync(string id)
    {
        var results = (await _notes.SendAsync("GET listNoteHistory", id)).Json!["results"]!.AsArray();
        return [.. results.Select(r => $"{(string)r!["type"]!} {(string?)r["object"]?["text"]}".Trim())];
    }
}
