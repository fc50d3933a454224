using System.Text.Json;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Client;

/// <summary><c>stateway get --watch</c>.</summary>
public sealed class WatchCommandTests : IAsyncLifetime
{
    private ClientServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await ClientServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_watch_goes_on_over_a_restart_of_the_server_with_nothing_lost_and_nothing_twice()
    {
        await _server.PutAsync("/apis/a", """{"title":"A"}""");
        await using var watch = StatewayProgram.StartCommand(["get", "apis", "--watch", "-o", "json"], _server.Variables());
        await SeenAsync(watch, "added a");
        await _server.PutAsync("/apis/b", """{"title":"B"}""");
        await SeenAsync(watch, "added b");

        string listen = await _server.StopAsync();
        await _server.StartAgainAsync(listen);
        await _server.PutAsync("/apis/a", """{"title":"A2"}""");
        await _server.PutAsync("/apis/c", """{"title":"C"}""");
        await SeenAsync(watch, "added c");

        Assert.Equal(["added a", "added b", "modified a", "added c"], Events(watch));
        Assert.Contains("The watch goes on when the server is back.", watch.Output, StringComparison.Ordinal);
        await watch.SignalAsync("TERM");
        Assert.Equal(0, await watch.EndAsync());
    }

    [Fact]
    public async Task A_watch_as_a_table_has_a_head_and_a_line_for_every_change()
    {
        await _server.PutAsync("/apis/shop", """{"title":"Shop"}""");
        await _server.PutAsync("/apis/shop/stages/live", """{"deployment":"d1"}""");
        await using var watch = StatewayProgram.StartCommand(["get", "stages", "--in", "shop", "-w"], _server.Variables());
        await UntilAsync(watch, output => output.Contains("added", StringComparison.Ordinal));
        await _server.PutAsync("/apis/shop/stages/live", """{"deployment":"d2"}""");
        await UntilAsync(watch, output => output.Contains("modified", StringComparison.Ordinal));

        Assert.Matches(@"^EVENT      API    ID     DEPLOYMENT   PATH   AGE\nadded      shop   live   d1 .*\nmodified   shop   live   d2 ", watch.Output);
    }

    [Fact]
    public async Task A_watch_can_be_of_one_resource_and_of_a_filter()
    {
        await using var one = StatewayProgram.StartCommand(["get", "api", "a", "-w", "-o", "name"], _server.Variables());
        await using var some = StatewayProgram.StartCommand(["get", "apis", "-w", "-o", "name", "--filter", "tier == 2"], _server.Variables());
        await _server.PutAsync("/apis/b", """{"title":"B","tier":2}""");
        await _server.PutAsync("/apis/a", """{"title":"A"}""");
        await UntilAsync(one, output => output.Contains("added apis/a", StringComparison.Ordinal));
        await UntilAsync(some, output => output.Contains("added apis/b", StringComparison.Ordinal));
        await _server.PutAsync("/apis/b", """{"title":"B","tier":3}""");
        await UntilAsync(some, output => output.Contains("deleted apis/b", StringComparison.Ordinal));

        Assert.Equal("added apis/a", one.Output);
        Assert.Equal("added apis/b\ndeleted apis/b", some.Output);
    }

    [Fact]
    public async Task A_watch_whose_place_the_server_has_given_up_begins_anew_and_says_so()
    {
        await _server.PutAsync("/apis/a", """{"title":"A"}""");
        await using var proxy = await MeddlingProxy.StartAsync(_server.Url);
        int refused = 0;
        proxy.Answers = request => request.Query.ContainsKey("revision") && Interlocked.Increment(ref refused) == 1
            ? (410, """{"status":410,"code":"REVISION_GONE","title":"The store no longer holds this revision."}""") : null;
        await using var watch = StatewayProgram.StartCommand(["get", "apis", "-w", "-o", "json", "--server", proxy.Url], _server.Variables());
        await SeenAsync(watch, "added a");

        string listen = await _server.StopAsync();
        await _server.StartAgainAsync(listen);
        await UntilAsync(watch, _ => Events(watch).Length == 2);
        Assert.Equal(["added a", "added a"], Events(watch));
        Assert.Contains("the watch begins anew with everything there is", watch.Output, StringComparison.Ordinal);
        Assert.Equal(1, refused);
    }

    [Fact]
    public async Task A_watch_of_children_needs_their_parent()
    {
        Assert.Contains("needs their api: give --in", await _server.FailedAsync(2, "get", "stages", "--watch"), StringComparison.Ordinal);
    }

    private static string[] Events(StatewayProgram watch) => [.. watch.Output.Split('\n').Where(line => line.StartsWith('{')).Select(line =>
    {
        var json = JsonElement.Parse(line);
        return $"{json.GetProperty("type").GetString()} {json.GetProperty("object").GetProperty("id").GetString()}";
    })];

    private static Task SeenAsync(StatewayProgram watch, string what) => UntilAsync(watch, _ => Events(watch).Contains(what));

    /// <summary>Looks until it is so; a minute at most.</summary>
    private static async Task UntilAsync(StatewayProgram program, Func<string, bool> isSo)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (!isSo(program.Output))
        {
            Assert.False(limit.IsCancellationRequested, program.Output);
            await Task.Delay(20);
        }
    }
}
