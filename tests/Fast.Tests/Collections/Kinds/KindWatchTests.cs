using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Stateway.Gateway;
using Stateway.Gateway.Routing;
using Stateway.TestKit;
using Xunit;

namespace Stateway.Fast.Tests.Collections.Kinds;

/// <summary>Kinds are watched like any others, through a real web server.</summary>
public sealed class KindWatchTests
{
    [Fact]
    public async Task A_watch_tells_of_specs_and_statuses_and_of_a_deletion_in_its_two_steps()
    {
        await using var node = await KindsNode.StartAsync();
        var tables = new RoutingTables();
        tables.Publish(node.Node.Table);
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(server => server.Listen(System.Net.IPAddress.Loopback, 0));
        await using var app = builder.Build();
        app.Run(new RequestPipeline(tables, new GatewayLimits(), TimeProvider.System, NullLogger.Instance).HandleAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);
        var url = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

        (await node.SendAsync("PUT", "/apps/a", "{}")).Expect(201);
        using var watch = await WatchReader.OpenAsync(url, "/apps?watch=true");
        using var busy = await WatchReader.OpenAsync(url, "/apps?watch=true&filter=status.load%20%3E%203");
        Assert.Equal(2, (await watch.InitialAsync()).Count);
        Assert.Single(await busy.InitialAsync());

        await node.WriteLoadAsync("a", 5);
        (await node.SendAsync("PUT", "/apps/a", "{}")).Expect(200); // changes nothing
        await node.WrittenAsync("a", new() { Finalizers = ["f"] });
        (await node.SendAsync("PUT", "/apps/a", """{"title":"x"}""")).Expect(200);
        (await node.SendAsync("DELETE", "/apps/a")).Expect(202);
        await node.WriteLoadAsync("a", 1);
        await node.WriteAsync("a", new() { Finalizers = [] });

        Assert.Equal(
            ["modified 1 5 False", "modified 1 5 False", "modified 2 5 False", "modified 2 5 True", "modified 2 1 True", "deleted 2 1 True"],
            await NextAsync(watch, 6));
        Assert.Equal(["added 1 5 False", "modified 1 5 False", "modified 2 5 False", "modified 2 5 True", "deleted 2 5 True"], await NextAsync(busy, 5));
        await app.StopAsync(new CancellationToken(canceled: true));

        static async Task<List<string>> NextAsync(WatchReader watch, int count)
        {
            var events = new List<string>();
            while (events.Count < count)
            {
                var next = await watch.NextChangeAsync();
                var app = JsonNode.Parse(next.Object.GetRawText())!;
                events.Add($"{next.Type} {app["generation"]} {app["status"]!["load"]} {app["delete_time"] is not null}");
            }

            return events;
        }
    }
}
