using Xunit;

namespace Stateway.EndToEnd.Tests.Wire;

/// <summary>What operations that are going away, or gone, say over HTTP.</summary>
public sealed class LifecycleTests(TrafficProgram program) : IClassFixture<TrafficProgram>
{
    private const string Links = "<https://shop.example/v2>; rel=\"deprecation\", <https://shop.example/v2>; rel=\"sunset\"";

    [Fact]
    public async Task A_deprecated_operation_says_so_on_answers_and_errors()
    {
        foreach (var (url, status) in new[] { ("/old/status", 200), ("/old/status?n=x", 400) })
        {
            var answer = (await program.SendAsync("GET", url, null)).Expect(status);
            Assert.Equal("@1806451200", answer["Deprecation"]);
            Assert.Equal("Thu, 01 Jan 2099 00:00:00 GMT", answer["Sunset"]);
            Assert.Equal(Links, answer["Link"]);
        }

        var current = (await program.SendAsync("GET", "/old/current", null)).Expect(200);
        Assert.Equal((null, null), (current["Deprecation"], current["Sunset"]));
        Assert.Null((await program.SendAsync("POST", "/old/status", "{}")).Expect(405)["Deprecation"]);
    }

    [Fact]
    public async Task The_links_of_a_list_stay_beside_its_end()
    {
        await program.SendAsync("PUT", "/old/things/t1", "{}");
        await program.SendAsync("PUT", "/old/things/t2", "{}");
        string link = (await program.SendAsync("GET", "/old/things?max_page_size=1", null)).Expect(200)["Link"]!;
        Assert.Contains("rel=\"next\"", link);
        Assert.EndsWith(Links, link);
    }

    [Fact]
    public async Task A_sunset_that_is_enforced_ends_an_operation_and_one_that_is_not_only_announces()
    {
        var gone = await program.SendAsync("GET", "/old/gone", null, "Origin: https://any.example");
        gone.Problem(410, "RETIRED");
        Assert.Contains("https://shop.example/gone", gone.Detail);
        Assert.Equal("Wed, 01 Jan 2020 00:00:00 GMT", gone["Sunset"]);
        Assert.Equal("<https://shop.example/gone>; rel=\"sunset\"", gone["Link"]);
        Assert.Equal("*", gone["Access-Control-Allow-Origin"]);
        Assert.Equal("Wed, 01 Jan 2020 00:00:00 GMT", (await program.SendAsync("GET", "/old/past", null)).Expect(200)["Sunset"]);
        (await program.SendAsync("OPTIONS", "/old/gone", null)).Expect(204);

        (await program.SendAsync("DELETE", "/old/things/t9", null)).Problem(410, "RETIRED");
        (await program.SendAsync("POST", "/old/_/batch", """{"requests":[{"method":"DELETE","path":"/things/t9"}]}""")).Problem(410, "RETIRED");
    }

    [Fact]
    public async Task The_document_shows_it()
    {
        var paths = (await program.SendAsync("GET", "/old/openapi.json", null)).Expect(200).Json["paths"]!;
        Assert.True(paths["/things"]!["get"]!["deprecated"]!.GetValue<bool>());
        Assert.Equal("2020-01-01", paths["/gone"]!["get"]!["x-stateway-lifecycle"]!["sunset_at"]!.GetValue<string>());
    }
}
