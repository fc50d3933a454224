using System.Net;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Management;

/// <summary>The programs that serve a store, as resources.</summary>
public sealed class NodeTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public async Task A_node_is_there_while_it_runs_and_gone_when_it_stops()
    {
        Assert.SkipWhen(PostgresServer.Programs is null, "PostgreSQL is not installed");
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(_folder.File("api")).FullName, "other.yaml"), Documents.Of("Other", "things: { schema: { type: object } }"));
        await using var server = await PostgresServer.StartAsync();
        var environment = new Dictionary<string, string> { ["STATEWAY_STORE"] = server.Url };
        string[] arguments = ["serve", _folder.File("api"), "--listen", "127.0.0.1:0"];
        await using var first = await StatewayProgram.ServeAsync(arguments, environment);
        await using var second = await StatewayProgram.ServeAsync(arguments, environment);
        using var administrator = new Administrator(first);

        var node = await administrator.NodeAsync(second);
        Assert.Equal("true", (string?)node["status"]!["conditions"]![0]!["status"]);
        Assert.Equal(second.ProcessId, (int)node["process"]!);
        Assert.Equal(second.ManagementUrl.GetLeftPart(UriPartial.Authority), (string?)node["management"]);
        await administrator.ExpectAsync(HttpStatusCode.MethodNotAllowed, "DELETE", $"/nodes/{node["id"]}");

        await second.StopAsync();
        Assert.Equal(HttpStatusCode.NotFound, (await administrator.SendAsync("GET", $"/nodes/{node["id"]}")).Status);
        Assert.Equal(first.ProcessId, (int)(await administrator.NodeAsync(first))["process"]!);
        Assert.Empty(await administrator.ListAsync("/events?kind=nodes"));
    }

    public void Dispose() => _folder.Dispose();
}
