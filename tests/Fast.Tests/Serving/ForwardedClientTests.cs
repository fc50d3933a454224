using System.Net;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Stateway.Fast.Tests.Content;
using Stateway.Gateway.Serving.Proxies;
using Xunit;

namespace Stateway.Fast.Tests.Serving;

public sealed class ForwardedClientTests
{
    private static readonly Networks Proxies = Networks.Parse(["10.0.0.0/8", "2001:db8:1::/48"], out _)!;

    [Theory]
    [InlineData("for=203.0.113.7", "203.0.113.7 http front.example")]
    [InlineData("for=203.0.113.7;proto=https;host=shop.example", "203.0.113.7 https shop.example")]
    [InlineData("For=\"203.0.113.7:4711\" ; Proto=HTTPS;by=10.0.0.2;secret=\"a,b;c\"", "203.0.113.7 https front.example")]
    [InlineData("for=\"[2001:db8::7]:80\";host=\"shop.example:8080\"", "2001:db8::7 http shop.example:8080")]
    [InlineData("for=6.6.6.6, for=203.0.113.7, for=10.0.0.1;proto=https", "203.0.113.7 https front.example")]
    [InlineData("for=203.0.113.7;proto=https, for=10.0.0.1;proto=http", "203.0.113.7 https front.example")]
    [InlineData("for=10.1.1.1, for=10.0.0.1", "10.1.1.1 http front.example")]
    [InlineData("for=6.6.6.6,,  ,for=203.0.113.7,", "203.0.113.7 http front.example")]
    [InlineData("for=unknown;proto=https", "10.0.0.2 https front.example")]
    [InlineData("for=203.0.113.7, for=_hidden, for=10.0.0.1", "10.0.0.1 http front.example")]
    [InlineData("proto=https", "10.0.0.2 https front.example")]
    [InlineData("for=\"::ffff:203.0.113.7\"", "10.0.0.2 http front.example")]
    [InlineData("for=\"[::ffff:203.0.113.7]\"", "203.0.113.7 http front.example")]
    // Malformed: nothing of it, and nothing to its left.
    [InlineData("for=203.0.113.7, for=10.0.0.1;proto=gopher", "10.0.0.2 http front.example")]
    [InlineData("for=203.0.113.7, for=1, for=10.0.0.1", "10.0.0.1 http front.example")]
    [InlineData("for=203.0.113.7;for=203.0.113.8", "10.0.0.2 http front.example")]
    [InlineData("for=203.0.113.7;proto", "10.0.0.2 http front.example")]
    [InlineData("for = 203.0.113.7", "10.0.0.2 http front.example")]
    [InlineData("for=203.0.113.7:80", "10.0.0.2 http front.example")]
    [InlineData("for=\"203.0.113.7", "10.0.0.2 http front.example")]
    [InlineData("for=\"203.0.113.\\7\"", "10.0.0.2 http front.example")]
    [InlineData("for=203.0.113.7;", "10.0.0.2 http front.example")]
    [InlineData("for=203.0.113.7;host=\"a/b\"", "10.0.0.2 http front.example")]
    [InlineData("for=010.0.0.1", "10.0.0.2 http front.example")]
    public void Forwarded_is_walked_from_its_right_end(string field, string expected) =>
        Assert.Equal(expected, Of("10.0.0.2", ForwardedFields.Forwarded, ("Forwarded", field)));

    [Theory]
    [InlineData("203.0.113.7", null, null, "203.0.113.7 http front.example")]
    [InlineData("203.0.113.7:80", "https", "shop.example", "203.0.113.7 https shop.example")]
    [InlineData("6.6.6.6, 203.0.113.7, 10.0.0.1", "https", null, "203.0.113.7 https front.example")]
    [InlineData("203.0.113.7, 10.0.0.1", "https, http", "shop.example, inner.example", "203.0.113.7 https shop.example")]
    [InlineData("6.6.6.6, 203.0.113.7", "http, https", "evil.example, shop.example", "203.0.113.7 https shop.example")]
    [InlineData("2001:db8::7, 2001:db8:1::5", null, null, "2001:db8::7 http front.example")]
    [InlineData("[2001:db8::7]:443", null, null, "2001:db8::7 http front.example")]
    [InlineData("::ffff:203.0.113.7", null, null, "203.0.113.7 http front.example")]
    [InlineData("203.0.113.7, nonsense, 10.0.0.1", "https", null, "10.0.0.1 https front.example")]
    [InlineData("203.0.113.7", "ftp", "a b", "203.0.113.7 http front.example")]
    [InlineData(null, "https", null, "10.0.0.2 https front.example")]
    [InlineData("127.1", null, null, "10.0.0.2 http front.example")]
    public void X_forwarded_fields_are_walked_together(string? addresses, string? schemes, string? hosts, string expected) =>
        Assert.Equal(expected, Of("10.0.0.2", ForwardedFields.XForwarded, ("X-Forwarded-For", addresses), ("X-Forwarded-Proto", schemes), ("X-Forwarded-Host", hosts)));

    [Fact]
    public void Who_is_not_a_listed_proxy_is_not_believed()
    {
        Assert.Equal("198.51.100.1 http front.example", Of("198.51.100.1", ForwardedFields.Forwarded, ("Forwarded", "for=203.0.113.7;proto=https;host=a")));
        Assert.Equal("198.51.100.1 http front.example", Of("::ffff:198.51.100.1", ForwardedFields.XForwarded, ("X-Forwarded-For", "203.0.113.7")));
        Assert.Equal("203.0.113.7 http front.example", Of("::ffff:10.0.0.2", ForwardedFields.XForwarded, ("X-Forwarded-For", "203.0.113.7")));
    }

    [Fact]
    public void Only_the_fields_that_the_proxies_write_are_looked_at()
    {
        Assert.Equal("10.0.0.2 http front.example", Of("10.0.0.2", ForwardedFields.XForwarded, ("Forwarded", "for=203.0.113.7;proto=https")));
        Assert.Equal("10.0.0.2 http front.example", Of("10.0.0.2", ForwardedFields.Forwarded, ("X-Forwarded-For", "203.0.113.7")));
        Assert.Equal("203.0.113.7 http front.example", Of("10.0.0.2", ForwardedFields.XForwarded, isHostBelieved: false, ("X-Forwarded-For", "203.0.113.7"), ("X-Forwarded-Host", "shop.example")));
    }

    /// <summary>The proxy appends, on the client's line or on one of its own; the client is 203.0.113.7 whatever it wrote.</summary>
    [Theory]
    [InlineData(ForwardedFields.Forwarded, "for=203.0.113.7;proto=https;host=shop.example")]
    [InlineData(ForwardedFields.Forwarded, "for=\"203.0.113.7:80\";proto=https;host=\"shop.example\"")]
    [InlineData(ForwardedFields.XForwarded, "203.0.113.7")]
    public void Nothing_that_a_client_writes_changes_what_its_proxy_says(ForwardedFields fields, string said)
    {
        const string characters = "\"\",,;;==\\\\ \tfor=10.0.0.1proto_[]:1234";
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(3000), Prop.ForAll(Seeds.All, seed =>
        {
            var random = new Random(seed);
            string written = new([.. Enumerable.Range(0, random.Next(40)).Select(_ => characters[random.Next(characters.Length)])]);
            string name = fields == ForwardedFields.Forwarded ? "Forwarded" : "X-Forwarded-For";
            var lines = random.Next(2) == 0 ? new StringValues(written + ", " + said) : new StringValues([written, said]);

            Assert.StartsWith("203.0.113.7 ", Of("10.0.0.2", fields, true, (name, lines), ("X-Forwarded-Proto", "https")), StringComparison.Ordinal);
            Of("10.0.0.2", fields, true, (name, said + written)); // and whatever it is, it is read without a fault
        }));
    }

    [Fact]
    public void A_walk_ends_after_so_many_hops()
    {
        string field = "203.0.113.7, " + string.Join(", ", Enumerable.Repeat("10.0.0.1", ForwardedClient.HopsMax));
        Assert.Equal("10.0.0.1 http front.example", Of("10.0.0.2", ForwardedFields.XForwarded, ("X-Forwarded-For", field)));
    }

    [Theory]
    [InlineData("10.0.0.1/8", false)]
    [InlineData("10.0.0.0/33", false)]
    [InlineData("10.0.0.0/08", false)]
    [InlineData("10.0.0/8", false)]
    [InlineData("proxy.example", false)]
    [InlineData("", false)]
    [InlineData("10.0.0.0/", false)]
    [InlineData("0.0.0.0/0", true)]
    [InlineData("::/0", true)]
    [InlineData("::1", true)]
    [InlineData("192.0.2.128/25", true)]
    public void A_network_is_an_address_with_its_prefix(string text, bool isOne)
    {
        Assert.Equal(isOne, Networks.Parse([text], out string? error) is not null);
        Assert.Equal(isOne, error is null);
    }

    [Fact]
    public void An_address_is_in_a_network_when_it_shares_its_prefix()
    {
        var networks = Networks.Parse(["192.0.2.128/25", "2001:db8::/33", "::1"], out _)!;
        Assert.All(["192.0.2.128", "192.0.2.255", "::ffff:192.0.2.130", "2001:db8:7fff::1", "::1"], text => Assert.True(networks.Contains(IPAddress.Parse(text))));
        Assert.All(["192.0.2.127", "192.0.3.128", "2001:db8:8000::1", "::2", "127.0.0.1"], text => Assert.False(networks.Contains(IPAddress.Parse(text))));
    }

    private static string Of(string peer, ForwardedFields fields, params (string Name, string? Text)[] headers) =>
        Of(peer, fields, isHostBelieved: true, [.. headers.Where(h => h.Text is not null).Select(h => (h.Name, new StringValues(h.Text)))]);

    private static string Of(string peer, ForwardedFields fields, bool isHostBelieved, params (string Name, StringValues Lines)[] headers)
    {
        var http = new DefaultHttpContext { Connection = { RemoteIpAddress = IPAddress.Parse(peer) }, Request = { Scheme = "http", Host = new("front.example") } };
        http.Features.Set(new TrustedProxies(Proxies) { Fields = fields, IsHostBelieved = isHostBelieved });
        foreach (var (name, lines) in headers) http.Request.Headers[name] = lines;
        var client = ForwardedClient.Of(http);
        return $"{client.Address} {client.Scheme} {client.Host}";
    }
}
