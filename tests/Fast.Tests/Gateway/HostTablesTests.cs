using Stateway.Gateway.Routing;
using Xunit;

namespace Stateway.Fast.Tests.Gateway;

public sealed class HostTablesTests
{
    private static readonly HostRoutes Shop = new(RoutingTable.Empty), Own = new(RoutingTable.Empty) { HttpsPort = 1 };

    private static readonly HostTables Hosts = new([new("shop.example", Shop), new("own.shop.example", Own)], [new("shop.example", Shop)]);

    [Theory]
    [InlineData("shop.example")]
    [InlineData("SHOP.Example")]
    [InlineData("shop.example:8080")]
    [InlineData("shop.example.")]
    [InlineData("shop.example.:443")]
    [InlineData("any.shop.example")]
    [InlineData("a_1-b.shop.example:80")]
    public void A_host_is_found_with_port_dot_and_in_any_case_and_so_is_one_label_below(string host) => Assert.Same(Shop, Hosts.Find(host));

    [Fact]
    public void A_name_of_its_own_wins() => Assert.Same(Own, Hosts.Find("OWN.shop.example:1"));

    [Theory]
    [InlineData("")]
    [InlineData(":80")]
    [InlineData(".")]
    [InlineData("example")]
    [InlineData(".shop.example")]
    [InlineData("a.b.shop.example")]
    [InlineData("a b.shop.example")]
    [InlineData("evil/.shop.example")]
    [InlineData("xshop.example")]
    [InlineData("shop.example..")]
    [InlineData("[::1]:80")]
    [InlineData("127.0.0.1")]
    public void Others_are_none_of_them(string host) => Assert.Null(Hosts.Find(host));
}
