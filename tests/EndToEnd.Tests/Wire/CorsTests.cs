using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Wire;

/// <summary>What pages of other origins are told over HTTP: on every answer, and before it.</summary>
public sealed class CorsTests(TrafficProgram program) : IClassFixture<TrafficProgram>
{
    private const string Shop = "Origin: https://shop.example";

    [Fact]
    public async Task Answers_and_errors_of_every_step_are_marked()
    {
        var created = await program.SendAsync("PUT", "/shop/things/t1", """{"name":"n"}""", Shop);
        Marked(created.Written());
        string etag = created.ETag;
        Marked((await program.SendAsync("GET", "/shop/things/t1", null, Shop)).Expect(200), "Accept, Accept-Encoding, Origin");
        Marked((await program.SendAsync("HEAD", "/shop/things/t1", null, Shop)).Expect(200));
        Marked((await program.SendAsync("GET", "/shop/things/t1", null, Shop, "If-None-Match: " + etag)).Expect(304));
        Marked((await program.SendAsync("GET", "/shop/things", null, Shop)).Expect(200));
        Marked((await program.SendAsync("GET", "/shop/openapi.json", null, Shop)).Expect(200));
        Marked((await program.SendAsync("GET", "/shop", null, Shop)).Expect(200));
        Marked((await program.SendAsync("GET", "/shop/service", null, Shop)).Expect(200));
        Marked((await program.SendAsync("OPTIONS", "/shop/things", null, Shop)).Expect(204));

        Marked((await program.SendAsync("GET", "/shop/things/none", null, Shop)).Expect(404), "Accept, Origin");
        Marked((await program.SendAsync("GET", "/shop/nothing/at/all", null, Shop)).Expect(404));
        Marked((await program.SendAsync("GET", "/shop/%ff", null, Shop)).Expect(400));
        Marked((await program.SendAsync("DELETE", "/shop/things", null, Shop)).Expect(405));
        Marked((await program.SendAsync("GET", "/shop/things?nonsense=1", null, Shop)).Expect(400));
        Marked((await program.SendAsync("POST", "/shop/things", "{}", Shop)).Expect(422));
        Marked((await program.SendAsync("POST", "/shop/things", "{", Shop)).Expect(400));
        Marked((await program.SendAsync("PUT", "/shop/things/t1", """{"name":"n"}""", Shop, "If-Match: \"no\"")).Expect(412));
        Marked((await program.SendAsync("GET", "/shop/down", null, Shop)).Expect(502));
        Marked((await program.SendAsync("GET", "/shop/" + new string('x', 20_000), null, Shop)).Expect(414));
        Marked((await program.SendAsync("GET", "/shop/things", null, Shop, "X-Long: " + new string('x', 40_000))).Expect(431));
        Marked((await program.SendAsync("POST", "/shop/_/batch", """{"requests":[{"method":"PUT","path":"/things/t2","body":{"name":"b"}}]}""", Shop)).Expect(200));
        Marked(await program.SendAsync("POST", "/shop/_/batch", "{", Shop));
    }

    [Fact]
    public async Task A_stranger_gets_the_answer_without_the_fields_and_no_cache_mixes_the_two_up()
    {
        foreach (string origin in (string[])["https://evil.example", "null", "http://shop.example", "https://a.b.shop.example"])
        {
            foreach (string url in (string[])["/shop/things", "/shop/none", "/shop/service"])
            {
                var answer = await program.SendAsync("GET", url, null, "Origin: " + origin);
                Assert.Null(answer["Access-Control-Allow-Origin"]);
                Assert.Null(answer["Access-Control-Allow-Credentials"]);
                Assert.EndsWith("Origin", answer["Vary"]);
            }
        }

        Assert.EndsWith("Origin", (await program.SendAsync("GET", "/shop/things", null)).Expect(200)["Vary"]);
        Assert.Equal("https://a.shop.example", (await program.SendAsync("GET", "/shop/things", null, "Origin: https://a.shop.example"))["Access-Control-Allow-Origin"]);
    }

    [Theory]
    [InlineData("/shop/things/t1", "PATCH", "DELETE, GET, HEAD, OPTIONS, PATCH, PUT")]
    [InlineData("/shop/things", "POST", "GET, HEAD, OPTIONS, POST")]
    [InlineData("/shop/none", "PUT", "PUT")]
    [InlineData("/shop/own-options", "GET", "GET, HEAD, OPTIONS")]
    public async Task A_preflight_is_answered_by_the_gateway(string url, string method, string methods)
    {
        var answer = (await program.SendAsync("OPTIONS", url, null, Shop, "Access-Control-Request-Method: " + method, "Access-Control-Request-Headers: if-match,content-type")).Expect(204);

        Assert.Equal("https://shop.example", answer["Access-Control-Allow-Origin"]);
        Assert.Equal("true", answer["Access-Control-Allow-Credentials"]);
        Assert.Equal(methods, answer["Access-Control-Allow-Methods"]);
        Assert.Equal("if-match,content-type", answer["Access-Control-Allow-Headers"]);
        Assert.Equal("30", answer["Access-Control-Max-Age"]);
        Assert.Equal("Origin, Access-Control-Request-Headers, Access-Control-Request-Method", answer["Vary"]);
        Assert.Null(answer["Allow"]);
        Assert.Empty(answer.Bytes);
    }

    [Fact]
    public async Task A_preflight_of_a_stranger_is_told_nothing()
    {
        var answer = (await program.SendAsync("OPTIONS", "/shop/things", null, "Origin: https://evil.example", "Access-Control-Request-Method: POST")).Expect(204);
        Assert.DoesNotContain(answer.Names, name => name.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task An_API_that_is_open_to_all_says_so_to_all()
    {
        var answer = (await program.SendAsync("GET", "/open/status", null)).Expect(200);
        Assert.Equal("*", answer["Access-Control-Allow-Origin"]);
        Assert.Equal("X-Own", answer["Access-Control-Expose-Headers"]);
        Assert.Equal("Accept, Prefer", answer["Vary"]);
        Assert.Equal("*", (await program.SendAsync("GET", "/open/status?n=x", null, "Origin: null")).Expect(400)["Access-Control-Allow-Origin"]);

        var preflight = (await program.SendAsync("OPTIONS", "/open/status", null, "Origin: https://any.example", "Access-Control-Request-Method: GET", "Access-Control-Request-Private-Network: true")).Expect(204);
        Assert.Equal("true", preflight["Access-Control-Allow-Private-Network"]);
    }

    [Fact]
    public async Task An_API_without_the_word_says_nothing_and_lets_its_service_speak()
    {
        Assert.Equal("https://service.example", (await program.SendAsync("GET", "/closed/service", null, Shop)).Expect(200)["Access-Control-Allow-Origin"]);
        Unmarked((await program.SendAsync("GET", "/closed/none", null, Shop)).Expect(404));
        Unmarked((await program.SendAsync("GET", "/none", null, Shop)).Expect(404));
        var options = (await program.SendAsync("OPTIONS", "/closed/service", null, Shop, "Access-Control-Request-Method: GET")).Expect(204);
        Unmarked(options);
        Assert.Equal("GET, HEAD, OPTIONS", options["Allow"]);
    }

    [Fact]
    public async Task What_two_documents_of_one_base_share_is_open_only_when_both_say_so()
    {
        Assert.Equal("https://shop.example", (await program.SendAsync("GET", "/mixed/apples", null, Shop)).Expect(200)["Access-Control-Allow-Origin"]);
        Unmarked((await program.SendAsync("GET", "/mixed/pears", null, Shop)).Expect(200));
        Unmarked((await program.SendAsync("GET", "/mixed/none", null, Shop)).Expect(404));
        Unmarked(await program.SendAsync("POST", "/mixed/_/batch", "{}", Shop));
        Unmarked(await program.SendAsync("OPTIONS", "/mixed/_/batch", null, Shop, "Access-Control-Request-Method: POST"));
    }

    [Fact]
    public async Task A_preflight_that_could_be_read_in_two_ways_is_refused_and_its_connection_ends()
    {
        using var connection = await RawConnection.OpenAsync(program.Url);
        await connection.SendAsync("OPTIONS /shop/things HTTP/1.1\r\nHost: a\r\nOrigin: https://shop.example\r\nAccess-Control-Request-Method: POST\r\n"
            + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n");
        var answer = (await connection.ReadAsync())!;
        Assert.Equal((400, "close", "https://shop.example"), (answer.Status, answer.Headers["Connection"], answer.Headers["Access-Control-Allow-Origin"]));
    }

    [Fact]
    public async Task A_watch_is_marked_when_it_begins()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(program.Url, "/shop/things?watch=true"));
        request.Headers.Add("Origin", "https://shop.example");
        using var client = new HttpClient();
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(["https://shop.example"], response.Headers.GetValues("Access-Control-Allow-Origin"));
    }

    private static void Marked(Answer answer, string? vary = null)
    {
        Assert.Equal("https://shop.example", answer["Access-Control-Allow-Origin"]);
        Assert.Equal("true", answer["Access-Control-Allow-Credentials"]);
        Assert.Contains("ETag", answer["Access-Control-Expose-Headers"]);
        if (vary is not null) Assert.Equal(vary, answer["Vary"]);
        Assert.Equal(1, answer["Vary"]!.Split(',').Count(name => name.Trim() == "Origin"));
    }

    private static void Unmarked(Answer answer)
    {
        Assert.DoesNotContain(answer.Names, name => name.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain("Origin", answer["Vary"] ?? "");
    }
}
