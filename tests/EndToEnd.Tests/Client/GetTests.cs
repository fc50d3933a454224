using System.Globalization;
using System.Text.Json;
using Xunit;

namespace Stateway.EndToEnd.Tests.Client;

/// <summary><c>stateway get</c>, <c>delete</c> and <c>why</c>.</summary>
public sealed class GetTests : IAsyncLifetime
{
    private ClientServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await ClientServer.StartAsync();
        await _server.PutAsync("/apis/shop", """{"title":"Shop","team":"web","tier":2,"notes":"a long text that no table of eighty columns could hold in a cell"}""");
        await _server.PutAsync("/apis/bank", """{"title":"Bank","extra":{"rate":1.50}}""");
        await _server.PutAsync("/apis/shop/stages/live", """{"deployment":"d1"}""");
        await _server.PutAsync("/apis/bank/stages/test", """{"deployment":"d2"}""");
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_table_has_ids_and_short_fields()
    {
        string output = await _server.DoneAsync("get", "apis");
        Assert.Matches("""
            ^ID     TITLE   TEAM     TIER   NOTES                                      READY   AGE
            bank   Bank    nobody                                                             \d+s
            shop   Shop    web      2      a long text that no table of eighty col…           \d+s
            $
            """.ReplaceLineEndings("\n"), output);
        Assert.Contains("could hold in a cell", await _server.DoneAsync("get", "apis", "-o", "wide"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_kind_is_found_by_its_names_and_by_what_begins_it()
    {
        foreach (string word in new[] { "stages", "stage", "apis/stages", "st" })
            Assert.Equal("apis/bank/stages/test\napis/shop/stages/live\n", await _server.DoneAsync("get", word, "-o", "name"));

        Assert.Contains("There is no kind 'stagse'. Did you mean 'stages'?", await _server.FailedAsync(2, "get", "stagse"), StringComparison.Ordinal);
        Assert.Contains("'d' may be apis/deployments or domains.", await _server.FailedAsync(2, "get", "d"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Children_are_those_of_all_parents_or_of_one()
    {
        string all = await _server.DoneAsync("get", "stages");
        Assert.Matches(@"^API    ID     DEPLOYMENT   PATH   AGE\nbank   test   d2", all);
        Assert.Equal("apis/shop/stages/live\n", await _server.DoneAsync("get", "stages", "--in", "shop", "-o", "name"));
        Assert.Contains("There is nothing here", await _server.FailedAsync(1, "get", "stages", "--in", "none"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_and_yaml_say_everything_with_kind_and_parents_in_front()
    {
        var json = JsonElement.Parse(await _server.DoneAsync("get", "stage", "shop/live", "-o", "json"));
        Assert.Equal(["kind", "api", "id"], json.EnumerateObject().Take(3).Select(member => member.Name));
        Assert.Equal(2, JsonElement.Parse(await _server.DoneAsync("get", "stages", "-o", "json")).GetArrayLength());

        string yaml = await _server.DoneAsync("get", "apis", "-o", "yaml");
        Assert.StartsWith("kind: api\nid: bank\ntitle: Bank\nextra:\n  rate: 1.50\n", yaml, StringComparison.Ordinal);
        Assert.Contains("\n---\nkind: api\nid: shop\n", yaml, StringComparison.Ordinal);
        Assert.Contains("update_time: \"20", yaml, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Filters_and_orders_are_the_servers()
    {
        Assert.Equal("apis/shop\n", await _server.DoneAsync("get", "apis", "-o", "name", "--filter", "team == \"web\""));
        Assert.Equal("apis/shop\napis/bank\n", await _server.DoneAsync("get", "apis", "-o", "name", "--order-by", "-team"));
        Assert.Contains("filter: ", await _server.FailedAsync(1, "get", "apis", "--filter", "team =="), StringComparison.Ordinal);
        Assert.Contains("order_by", await _server.FailedAsync(1, "get", "apis", "--order-by", "title"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_pages_are_read()
    {
        string[] ids = [.. Enumerable.Range(0, 1_201).Select(i => i.ToString("0000", CultureInfo.InvariantCulture))];
        await Parallel.ForEachAsync(ids, async (id, _) => await _server.PutAsync("/domains/" + id, $$"""{"host":"{{id}}"}"""));
        Assert.Equal(ids.Select(id => "domains/" + id), (await _server.DoneAsync("get", "domains", "-o", "name")).Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task What_is_not_there_is_said()
    {
        Assert.Contains("There is no apis/nothing.", await _server.FailedAsync(1, "get", "api", "nothing"), StringComparison.Ordinal);
        Assert.Contains("write API/STAGE", await _server.FailedAsync(2, "get", "stage", "live"), StringComparison.Ordinal);
        var (code, output, error) = await _server.RunAsync("get", "secrets");
        Assert.Equal((0, "", "There are no secrets.\n"), (code, output, error));
        Assert.Equal("[]\n", await _server.DoneAsync("get", "secrets", "-o", "json"));
    }

    [Fact]
    public async Task What_could_move_a_cursor_is_shown_as_blanks_in_a_table()
    {
        await _server.PutAsync("/apis/evil", """{"title":"\u001b[2Jgone\r\u202e"}""");
        string output = await _server.DoneAsync("get", "apis");
        Assert.DoesNotContain('\e', output);
        Assert.Contains(" [2Jgone  ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Delete_deletes_one_and_what_belongs_to_it()
    {
        Assert.Equal("apis/shop would be deleted; nothing was written.\n", await _server.DoneAsync("delete", "api", "shop", "--dry-run"));
        Assert.True(await _server.HasAsync("/apis/shop"));
        Assert.Equal("apis/shop is deleted.\n", await _server.DoneAsync("delete", "api", "shop"));
        Assert.False(await _server.HasAsync("/apis/shop/stages/live"));
        Assert.Contains("There is no apis/shop.", await _server.FailedAsync(1, "delete", "api", "shop"), StringComparison.Ordinal);
        Assert.Contains("ID is missing", await _server.FailedAsync(2, "delete", "api"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_delete_that_the_server_refuses_says_why()
    {
        await _server.PutAsync("/domains/d", """{"host":"h","api":"shop"}""");
        Assert.Contains("domains refers to it by api", await _server.FailedAsync(1, "delete", "api", "shop"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Why_tells_the_chain()
    {
        Assert.Equal("apis/shop: not ready\n← apis/shop/stages/live: the deployment d2 was refused (2026-11-20T20:30:11Z)\n", await _server.DoneAsync("why", "api", "shop"));
        Assert.Contains("does not tell why of domains", await _server.FailedAsync(1, "why", "domain", "x"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("get", "apis")]
    [InlineData("get", "apis", "--watch")]
    [InlineData("delete", "api", "a")]
    [InlineData("edit", "api", "a")]
    [InlineData("export")]
    [InlineData("why", "api", "a")]
    [InlineData("apply", "-f", "-")]
    public async Task A_server_that_is_not_there_is_said_at_once(params string[] arguments)
    {
        string error = await _server.FailedAsync(1, [.. arguments, "--server", "http://127.0.0.1:1"]);
        Assert.Matches(@"^error: http://127\.0\.0\.1:1 can't be reached: .*\n$", error);
    }

    [Fact]
    public async Task An_address_that_is_no_management_API_is_said()
    {
        string error = await _server.FailedAsync(1, "get", "apis", "--server", _server.Url + "nothing");
        Assert.Matches(@"^error: http://.*/nothing/openapi\.json: There is nothing here\.", error);
    }
}
