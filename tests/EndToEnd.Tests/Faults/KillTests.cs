using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Faults;

/// <summary>The program is killed again and again while it writes, on each engine, and a watch is resumed each time.</summary>
public sealed class KillTests
{
    private const int Kills = 3;

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    [InlineData("etcd")]
    public async Task Nothing_acknowledged_is_lost_nothing_is_half_there_and_watches_resume_without_a_gap(string engine)
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.File("faults.yaml"), Load.Document);
        await using var database = engine == "sqlite" ? null : await Database.StartAsync(engine);
        string url = database?.Url ?? "sqlite:" + folder.File("data");
        using var load = new Load();
        var random = new Random(20261120);
        var followers = new List<Follower>();

        for (int kill = 0; kill < Kills; kill++)
        {
            await using var program = await ServeAsync(folder, url);
            if (kill == 0) followers.AddRange([await Follower.StartAsync(program.Url, isStream: true), await Follower.StartAsync(program.Url, isStream: false)]);
            foreach (var follower in followers) follower.MoveTo(program.Url);
            load.Start(program.Url);
            await load.UntilAsync(random.Next(50, 400));
            await load.KillAsync(program);
        }

        await using (var program = await ServeAsync(folder, url))
        {
            foreach (var follower in followers) follower.MoveTo(program.Url);
            load.Start(program.Url);
            await load.UntilAsync(50);
            await load.StopAsync();
            var stored = await load.CheckAsync(program.Url);
            await EndAsync(program);
            foreach (var follower in followers) await follower.CheckAsync(load, program.Url, stored);
            Assert.All(followers, follower => Assert.True(follower.Cuts >= Kills, $"{follower.Cuts}"));
            Assert.Equal(0, await program.StopAsync());
        }

        var (code, output, error) = await StatewayProgram.CallAsync("store", "check", url);
        Assert.True(code == 0, output + error);
    }

    internal static Task<StatewayProgram> ServeAsync(TempFolder folder, string url) =>
        StatewayProgram.ServeAsync(["serve", folder.Path, "--store", url, "--listen", "127.0.0.1:0"]);

    /// <summary>Ends the followers.</summary>
    internal static async Task EndAsync(StatewayProgram program)
    {
        using var end = await program.Http.PutAsync("/things/" + Follower.End, new StringContent("""{"n":0}""", null, "application/json"));
        Assert.True(end.IsSuccessStatusCode, $"{end.StatusCode}");
    }
}
