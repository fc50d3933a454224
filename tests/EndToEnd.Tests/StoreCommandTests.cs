using System.Net;
using System.Text;
using System.Text.Json;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests;

/// <summary><c>stateway store check</c> and <c>stateway store copy</c>, with real engines.</summary>
public sealed class StoreCommandTests : IDisposable
{
    private static readonly string Shop = Repository.Path("examples", "shop");

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_good_store_has_no_faults()
    {
        await FillAsync("data");
        var (code, output, error) = await StatewayProgram.CallAsync("store", "check", Url("data"));
        Assert.Equal((0, ""), (code, error));
        Assert.Matches(@"^sqlite:.*/data: \d+ entries, \d+ commits in the log\. No faults\.\n$", output);
    }

    [Fact]
    public async Task A_spoilt_store_has_its_faults_told()
    {
        await FillAsync("data");
        string file = _folder.File("data/store.db");
        byte[] bytes = await File.ReadAllBytesAsync(file);
        int spoilt = 0;
        for (int at; (at = bytes.AsSpan().IndexOf("{\"id\":\"p4\""u8)) >= 0; spoilt++) bytes[at] = (byte)'x'; // no JSON any more
        Assert.NotEqual(0, spoilt);
        await File.WriteAllBytesAsync(file, bytes);

        var (code, output, error) = await StatewayProgram.CallAsync("store", "check", Url("data"));
        Assert.Equal(1, code);
        Assert.Contains("p4", error, StringComparison.Ordinal);
        Assert.Matches(@"\d+ faults?\.\n$", output);
    }

    [Fact]
    public async Task A_store_that_is_missing_or_in_use_is_named()
    {
        var (code, _, error) = await StatewayProgram.CallAsync("store", "check", Url("nothing"));
        Assert.Equal(1, code);
        Assert.Contains("there is no store here", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.File("nothing")));

        (code, _, error) = await StatewayProgram.CallAsync("store", "copy", Url("nothing"), Url("to"));
        Assert.Equal(1, code);
        Assert.Contains("there is no store here", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.File("to")));

        await using var program = await StatewayProgram.RunAsync(Shop, _folder.File("data"));
        (code, _, error) = await StatewayProgram.CallAsync("store", "copy", Url("data"), Url("to"));
        Assert.Equal(1, code);
        Assert.Contains("in use by another process", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_copy_holds_the_same_and_is_no_target_for_another()
    {
        await FillAsync("data");
        var (code, output, error) = await StatewayProgram.CallAsync("store", "copy", Url("data"), Url("copy.db"));
        Assert.Equal((0, ""), (code, error));
        Assert.Matches(@"^Copied \d+ entries of \d+ collections and 0 changes made meanwhile in ", output);
        Assert.Equal(await ContentAsync("data"), await ContentAsync("copy.db"));

        (code, _, error) = await StatewayProgram.CallAsync("store", "copy", Url("data"), Url("copy.db"));
        Assert.Equal(1, code);
        Assert.Contains("is not empty", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_copy_that_was_killed_is_not_served_and_the_next_begins_anew()
    {
        await FillAsync("data");
        await using (var copying = StatewayProgram.StartCommand(["store", "copy", Url("data"), Url("copy"), "--follow"]))
        {
            await copying.LineAsync("Press Ctrl-C to end the copy");
            await copying.KillAsync();
        }

        var (code, _, error) = await StatewayProgram.CallAsync("serve", Shop, "--listen", "127.0.0.1:0", "--store", Url("copy"));
        Assert.Equal(1, code);
        Assert.Contains("was only partly filled by a copy", error, StringComparison.Ordinal);

        (code, _, error) = await StatewayProgram.CallAsync("store", "copy", Url("data"), Url("copy"));
        Assert.Equal((0, ""), (code, error));
        Assert.Equal(await ContentAsync("data"), await ContentAsync("copy"));
    }

    [Fact]
    public async Task From_SQLite_to_PostgreSQL_to_etcd_and_back_everything_stays_the_same()
    {
        Assert.SkipWhen(PostgresServer.Programs is null, "PostgreSQL is not installed");
        Assert.SkipUnless(EtcdServer.IsInstalled, "etcd is not installed");
        await using var postgres = await PostgresServer.StartAsync();
        await using var etcd = await EtcdServer.StartAsync();
        await FillAsync("data");

        string[] way = [Url("data"), postgres.Url + "&schema=shop", $"etcd://{etcd.Endpoint}/shop", Url("back")];
        for (int i = 1; i < way.Length; i++)
        {
            var (code, output, error) = await StatewayProgram.CallAsync("store", "copy", way[i - 1], way[i]);
            Assert.True(code == 0, error);
            Assert.DoesNotContain(Uri.EscapeDataString(PostgresServer.Password), output + error, StringComparison.Ordinal);

            (code, output, error) = await StatewayProgram.CallAsync("store", "check", way[i]);
            Assert.True(code == 0, output + error);
        }

        Assert.Equal(await ContentAsync("data"), await ContentAsync("back"));
    }

    [Fact]
    public async Task A_store_that_is_written_to_is_copied_and_followed_until_told_to_end()
    {
        Assert.SkipWhen(PostgresServer.Programs is null, "PostgreSQL is not installed");
        await using var postgres = await PostgresServer.StartAsync();
        string content;
        await using (var program = await StatewayProgram.ServeAsync(["serve", Shop, "--listen", "127.0.0.1:0", "--store", postgres.Url]))
        {
            await using var copying = StatewayProgram.StartCommand(["store", "copy", postgres.Url, Url("copy"), "--follow"]);
            var following = copying.LineAsync("Press Ctrl-C to end the copy");
            for (int i = 0; i < 200; i++)
            {
                using var product = new StringContent($$"""{"sku":"NEW-{{i:0000}}","name":"New {{i}}","price":{{i}}}""", Encoding.UTF8, "application/json");
                Assert.Equal(HttpStatusCode.Created, (await program.Http.PutAsync($"/products/new{i}", product)).StatusCode);
                if (i % 3 == 0) Assert.Equal(HttpStatusCode.NoContent, (await program.Http.DeleteAsync($"/products/new{i}")).StatusCode);
            }

            await following; // from here on to be told to end is to agree and end
            await copying.SignalAsync("TERM");
            Assert.True(await copying.EndAsync() == 0, copying.Output);
            content = await ContentAsync(program);
        }

        Assert.Equal(content, await ContentAsync("copy"));
    }

    private string Url(string name) => "sqlite:" + _folder.File(name);

    /// <summary>The shop with its seeds and a few changes.</summary>
    private async Task FillAsync(string name)
    {
        await using var program = await StatewayProgram.ServeAsync(["serve", Shop, "--listen", "127.0.0.1:0", "--store", Url(name)]);
        using var patch = new StringContent("""{"price":1.5}""", Encoding.UTF8, "application/json");
        Assert.Equal(HttpStatusCode.OK, (await program.Http.PatchAsync("/products/p3", patch)).StatusCode);
        Assert.Equal(0, await program.StopAsync());
    }

    private async Task<string> ContentAsync(string name)
    {
        await using var program = await StatewayProgram.ServeAsync(["serve", Shop, "--listen", "127.0.0.1:0", "--store", Url(name)]);
        return await ContentAsync(program);
    }

    /// <summary>All products and orders, times included, without the revision.</summary>
    private static async Task<string> ContentAsync(StatewayProgram program)
    {
        var content = new StringBuilder();
        foreach (string url in new[] { "/products?max_page_size=1000", "/orders?max_page_size=1000", "/orders/o2/items", "/users?max_page_size=1000" })
        {
            using var list = JsonDocument.Parse(await program.Http.GetStringAsync(url));
            content.AppendLine(list.RootElement.GetProperty("results").GetRawText());
        }

        return content.ToString();
    }
}
