using Stateway.Gateway.Routing;
using Stateway.Gateway.Targets;
using Xunit;

namespace Stateway.Fast.Tests.Gateway;

public sealed class RoutingTableTests
{
    [Fact]
    public void Each_operation_of_a_path_has_its_own_names_of_parameters()
    {
        var table = new RoutingTable(
        [
            new("GET", "/orders/{id}", "get", new MockTarget(new([]))),
            new("DELETE", "/orders/{order}", "delete", new MockTarget(new([]))),
        ]);

        Assert.Equal(RoutingResult.Found, table.Find("HEAD", "/orders/o1", out _, out var get, out _));
        Assert.Equal(RoutingResult.Found, table.Find("DELETE", "/orders/o1", out _, out var delete, out string? allow));
        Assert.Equal(("o1", "o1"), (get.Value("id"), delete.Value("order")));
        Assert.Null(delete.Value("id"));
        Assert.Equal("DELETE, GET, HEAD, OPTIONS", allow);
    }

    [Theory]
    [InlineData("/files/..;/x")]
    [InlineData("/files/.;x=1/x")]
    [InlineData("/files/%2e%2e;a/x")]
    [InlineData("/files/..%3Ba/x")]
    public void Dots_before_a_path_parameter_are_dots(string path) =>
        Assert.Equal(RoutingResult.MalformedPath, new RoutingTable([new("GET", "/files/{rest+}", "get", new MockTarget(new([])))]).Find("GET", path, out _, out _, out _));
}
