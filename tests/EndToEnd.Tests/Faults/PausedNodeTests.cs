using System.Net;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Faults;

/// <summary>Two nodes over one database, of which one stands still in the middle of its writes, and then goes on as if nothing had been.</summary>
public sealed class PausedNodeTests
{
    [Theory]
    [InlineData("postgres")]
    [InlineData("etcd")]
    public async Task A_node_that_stands_still_keeps_no_other_from_writing_and_is_told_the_truth_when_it_goes_on(string engine)
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.File("faults.yaml"), Load.Document);
        await using var database = await Database.StartAsync(engine);
        using var load = new Load();
        await using var paused = await KillTests.ServeAsync(folder, database.Url);
        await using var other = await KillTests.ServeAsync(folder, database.Url);
        var follower = await Follower.StartAsync(other.Url, isStream: true);

        load.Start(paused.Url);
        for (int pause = 0; pause < 2; pause++)
        {
            await load.UntilAsync(50);
            await paused.SignalAsync("STOP");
            try
            {
                // Whatever it holds is taken from it in time.
                using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(15));
                using var deleted = await other.Http.DeleteAsync("/things/none", limit.Token);
                Assert.Equal(HttpStatusCode.NotFound, deleted.StatusCode);
                string url = $"/things/c99-{pause}";
                using var put = await other.Http.PutAsync(url, new StringContent("""{"n":1}""", null, "application/json"), limit.Token);
                Assert.Equal(HttpStatusCode.Created, put.StatusCode);
                using var gone = await other.Http.DeleteAsync(url, limit.Token);
                Assert.Equal(HttpStatusCode.NoContent, gone.StatusCode);
            }
            finally
            {
                await paused.SignalAsync("CONT");
            }
        }

        await load.UntilAsync(50);
        await load.StopAsync();
        var stored = await load.CheckAsync(other.Url);
        Assert.Equal(stored, await load.CheckAsync(paused.Url));
        await KillTests.EndAsync(paused);
        await follower.CheckAsync(load, other.Url, stored);
        Assert.DoesNotContain(" error ", paused.Output + other.Output, StringComparison.Ordinal);
    }
}
