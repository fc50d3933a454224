using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests;

/// <summary>A disk that is full or fails: writes are refused with a problem, reads go on, nothing acknowledged is lost, and writing works again when the disk does.</summary>
public sealed class DiskFullTests
{
    private const string Things = "things: { schema: { type: object, properties: { number: { type: integer }, text: { type: string } } }, filter: [number], unique: [number] }";

    private readonly ConcurrentDictionary<int, bool> _acknowledged = new();
    private int _unknown; // writes that nobody could say the outcome of
    private int _number;

    [Fact]
    public async Task A_full_disk_refuses_writes_and_keeps_what_was_acknowledged()
    {
        var (mount, whyNot) = await TempMount.TryMakeAsync("12m");
        Assert.SkipWhen(mount is null, whyNot ?? "");
        await using var disk = mount;
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.File("things.yaml"), Documents.Of("Things", Things));
        string data = Path.Combine(disk.Path, "data"), ballast = Path.Combine(disk.Path, "ballast");
        await File.WriteAllBytesAsync(ballast, new byte[4 << 20]);

        await using (var program = await StatewayProgram.RunAsync(folder.Path, data))
        {
            await WriteUntilAsync(program.Http, HttpStatusCode.InsufficientStorage, "STORAGE_FULL");
            await CheckAsync(program.Http);
            using var deleted = await program.Http.DeleteAsync("/things/t1");
            Assert.True(deleted.StatusCode is HttpStatusCode.InsufficientStorage or HttpStatusCode.NoContent, deleted.StatusCode.ToString());
            if (deleted.IsSuccessStatusCode) _acknowledged.TryRemove(1, out _);

            // There is room again.
            File.Delete(ballast);
            for (int i = 0; i < 20; i++) Assert.Equal(HttpStatusCode.Created, (await WriteAsync(program.Http)).Status);
            await CheckAsync(program.Http);

            // And none once more, when the program is killed.
            await WriteUntilAsync(program.Http, HttpStatusCode.InsufficientStorage, "STORAGE_FULL");
            await program.KillAsync();
        }

        // On the full disk it starts, or says in one line why not.
        Fill(ballast);
        try
        {
            await using var program = await StatewayProgram.RunAsync(folder.Path, data);
            await CheckAsync(program.Http);
            Assert.Equal(0, await program.StopAsync());
        }
        catch (InvalidOperationException)
        {
            var (code, _, error) = await StatewayProgram.CallAsync("run", folder.Path, "--data", data, "--listen", "127.0.0.1:0");
            Assert.Equal(1, code);
            Assert.Matches("^error: .*full.*\n$", error);
        }

        await disk.ResizeAsync("24m");
        await using (var program = await StatewayProgram.RunAsync(folder.Path, data))
        {
            await CheckAsync(program.Http);
            Assert.Equal(HttpStatusCode.Created, (await WriteAsync(program.Http)).Status);
            Assert.Equal(0, await program.StopAsync());
        }
    }

    [Fact]
    public async Task A_disk_that_is_full_from_the_start_is_named()
    {
        var (mount, whyNot) = await TempMount.TryMakeAsync("1m");
        Assert.SkipWhen(mount is null, whyNot ?? "");
        await using var disk = mount;
        string ballast = Path.Combine(disk.Path, "ballast");

        // From not a byte to a few pages: the store is made, then its tables, then the seeds are loaded.
        for (int free = 0; free <= 40; free += 4)
        {
            File.Delete(ballast);
            string data = Path.Combine(disk.Path, "data" + free);
            Fill(ballast);
            using (var file = new FileStream(ballast, FileMode.Open)) file.SetLength(Math.Max(0, file.Length - (free * 4096)));

            var (code, _, error) = await StatewayProgram.CallToolAsync("timeout", "-s", "TERM", "20", StatewayProgram.File, "run", Repository.Path("examples", "shop"), "--data", data, "--listen", "127.0.0.1:0");
            Assert.True(code is 1, $"{free} pages: exit code {code}: {error}");
            Assert.Contains("full", error, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
            Assert.Single(error.Split('\n'), line => line.StartsWith("error: ", StringComparison.Ordinal));
            if (Directory.Exists(data)) Directory.Delete(data, recursive: true);
        }
    }

    [Fact]
    public async Task A_disk_that_fails_refuses_writes_until_it_works_again()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/prlimit"), "prlimit is not installed");
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.File("things.yaml"), Documents.Of("Things", Things));

        // A limit on files' sizes makes every write beyond it fail, with another error than a full disk's.
        await using var program = await StatewayProgram.RunInShellAsync("trap '' XFSZ", folder.Path, folder.File("data"));
        for (int i = 0; i < 20; i++) Assert.Equal(HttpStatusCode.Created, (await WriteAsync(program.Http)).Status);

        for (int round = 0; round < 3; round++)
        {
            await LimitAsync(program, new FileInfo(folder.File("data/store.db-wal")).Length.ToString(CultureInfo.InvariantCulture));
            await WriteUntilAsync(program.Http, HttpStatusCode.ServiceUnavailable, "UNAVAILABLE", "OUTCOME_UNKNOWN");
            await CheckAsync(program.Http);

            await LimitAsync(program, "unlimited");
            for (int i = 0; i < 20; i++) Assert.Equal(HttpStatusCode.Created, (await WriteAsync(program.Http)).Status);
            await CheckAsync(program.Http);
        }

        await program.KillAsync();
        await using var again = await StatewayProgram.RunAsync(folder.Path, folder.File("data"));
        await CheckAsync(again.Http);

        static async Task LimitAsync(StatewayProgram program, string bytes)
        {
            var (code, _, error) = await StatewayProgram.CallToolAsync("prlimit", "--pid", program.ProcessId.ToString(CultureInfo.InvariantCulture), $"--fsize={bytes}:unlimited");
            Assert.True(code == 0, error);
        }
    }

    /// <summary>Several write at once, until each has been refused a few times.</summary>
    private async Task WriteUntilAsync(HttpClient http, HttpStatusCode refusal, params string[] problemCodes)
    {
        await Parallel.ForAsync(0, 4, async (_, _) =>
        {
            for (int refused = 0; refused < 5;)
            {
                var (status, body) = await WriteAsync(http);
                if (status == HttpStatusCode.Created) continue;

                refused++;
                Assert.Equal(refusal, status);
                Assert.Contains(JsonDocument.Parse(body).RootElement.GetProperty("code").GetString(), problemCodes);
            }
        });
    }

    private async Task<(HttpStatusCode Status, string Body)> WriteAsync(HttpClient http)
    {
        int n = Interlocked.Increment(ref _number);
        using var response = await http.PutAsync($"/things/t{n}", new StringContent($$"""{"number":{{n}},"text":"{{new string('x', n * 997 % 30_000)}}"}""", Encoding.UTF8, "application/json"));
        string body = await response.Content.ReadAsStringAsync();
        if (response.IsSuccessStatusCode) _acknowledged[n] = true;
        else if (body.Contains("OUTCOME_UNKNOWN", StringComparison.Ordinal)) Interlocked.Increment(ref _unknown);
        return (response.StatusCode, body);
    }

    /// <summary>What was acknowledged is there, whole, by itself and in its index, and nothing else is but what may have been written.</summary>
    private async Task CheckAsync(HttpClient http)
    {
        foreach (int n in _acknowledged.Keys)
        {
            var thing = JsonDocument.Parse(await http.GetByteArrayAsync($"/things/t{n}")).RootElement;
            Assert.Equal(n * 997 % 30_000, thing.GetProperty("text").GetString()!.Length);
            Assert.Equal(1, JsonDocument.Parse(await http.GetByteArrayAsync($"/things?number={n}")).RootElement.GetProperty("results").GetArrayLength());
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, "/things?max_page_size=1") { Headers = { { "Prefer", "count=exact" } } };
        using var response = await http.SendAsync(request);
        int total = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync()).RootElement.GetProperty("total_size").GetInt32();
        Assert.InRange(total, _acknowledged.Count, _acknowledged.Count + _unknown);
    }

    private static void Fill(string file)
    {
        using var stream = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            while (true) stream.Write(new byte[4096]);
        }
        catch (IOException)
        {
            // full
        }
    }
}
