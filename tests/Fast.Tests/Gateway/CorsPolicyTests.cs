using FsCheck;
using FsCheck.Fluent;
using Microsoft.AspNetCore.Http;
using Stateway.Gateway.Cors;
using Stateway.Gateway.Routing;
using Stateway.Gateway.Targets;
using Stateway.Model.Apis;
using Xunit;

namespace Stateway.Fast.Tests.Gateway;

/// <summary>What pages of other origins are told, and what a policy can't be made of.</summary>
public sealed class CorsPolicyTests
{
    private static CorsSpec Of(params string[] origins) => new() { Origins = [.. origins] };

    [Theory]
    [InlineData("https://shop.example", "https://shop.example", true)]
    [InlineData("https://shop.example", "http://shop.example", false)]
    [InlineData("https://shop.example", "https://shop.example:8443", false)]
    [InlineData("https://shop.example", "https://shop.example.evil.example", false)]
    [InlineData("https://shop.example", "https://evilshop.example", false)]
    [InlineData("https://shop.example", "null", false)]
    [InlineData("https://*.shop.example", "https://a.shop.example", true)]
    [InlineData("https://*.shop.example", "https://a-1.shop.example", true)]
    [InlineData("https://*.shop.example", "https://shop.example", false)]
    [InlineData("https://*.shop.example", "https://.shop.example", false)]
    [InlineData("https://*.shop.example", "https://a.b.shop.example", false)]
    [InlineData("https://*.shop.example", "https://evil.example/.shop.example", false)]
    [InlineData("https://*.shop.example", "https://u@.shop.example", false)]
    [InlineData("https://*.shop.example", "https://a.shop.example:444", false)]
    [InlineData("https://*.shop.example:444", "https://a.shop.example:444", true)]
    [InlineData("http://*.localhost:3000", "http://app.localhost:3000", true)]
    [InlineData("http://[::1]:3000", "http://[::1]:3000", true)]
    [InlineData("capacitor://localhost", "capacitor://localhost", true)]
    [InlineData("*", "https://any.example", true)]
    public void An_origin_is_allowed_when_it_is_listed(string listed, string origin, bool allowed) =>
        Assert.Equal(allowed, new CorsPolicy(Of(listed)).Allows(origin));

    [Theory]
    [InlineData("https://shop.example/", "write https://shop.example")]
    [InlineData("https://Shop.example", "write https://shop.example")]
    [InlineData("https://shop.example:443", "write https://shop.example")]
    [InlineData("https://shop.example/app", "write https://shop.example")]
    [InlineData("https://u:p@shop.example", "write https://shop.example")]
    [InlineData("https://bücher.example", "write https://xn--bcher-kva.example")]
    [InlineData("https://*.Shop.example", "write https://*.shop.example")]
    [InlineData("shop.example", "https://shop.example")]
    [InlineData("", "begins with its scheme")]
    [InlineData("null", "names nobody")]
    [InlineData("https://*", "one whole label")]
    [InlineData("https://a*.shop.example", "one whole label")]
    [InlineData("https://*.*.shop.example", "one whole label")]
    [InlineData("https://shop.example:*", "one whole label")]
    [InlineData("https://*.example", "one more label")]
    [InlineData("https://", "no origin")]
    [InlineData("file:///", "no origin")]
    public void An_origin_that_no_browser_sends_is_refused_with_what_would_be_right(string origin, string message)
    {
        var fault = Assert.Single(CorsCheck.Run(Of("https://other.example", origin)));
        Assert.Equal("/origins/1", fault.Pointer);
        Assert.Contains(message, fault.Message);
        Assert.Throws<ArgumentException>(() => new CorsPolicy(Of(origin)));
    }

    [Fact]
    public void Everything_that_is_wrong_is_told_at_once()
    {
        var spec = new CorsSpec
        {
            Origins = ["*"], Credentials = true, Methods = ["GET", "get", "TRACE", "A B"], Headers = ["X-A:"], ExposedHeaders = ["ETag", "*"], MaxAge = TimeSpan.FromDays(2),
        };
        Assert.Equal(["/origins/0", "/methods/1", "/methods/2", "/methods/3", "/headers/0", "/exposed_headers/1", "/max_age"], CorsCheck.Run(spec).Select(f => f.Pointer));
        Assert.Contains("credentials", Assert.Throws<ArgumentException>(() => new CorsPolicy(Of("*") with { Credentials = true })).Message);
        Assert.Contains(CorsCheck.Run(Of()), f => f.Pointer == "/origins");
        Assert.Contains(CorsCheck.Run(Of("*", "https://a.example")), f => f.Pointer == "/origins/0");
        Assert.Contains(CorsCheck.Run(Of("https://a.example", "https://a.example")), f => f.Pointer == "/origins/1");
        Assert.Contains(CorsCheck.Run(Of([.. Enumerable.Range(0, 201).Select(i => $"https://a{i}.example")])), f => f.Pointer == "/origins");
    }

    [Fact]
    public void No_origin_is_allowed_but_by_a_listed_text_or_one_label_in_its_star()
    {
        string[] parts = ["https://", "http://", "a", "b", "*", ".", "-", "shop.example", "evil.example", ":1", "/", "@", "%2e", "?", "#", "\0", " "];
        var policy = new CorsPolicy(Of("https://shop.example", "https://*.shop.example"));
        var texts = Gen.Elements(parts).ListOf().Select(string.Concat);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(5_000), Prop.ForAll(texts.ToArbitrary(), origin =>
        {
            bool expected = System.Text.RegularExpressions.Regex.IsMatch(origin, @"\Ahttps://([a-z0-9_-]+\.)?shop\.example\z");
            return policy.Allows(origin) == expected;
        }));
    }

    [Fact]
    public void An_answer_varies_by_origin_once_and_by_what_it_varied_before()
    {
        var policy = new CorsPolicy(Of("https://shop.example") with { Credentials = true });
        var answer = Marked(policy, "https://shop.example", headers => headers.Vary = "Accept, Accept-Encoding");
        Assert.Equal("https://shop.example", answer.AccessControlAllowOrigin);
        Assert.Equal("true", answer.AccessControlAllowCredentials);
        Assert.Contains("ETag", answer.AccessControlExposeHeaders.ToString());
        Assert.Equal("Accept, Accept-Encoding,Origin", answer.Vary.ToString());

        Assert.Equal("accept,ORIGIN", Marked(policy, "https://shop.example", headers => headers.Vary = "accept,ORIGIN").Vary.ToString());
        Assert.Equal("*", Marked(policy, "https://shop.example", headers => headers.Vary = "*").Vary.ToString());
        foreach (string? other in (string?[])[null, "https://evil.example", "null"])
        {
            var silent = Marked(policy, other, headers =>
            {
                headers.AccessControlAllowOrigin = "*"; // a service behind the gateway, which does not speak for it
                headers.AccessControlAllowCredentials = "true";
            });
            Assert.Equal("Origin", silent.Vary.ToString());
            Assert.Equal(["Vary"], silent.Keys);
        }
    }

    [Fact]
    public void Answers_to_all_origins_are_the_same_for_every_one()
    {
        foreach (string? origin in (string?[])[null, "https://a.example", "null"])
        {
            var answer = Marked(new CorsPolicy(Of("*") with { ExposedHeaders = ["*"] }), origin, headers => headers.Vary = "Accept");
            Assert.Equal(("*", "*", "Accept"), (answer.AccessControlAllowOrigin.ToString(), answer.AccessControlExposeHeaders.ToString(), answer.Vary.ToString()));
            Assert.Equal(0, answer.AccessControlAllowCredentials.Count);
        }
    }

    [Fact]
    public void Two_origins_in_a_request_are_none()
    {
        var http = new DefaultHttpContext();
        http.Request.Headers.Origin = new(["https://shop.example", "https://shop.example"]);
        new CorsPolicy(Of("https://shop.example")).Mark(http.Request, http.Response.Headers);
        Assert.Equal(0, http.Response.Headers.AccessControlAllowOrigin.Count);
    }

    [Fact]
    public void A_preflight_is_told_what_it_may_do()
    {
        var usual = Preflight(new CorsPolicy(Of("https://shop.example")), "https://shop.example", "PUT", "Content-Type, x-own", "GET, PUT");
        Assert.Equal("https://shop.example", usual.AccessControlAllowOrigin);
        Assert.Equal("GET, PUT", usual.AccessControlAllowMethods);
        Assert.Equal("Content-Type, x-own", usual.AccessControlAllowHeaders);
        Assert.Equal("600", usual.AccessControlMaxAge);
        Assert.Equal("Origin, Access-Control-Request-Headers, Access-Control-Request-Method", usual.Vary);
        Assert.False(usual.ContainsKey("Access-Control-Allow-Private-Network"));
        Assert.Equal(0, usual.AccessControlExposeHeaders.Count);

        var strict = Preflight(new CorsPolicy(Of("*") with { Methods = ["GET"], Headers = ["X-A", "X-B"], MaxAge = TimeSpan.FromSeconds(5), PrivateNetwork = true }),
            "https://any.example", "PUT", "x-own", "GET, PUT", isPrivate: true);
        Assert.Equal("*", strict.AccessControlAllowOrigin);
        Assert.Equal("GET", strict.AccessControlAllowMethods);
        Assert.Equal("X-A, X-B", strict.AccessControlAllowHeaders);
        Assert.Equal("5", strict.AccessControlMaxAge);
        Assert.Equal("true", strict["Access-Control-Allow-Private-Network"]);
        Assert.Equal("Access-Control-Request-Headers, Access-Control-Request-Method", strict.Vary);

        var nowhere = Preflight(new CorsPolicy(Of("*")), "https://any.example", "PATCH", null, allow: null);
        Assert.Equal("PATCH", nowhere.AccessControlAllowMethods);
        Assert.Equal(0, nowhere.AccessControlAllowHeaders.Count);
        Assert.Equal("PURGE", Preflight(new CorsPolicy(Of("*") with { Methods = ["*"] }), "https://any.example", "PURGE", null, "GET").AccessControlAllowMethods);
    }

    [Theory]
    [InlineData("A\r\nSet-Cookie: x", "x")]
    [InlineData("PUT", "x y")]
    public void What_is_no_name_is_not_sent_back(string method, string fields)
    {
        var answer = Preflight(new CorsPolicy(Of("*")), "https://any.example", method, fields, allow: null);
        Assert.True(answer.AccessControlAllowMethods.Count == 0 || answer.AccessControlAllowHeaders.Count == 0);
        Assert.DoesNotContain(answer, field => field.Value.ToString().Contains("Set-Cookie") || field.Value.ToString().Contains("x y"));
    }

    [Fact]
    public void A_preflight_of_a_stranger_gets_nothing_but_what_it_varies_by()
    {
        var answer = Preflight(new CorsPolicy(Of("https://shop.example") with { PrivateNetwork = true }), "https://evil.example", "PUT", "x", "PUT", isPrivate: true);
        Assert.Equal(["Vary"], answer.Keys);
    }

    [Fact]
    public void A_table_knows_whose_policy_holds_where_nothing_answers()
    {
        CorsPolicy a = new(Of("https://a.example")), b = new(Of("https://b.example"));
        var target = new MockTarget(new([]));
        var table = new RoutingTable(
        [
            new("GET", "/things/{id}", "get", target) { Cors = a },
            new("GET", "/v1/orders", "list", target) { Cors = b },
            new("POST", "/v1/orders", "create", target),
            new("GET", "/closed/x", "x", target),
        ], [new("", a), new("/v1", b), new("/closed", null)]);

        Assert.Same(a, table.CorsAt("GET", "/none", out string? none));
        Assert.Null(none);
        Assert.Same(a, table.CorsAt("DELETE", "/things/t1", out string? allow));
        Assert.Equal("GET, HEAD, OPTIONS", allow);
        Assert.Same(b, table.CorsAt("GET", "/v1/none/more", out _));
        Assert.Same(b, table.CorsAt("GET", "/v1", out _));
        Assert.Same(b, table.CorsAt("GET", "/%76%31/none", out _));
        Assert.Same(a, table.CorsAt("GET", "/v12/none", out _));
        Assert.Same(b, table.CorsAt("HEAD", "/v1/orders", out _));
        Assert.Null(table.CorsAt("POST", "/v1/orders", out _));
        Assert.Null(table.CorsAt("GET", "/closed/none", out _));
        Assert.Same(a, table.CorsAt("GET", "/things/../x", out _));
        Assert.Null(RoutingTable.Empty.CorsAt("GET", "/x", out _));
    }

    private static IHeaderDictionary Marked(CorsPolicy policy, string? origin, Action<IHeaderDictionary> before)
    {
        var http = new DefaultHttpContext();
        if (origin is not null) http.Request.Headers.Origin = origin;
        before(http.Response.Headers);
        policy.Mark(http.Request, http.Response.Headers);
        return http.Response.Headers;
    }

    private static IHeaderDictionary Preflight(CorsPolicy policy, string origin, string method, string? fields, string? allow, bool isPrivate = false)
    {
        var http = new DefaultHttpContext { Request = { Method = "OPTIONS" } };
        http.Request.Headers.Origin = origin;
        http.Request.Headers.AccessControlRequestMethod = method;
        if (fields is not null) http.Request.Headers.AccessControlRequestHeaders = fields;
        if (isPrivate) http.Request.Headers["Access-Control-Request-Private-Network"] = "true";
        Assert.True(CorsPolicy.IsPreflight(http.Request));
        policy.AnswerPreflight(http.Request, http.Response, allow);
        Assert.Equal(204, http.Response.StatusCode);
        return http.Response.Headers;
    }
}
