using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using Stateway.Store;
using Stateway.Store.Sqlite;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Faults;

/// <summary>No more room, where the history takes its share of it: 507, reads go on, and so do writes once there is room.</summary>
public sealed class FullStoreTests : IDisposable
{
    private const int Things = 8;

    private readonly TempFolder _folder = new();
    private readonly ConcurrentDictionary<int, int> _acknowledged = new();
    private int _number;

    public FullStoreTests() => File.WriteAllText(_folder.File("faults.yaml"), Load.Document);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_SQLite_store_that_its_history_has_filled_goes_on_in_the_room_that_compaction_makes()
    {
        await using var disk = await MountAsync("32m");
        string data = Path.Combine(disk.Path, "data"), url = "sqlite:" + data;

        await using (var program = await KillTests.ServeAsync(_folder, url))
        {
            await FillAsync(program);
            await CheckAsync(program);
            Assert.True(await HistoryLengthAsync(program) > 20);
            await program.KillAsync(); // with a full log
        }

        // A store can't be tidied without some room to write down what is to go.
        await disk.ResizeAsync("64m");
        var store = Assert.IsType<StoreOpening.Opened>(await SqliteStore.OpenAsync(data, new())).Store;
        await using (store) await store.CompactAsync((await store.ReadStateAsync(default)).Revision, default);
        await disk.ResizeAsync("32m");
        long length = FileLength();

        await using (var program = await KillTests.ServeAsync(_folder, url))
        {
            await CheckAsync(program);
            for (int i = 0; i < 100; i++) Assert.Equal(HttpStatusCode.OK, await PutAsync(program));
            await CheckAsync(program);
            Assert.Equal(0, await program.StopAsync());
        }

        Assert.Equal(length, FileLength()); // what was given up is written over
        await AssertSoundAsync(url);

        long FileLength() => new FileInfo(Path.Combine(data, "store.db")).Length;
    }

    [Fact]
    public async Task A_full_disk_of_PostgreSQL_is_507_until_there_is_room()
    {
        Assert.SkipWhen(PostgresServer.Programs is null, "PostgreSQL is not installed");
        await using var disk = await MountAsync("64m");
        await using var server = await PostgresServer.StartAsync(Path.Combine(disk.Path, "data"), ["autovacuum=off"]);
        string reserve = Path.Combine(disk.Path, "reserve");

        await using (var program = await KillTests.ServeAsync(_folder, server.Url))
        {
            // All that is left but a few megabytes.
            await File.WriteAllBytesAsync(reserve, new byte[Math.Max(0, new DriveInfo(disk.Path).AvailableFreeSpace - (4 << 20))]);
            using var watch = await WatchReader.OpenAsync(program.Url, "/things?watch=true");
            await watch.InitialAsync();
            await FillAsync(program);
            await CheckAsync(program);

            File.Delete(reserve);
            for (int i = 0; i < 20; i++) Assert.True(await PutAsync(program) is HttpStatusCode.OK or HttpStatusCode.Created);
            await CheckAsync(program);

            // The watch saw it all, the last one too.
            while ((await watch.NextChangeAsync()).Object.GetProperty("n").GetInt32() != _number) { }
            Assert.Equal(0, await program.StopAsync());
            Assert.DoesNotContain(" error ", program.Output, StringComparison.Ordinal);
        }

        await AssertSoundAsync(server.Url);
    }

    [Fact]
    public async Task An_etcd_at_its_quota_is_507_until_there_is_room()
    {
        Assert.SkipUnless(EtcdServer.IsInstalled, "etcd is not installed");
        await using var server = await EtcdServer.StartAsync("--quota-backend-bytes=4000000");
        string url = $"etcd://{server.Endpoint}/full";

        await using (var program = await KillTests.ServeAsync(_folder, url))
        {
            using var watch = await WatchReader.OpenAsync(program.Url, "/things?watch=true");
            await watch.InitialAsync();
            await FillAsync(program);
            await CheckAsync(program);

            // As etcd's own manual says.
            using var list = JsonDocument.Parse(await program.Http.GetStringAsync("/things"));
            await server.ControlAsync("compact", list.RootElement.GetProperty("revision").GetString()!);
            await server.ControlAsync("defrag");
            await server.ControlAsync("alarm", "disarm");
            for (int i = 0; i < 20; i++) Assert.True(await PutAsync(program) is HttpStatusCode.OK or HttpStatusCode.Created);
            await CheckAsync(program);

            while ((await watch.NextChangeAsync()).Object.GetProperty("n").GetInt32() != _number) { }
            Assert.Equal(0, await program.StopAsync());
            Assert.DoesNotContain(" error ", program.Output, StringComparison.Ordinal);
        }

        await AssertSoundAsync(url);
    }

    private static async Task<TempMount> MountAsync(string size)
    {
        var (mount, whyNot) = await TempMount.TryMakeAsync(size);
        Assert.SkipWhen(mount is null, whyNot ?? "");
        return mount;
    }

    /// <summary>The same few things again and again, until each writer has been refused a few times.</summary>
    private Task FillAsync(StatewayProgram program) => Parallel.ForAsync(0, 4, async (_, _) =>
    {
        for (int refused = 0; refused < 5;)
        {
            var status = await PutAsync(program);
            if (status is HttpStatusCode.Created or HttpStatusCode.OK) continue;

            Assert.Equal(HttpStatusCode.InsufficientStorage, status);
            refused++;
        }
    });

    /// <summary>Some 20 KB that can't be compressed.</summary>
    private async Task<HttpStatusCode> PutAsync(StatewayProgram program)
    {
        int n = Interlocked.Increment(ref _number);
        byte[] bytes = new byte[15_000];
        new Random(n).NextBytes(bytes);
        using var content = new StringContent($$"""{"n":{{n}},"text":"{{Convert.ToBase64String(bytes)}}"}""", Encoding.UTF8, "application/json");
        using var response = await program.Http.PutAsync($"/things/t{n % Things}", content);
        if (response.IsSuccessStatusCode)
            _acknowledged.AddOrUpdate(n % Things, n, (_, before) => Math.Max(before, n));
        else if (response.StatusCode == HttpStatusCode.InsufficientStorage)
            Assert.Equal("STORAGE_FULL", JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("code").GetString());
        return response.StatusCode;
    }

    /// <summary>Each thing is whole, and one of the last that were acknowledged: writers of one thing may have overtaken each other.</summary>
    private async Task CheckAsync(StatewayProgram program)
    {
        foreach (var (thing, last) in _acknowledged)
        {
            var stored = JsonDocument.Parse(await program.Http.GetByteArrayAsync($"/things/t{thing}")).RootElement;
            int n = stored.GetProperty("n").GetInt32();
            Assert.True(n % Things == thing && n <= _number && n >= last - (Things * 4), $"t{thing} is {n}; {last} was acknowledged.");
            byte[] bytes = new byte[15_000];
            new Random(n).NextBytes(bytes);
            Assert.Equal(Convert.ToBase64String(bytes), stored.GetProperty("text").GetString());
            using var found = JsonDocument.Parse(await program.Http.GetByteArrayAsync($"/things?n={n}"));
            Assert.Equal(1, found.RootElement.GetProperty("results").GetArrayLength());
        }
    }

    private static async Task<int> HistoryLengthAsync(StatewayProgram program)
    {
        using var history = JsonDocument.Parse(await program.Http.GetByteArrayAsync("/things/t1/history?fields=n&max_page_size=1000"));
        return history.RootElement.GetProperty("results").GetArrayLength();
    }

    private static async Task AssertSoundAsync(string url)
    {
        var (code, output, error) = await StatewayProgram.CallAsync("store", "check", url);
        Assert.True(code == 0, output + error);
    }
}
