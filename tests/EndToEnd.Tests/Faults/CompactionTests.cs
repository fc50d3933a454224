using System.Net;
using Stateway.Store;
using Stateway.Store.Sqlite;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Faults;

/// <summary>What clients see of a history that was given up: all of it from the compaction's revision on, and 410 below.</summary>
public sealed class CompactionTests
{
    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    [InlineData("etcd")]
    public async Task Watches_and_reads_go_back_to_the_compaction_and_not_a_revision_further(string engine)
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.File("faults.yaml"), Load.Document);
        await using var database = engine == "sqlite" ? null : await Database.StartAsync(engine);
        string url = database?.Url ?? "sqlite:" + folder.File("data");
        var program = await KillTests.ServeAsync(folder, url);
        try
        {
            var revisions = new List<long>();
            for (int n = 0; n < 10; n++) revisions.Add(await PutAsync(program, n));
            string pageToken = await PageTokenAsync(program);
            using var open = await WatchReader.OpenAsync(program.Url, $"/things?watch=true&revision={revisions[0]}");
            for (int n = 1; n < 10; n++) Assert.Equal(revisions[n], (await open.NextChangeAsync()).Revision);

            // By another node while this one serves; or, of a file, while nobody does.
            if (database is null)
            {
                Assert.Equal(0, await program.StopAsync());
                await program.DisposeAsync();
            }

            await using (var store = database is null ? await OpenFileAsync(folder.File("data")) : await database.OpenAsync())
                await store.CompactAsync(revisions[5], default);
            if (database is null) program = await KillTests.ServeAsync(folder, url);

            // At the very revision nothing is missing behind it, in either form.
            foreach (string[] headers in (string[][])[[], ["Accept: text/event-stream"]])
            {
                using var resumed = await WatchReader.OpenAsync(program.Url, $"/things?watch=true&revision={revisions[5]}", headers);
                for (int n = 6; n < 10; n++) Assert.Equal(revisions[n], (await resumed.NextChangeAsync()).Revision);
            }

            // One below it, something may be.
            await AssertGoneAsync(program, $"/things?watch=true&revision={revisions[5] - 1}");
            await AssertGoneAsync(program, $"/things/t0?watch=true&revision={revisions[4]}");
            await AssertGoneAsync(program, "/things?watch=true", $"Last-Event-ID: {revisions[4]}", "Accept: text/event-stream");
            await AssertGoneAsync(program, $"/things?revision={revisions[4]}");
            await AssertGoneAsync(program, $"/things/t0?revision={revisions[4]}");

            // Pages go on as of where the list began, which is still held; a current value is always.
            using (var page = await program.Http.GetAsync("/things?max_page_size=1&page_token=" + pageToken)) Assert.Equal(HttpStatusCode.OK, page.StatusCode);
            for (int n = 5; n < 10; n++)
            {
                using var past = await program.Http.GetAsync($"/things/t{n % 3}?revision={revisions[n]}");
                Assert.Equal(HttpStatusCode.OK, past.StatusCode);
            }

            // Who was up to date goes on without noticing.
            long next = await PutAsync(program, 10);
            if (database is not null) Assert.Equal(next, (await open.NextChangeAsync()).Revision);
            Assert.Equal(0, await program.StopAsync());
        }
        finally
        {
            await program.DisposeAsync();
        }

        var (code, output, error) = await StatewayProgram.CallAsync("store", "check", url);
        Assert.True(code == 0, output + error);
    }

    private static async Task<IStore> OpenFileAsync(string path) => Assert.IsType<StoreOpening.Opened>(await SqliteStore.OpenAsync(path, new())).Store;

    private static async Task<long> PutAsync(StatewayProgram program, int n)
    {
        using var content = new StringContent($$"""{"n":{{n}}}""", null, "application/json");
        using var response = await program.Http.PutAsync($"/things/t{n % 3}", content);
        Assert.True(response.IsSuccessStatusCode);
        return long.Parse(response.Headers.GetValues("Stateway-Revision").Single(), System.Globalization.CultureInfo.InvariantCulture);
    }

    private static async Task<string> PageTokenAsync(StatewayProgram program)
    {
        using var page = System.Text.Json.JsonDocument.Parse(await program.Http.GetStringAsync("/things?max_page_size=1"));
        return page.RootElement.GetProperty("next_page_token").GetString()!;
    }

    private static async Task AssertGoneAsync(StatewayProgram program, string url, params string[] headers)
    {
        using var refused = await WatchReader.OpenAsync(program.Url, url, headers);
        Assert.True(refused.Status == HttpStatusCode.Gone, $"{url}: {refused.Status}");
        Assert.Equal("REVISION_GONE", (await refused.ProblemAsync()).GetProperty("code").GetString());
    }
}
