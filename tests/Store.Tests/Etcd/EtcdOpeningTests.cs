using Stateway.Store.Etcd;
using Stateway.TestKit;
using Xunit;
using static Stateway.Store.Tests.Stores;

namespace Stateway.Store.Tests.Etcd;

/// <summary>Who is let in, and what is said to who is not.</summary>
public sealed class EtcdOpeningTests
{
    [Fact]
    public async Task An_etcd_that_is_not_there_is_refused_in_one_line_without_the_password()
    {
        var refused = Assert.IsType<StoreOpening.Refused>(await EtcdStore.OpenAsync(
            new() { Endpoints = ["127.0.0.1:1"], User = "root", Password = "secret", ReachTimeout = TimeSpan.FromMilliseconds(200) }));

        Assert.Equal(StoreRefusal.Unreachable, refused.Reason);
        Assert.Contains("127.0.0.1:1", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }

    [Fact]
    public async Task Certificates_that_can_not_be_read_are_refused()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.File("empty.pem"), "", CancellationToken.None);
        foreach (string file in (string[])[folder.File("none.pem"), folder.File("empty.pem")])
        {
            var opening = await EtcdStore.OpenAsync(new() { Endpoints = ["127.0.0.1:1"], IsTls = true, CertFile = file, KeyFile = file });
            Assert.Equal(StoreRefusal.NoAccess, Assert.IsType<StoreOpening.Refused>(opening).Reason);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("user:password@host:1")]
    [InlineData("http://host:1")]
    [InlineData("host:1/path")]
    public async Task An_endpoint_that_is_not_host_and_port_is_a_mistake(string endpoint)
    {
        var mistake = await Assert.ThrowsAsync<ArgumentException>(() => EtcdStore.OpenAsync(new() { Endpoints = [endpoint] }));
        Assert.DoesNotContain("password", mistake.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_authentication_only_the_right_user_with_the_right_password_is_let_in_and_stays_in()
    {
        Assert.SkipUnless(EtcdServer.IsInstalled, "etcd is not installed.");
        await using var server = await EtcdServer.StartAsync("--auth-token-ttl=1");
        foreach (string command in (string[])[
            "user add root:sesame", "user grant-role root root", "role add reader", "role grant-permission reader --prefix=true readwrite other/",
            "user add guest:sesame", "user grant-role guest reader", "auth enable"])
            await server.ControlAsync(command.Split(' '));

        var options = new EtcdStoreOptions { Endpoints = [server.Endpoint], User = "root", Password = "sesame" };
        Assert.Equal(StoreRefusal.Unreachable, await RefusalAsync(options with { User = null, Password = null }));
        Assert.Equal(StoreRefusal.Unreachable, await RefusalAsync(options with { Password = "wrong-secret" }));
        Assert.Equal(StoreRefusal.NoAccess, await RefusalAsync(options with { User = "guest" }));

        await using var store = await OpenStore.AtAsync(options);
        await store.DeclareAsync(Collection("shop/products"));
        await store.WriteAsync(Put("shop/products", "p1", "1"));

        // etcd keeps its tokens in memory only.
        await using var other = await OpenStore.AtAsync(options);
        await server.RestartAsync();
        while (await store.CommitAsync(Of(Put("shop/products", "p1", "2"))) is CommitResult.Unavailable) await Task.Yield();
        Assert.Equal("2", (await store.GetAsync("shop/products", "p1"))!.Json());
        Assert.Equal("2", (await other.GetAsync("shop/products", "p1"))!.Json());

        static async Task<StoreRefusal> RefusalAsync(EtcdStoreOptions options)
        {
            var refused = Assert.IsType<StoreOpening.Refused>(await EtcdStore.OpenAsync(options));
            Assert.DoesNotContain("wrong-secret", refused.Message, StringComparison.Ordinal);
            return refused.Reason;
        }
    }

    [Fact]
    public async Task A_full_etcd_is_told_as_full_and_reads_go_on()
    {
        Assert.SkipUnless(EtcdServer.IsInstalled, "etcd is not installed.");
        await using var server = await EtcdServer.StartAsync("--quota-backend-bytes=8000000");
        await using var store = await OpenStore.AtAsync(new() { Endpoints = [server.Endpoint] });
        await store.DeclareAsync(Collection("shop/products"));
        byte[] value = [.. "\""u8, .. Enumerable.Repeat((byte)'x', 900_000), .. "\""u8];
        CommitResult result = new CommitResult.Committed(0);
        int written = 0;
        for (; result is CommitResult.Committed && written < 100; written++)
            result = await store.CommitAsync(Of(new Write.Put(new("shop/products", $"p{written}"), Noon, value)));

        Assert.IsType<CommitResult.Full>(result);
        Assert.NotNull(await store.GetAsync("shop/products", "p0"));
        Assert.Null(await store.GetAsync("shop/products", $"p{written - 1}"));
        Assert.IsType<CommitResult.Conflict>(await store.CommitAsync(
            Of(Put("shop/products", "p0", "1")).If(new Precondition.AtRevision(new("shop/products", "p0"), 0))));
    }
}
