using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests;

/// <summary>A changed document is in force without a restart and without one failed request; a wrong one changes nothing.</summary>
public sealed class ReloadTests
{
    private const string Plain = "things: { schema: { type: object, properties: { name: { type: string }, size: { type: integer } } } }";
    private const string Indexed = "things: { schema: { type: object, properties: { name: { type: string }, size: { type: integer } } }, filter: [size], order: [size], unique: [name] }";
    private const string Others = "others: { schema: { type: object, properties: { name: { type: string } } } }";
    private const string InForce = "are in force";

    [Fact]
    public async Task Twenty_changes_under_load_fail_no_request()
    {
        using var folder = new TempFolder();
        string file = folder.File("things.yaml");
        await File.WriteAllTextAsync(file, Documents.Of("V0", Plain));
        await using var program = await StatewayProgram.RunAsync(folder.Path, folder.File("data"));

        using var stop = new CancellationTokenSource();
        var failures = new ConcurrentQueue<string>();
        int done = 0;
        var clients = Enumerable.Range(0, 4).Select(c => Task.Run(() => UseAsync(c))).ToArray();

        for (int version = 1; version <= 20; version++)
        {
            string[] collections = (version % 4) switch { 0 => [Plain], 1 => [Indexed], 2 => [Indexed, Others], _ => [Plain, Others] };
            string text = Documents.Of($"V{version}", collections);
            var applied = program.LineAsync(InForce);
            if (version % 2 == 0) await File.WriteAllTextAsync(file, text);
            else await ReplaceAsync(file, text);
            await applied;

            Assert.Equal($"V{version}", await TitleAsync(program.Http));
            Assert.Equal(collections.Length == 2 ? HttpStatusCode.OK : HttpStatusCode.NotFound, (await program.Http.GetAsync("/others")).StatusCode);
        }

        await stop.CancelAsync();
        await Task.WhenAll(clients);
        Assert.Empty(failures);
        Assert.True(done > 200, $"{done} requests were made.");

        async Task UseAsync(int client)
        {
            for (int n = 0; !stop.IsCancellationRequested; n++)
            {
                string url = $"/things/c{client}-{n % 50}";
                await TryAsync(() => program.Http.PutAsync(url, Json($$"""{"name":"{{client}}-{{n % 50}}","size":{{n}}}""")));
                await TryAsync(() => program.Http.GetAsync(url));
                await TryAsync(() => program.Http.GetAsync("/things?max_page_size=10"));
            }
        }

        async Task TryAsync(Func<Task<HttpResponseMessage>> send)
        {
            try
            {
                using var response = await send();
                Interlocked.Increment(ref done);
                if (!response.IsSuccessStatusCode) failures.Enqueue($"{response.RequestMessage} {response.StatusCode} {await response.Content.ReadAsStringAsync()}");
            }
            catch (HttpRequestException e)
            {
                failures.Enqueue(e.ToString());
            }
        }
    }

    [Fact]
    public async Task A_new_index_knows_the_rows_from_before_and_a_collection_that_comes_back_has_its_rows()
    {
        using var folder = new TempFolder();
        string file = folder.File("things.yaml");
        await File.WriteAllTextAsync(file, Documents.Of("One", Plain));
        await using var program = await StatewayProgram.RunAsync(folder.Path, folder.File("data"));

        // More rows than are filled in one go.
        await Parallel.ForAsync(0, 1_300, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, ct) =>
        {
            using var put = await program.Http.PutAsync($"/things/t{i}", Json($$"""{"name":"n{{i}}","size":{{i % 13}}}"""), ct);
            Assert.Equal(HttpStatusCode.Created, put.StatusCode);
        });

        await ApplyAsync(program, file, Documents.Of("Two", Indexed));
        Assert.Equal(100, await CountAsync(program.Http, "/things?size=7"));
        Assert.Equal(1_300, await CountAsync(program.Http, "/things?order_by=-size"));
        using var taken = await program.Http.PostAsync("/things", Json("""{"name":"n77","size":1}"""));
        Assert.Equal(HttpStatusCode.Conflict, taken.StatusCode);

        await ApplyAsync(program, file, Documents.Of("Three", Others));
        Assert.Equal(HttpStatusCode.NotFound, (await program.Http.GetAsync("/things/t1")).StatusCode);

        await ApplyAsync(program, file, Documents.Of("Four", Indexed, Others));
        Assert.Equal(1_300, await CountAsync(program.Http, "/things"));
        Assert.Equal(100, await CountAsync(program.Http, "/things?size=12"));
    }

    [Fact]
    public async Task A_wrong_document_is_refused_with_all_its_errors_and_the_one_before_keeps_serving()
    {
        using var folder = new TempFolder();
        string file = folder.File("things.yaml");
        await File.WriteAllTextAsync(file, Documents.Of("Good", Plain));
        await using var program = await StatewayProgram.RunAsync(folder.Path, folder.File("data"));

        var refused = program.LineAsync("were refused");
        await ReplaceAsync(file, Documents.Of("Bad", Plain.Replace("} } } }", "} } }, filter: [szie, nmae], frob: 1 }", StringComparison.Ordinal), "{ : ]"));
        await refused;
        refused = program.LineAsync("were refused with 3 errors");
        await ReplaceAsync(file, Documents.Of("Bad", Plain.Replace("} } } }", "} } }, filter: [szie, nmae], frob: 1 }", StringComparison.Ordinal)));
        await refused;

        Assert.Equal(3, program.Output.Split('\n').Count(line => line.StartsWith("error: things.yaml:5:", StringComparison.Ordinal)));
        Assert.Contains("size", program.Output, StringComparison.Ordinal);
        Assert.Equal("Good", await TitleAsync(program.Http));
        Assert.Equal(HttpStatusCode.OK, (await program.Http.GetAsync("/things")).StatusCode);

        await ApplyAsync(program, file, Documents.Of("Better", Plain));
        Assert.Equal("Better", await TitleAsync(program.Http));
    }

    [Fact]
    public async Task The_last_document_can_go_and_come_again()
    {
        using var folder = new TempFolder();
        string file = folder.File("things.yaml");
        await File.WriteAllTextAsync(file, Documents.Of("One", Plain));
        await using var program = await StatewayProgram.RunAsync(folder.Path, folder.File("data"));

        var kept = program.LineAsync("keep serving");
        File.Move(file, folder.File("things.bak"));
        await kept;
        Assert.Equal("One", await TitleAsync(program.Http));

        await ApplyAsync(program, file, Documents.Of("Two", Plain));
        kept = program.LineAsync("keep serving");
        File.Delete(file);
        await kept;
        Assert.Equal("Two", await TitleAsync(program.Http));

        await ApplyAsync(program, file, Documents.Of("Three", Plain));
        Assert.Equal("Three", await TitleAsync(program.Http));
    }

    [Fact]
    public async Task Two_documents_come_go_and_change_each_for_itself()
    {
        using var folder = new TempFolder();
        string second = folder.File("others.json");
        await File.WriteAllTextAsync(folder.File("things.yaml"), Documents.Of("Things", Plain));
        await using var program = await StatewayProgram.RunAsync(folder.Path, folder.File("data"));

        await ApplyAsync(program, second, """
            {"openapi":"3.1.0","info":{"title":"Others","version":"1.0.0"},"paths":{},"servers":[{"url":"/more"}],
             "x-stateway-collections":{"others":{"schema":{"type":"object"}}}}
            """);
        Assert.Equal(HttpStatusCode.OK, (await program.Http.GetAsync("/more/others")).StatusCode);
        Assert.Equal("Things", await TitleAsync(program.Http));

        // A wrong one holds up both, and a right one in between is not put in force by halves.
        var refused = program.LineAsync("were refused");
        await ReplaceAsync(second, """{"openapi":"3.1.0","info":{"title":"Others","version":"1.0.0"},"paths":{},"frob":1}""");
        await refused;
        Assert.Equal(HttpStatusCode.OK, (await program.Http.GetAsync("/more/others")).StatusCode);

        var applied = program.LineAsync(InForce);
        File.Delete(second);
        await applied;
        Assert.Equal(HttpStatusCode.NotFound, (await program.Http.GetAsync("/more/others")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await program.Http.GetAsync("/things")).StatusCode);
    }

    [Fact]
    public async Task A_change_just_when_the_program_is_ready_is_seen()
    {
        for (int round = 0; round < 5; round++)
        {
            using var folder = new TempFolder();
            string file = folder.File("things.yaml");
            await File.WriteAllTextAsync(file, Documents.Of("Old", Plain));
            await using var program = await StatewayProgram.RunAsync(folder.Path, folder.File("data"));
            await ApplyAsync(program, file, Documents.Of("New", Plain));
            Assert.Equal("New", await TitleAsync(program.Http));
        }
    }

    [Fact]
    public async Task Without_a_watcher_the_program_serves_and_says_so()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.File("things.yaml"), Documents.Of("Things", Plain));
        string start = $"echo 0 > /proc/sys/user/max_inotify_instances && exec {StatewayProgram.File} check {folder.Path}";
        var (code, _, why) = await StatewayProgram.CallToolAsync("unshare", "-Ur", "sh", "-c", start);
        Assert.SkipUnless(code == 0, $"watchers can't be taken away here: {why}");

        await using var program = await StatewayProgram.RunInShellAsync(
            "[ -n \"$IN\" ] || IN=1 exec unshare -Ur sh -c 'echo 0 > /proc/sys/user/max_inotify_instances; exec \"$@\"' sh \"$@\"", folder.Path, folder.File("data"));
        Assert.Contains("warning: Changes of the files are not followed", program.Output, StringComparison.Ordinal);
        Assert.Equal("Things", await TitleAsync(program.Http));
        Assert.Equal(0, await program.StopAsync());
    }

    /// <summary>Writes a document and waits until it is in force.</summary>
    private static async Task ApplyAsync(StatewayProgram program, string file, string text)
    {
        var applied = program.LineAsync(InForce);
        await File.WriteAllTextAsync(file, text);
        await applied;
    }

    /// <summary>As editors save: a new file takes the old one's name.</summary>
    private static async Task ReplaceAsync(string file, string text)
    {
        await File.WriteAllTextAsync(file + ".tmp", text);
        File.Move(file + ".tmp", file, overwrite: true);
    }

    private static async Task<string> TitleAsync(HttpClient http) =>
        JsonDocument.Parse(await http.GetByteArrayAsync("/openapi.json")).RootElement.GetProperty("info").GetProperty("title").GetString()!;

    private static async Task<int> CountAsync(HttpClient http, string url)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url) { Headers = { { "Prefer", "count=exact" } } };
        using var response = await http.SendAsync(request);
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return int.Parse(JsonDocument.Parse(text).RootElement.GetProperty("total_size").GetRawText(), CultureInfo.InvariantCulture);
    }

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");
}
