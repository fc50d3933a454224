using System.Net;
using Stateway.Configuring;
using Stateway.Gateway.Serving.Proxies;
using Stateway.Hosting;
using Stateway.Stores;
using Stateway.TestKit;
using Xunit;

namespace Stateway.Fast.Tests.Program;

public sealed class ConfigurationFileTests
{
    [Fact]
    public void Every_setting_is_read()
    {
        var configuration = Read("""
            listen: 0.0.0.0:80
            tls: "[::1]:443"
            trusted_proxies: [10.0.0.0/8, 192.0.2.7]
            forwarded: Forwarded
            proxy_protocol: true
            store: postgres://shop@db/shop
            history: { age: 7d, revisions: 5000 }
            """);
        Assert.Equal(new IPEndPoint(IPAddress.Any, 80), configuration.Listen);
        Assert.Equal(new IPEndPoint(IPAddress.IPv6Loopback, 443), configuration.Tls);
        Assert.Equal(ForwardedFields.Forwarded, configuration.TrustedProxies!.Fields);
        Assert.True(configuration.TrustedProxies.Networks.Contains(IPAddress.Parse("192.0.2.7")));
        Assert.False(configuration.TrustedProxies.Networks.Contains(IPAddress.Parse("192.0.2.8")));
        Assert.True(configuration.HasProxyProtocol);
        Assert.Equal("postgres://shop@db/shop", configuration.Store!.ToString());
        Assert.Equal(new HistoryPolicy { AgeMax = TimeSpan.FromDays(7), RevisionsMax = 5000 }, configuration.History);
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing\n")]
    [InlineData("{}")]
    [InlineData("openapi: 3.1.0\ninfo: { title: An API of this name, version: 1.0.0 }")]
    public void Nothing_said_leaves_the_defaults(string text) => Assert.Equal(Configuration.Empty, Read(text));

    [Fact]
    public void A_folder_without_one_has_the_defaults()
    {
        using var folder = new TempFolder();
        Assert.Equal(Configuration.Empty, ConfigurationFile.ReadIn(folder.Path).Configuration);
    }

    [Fact]
    public void A_relative_path_is_relative_to_the_file()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.File("my.yaml"), "store: sqlite:data");
        Assert.Equal(new StoreUrl.Sqlite(folder.File("data")), ConfigurationFile.Read(folder.File("my.yaml")).Configuration!.Store);

        File.WriteAllText(folder.File("my.yaml"), "store: sqlite:/var/data");
        Assert.Equal(new StoreUrl.Sqlite("/var/data"), ConfigurationFile.Read(folder.File("my.yaml")).Configuration!.Store);
    }

    [Theory]
    [InlineData("lisen: 127.0.0.1:80", "stateway.yaml:1:1: 'lisen' is not known here. Did you mean 'listen'? (/lisen)")]
    [InlineData("listen: 8080", "stateway.yaml:1:9: listen is \"8080\"; it must be ADDRESS:PORT")]
    [InlineData("listen: [a]", "listen is a list")]
    [InlineData("history:\n  days: 3", "stateway.yaml:2:3: 'days' is not known here. There are: age, revisions.")]
    [InlineData("history: 24h", "history is an object")]
    [InlineData("history: { age: 30m }", "stateway.yaml:1:17: history.age is \"30m\"; it is a time such as 90m, 24h or 7d, at least 1h")]
    [InlineData("history: { age: 3651d }", "history.age is \"3651d\"")]
    [InlineData("history: { age: 24 }", "history.age is \"24\"")]
    [InlineData("history: { age: 24 hours }", "history.age")]
    [InlineData("history: { revisions: 999 }", "history.revisions is \"999\"; it is a number, at least 1000")]
    [InlineData("history: { revisions: 1e6 }", "history.revisions")]
    [InlineData("store: 7", "store is a URL")]
    [InlineData("store: mysql://a", "stateway.yaml:1:8: The store's URL has an unknown scheme")]
    [InlineData("- listen", "this is a list")]
    [InlineData("listen: 'a", "This is not YAML")]
    public void What_is_wrong_has_its_place(string text, string message) =>
        Assert.Contains(message, string.Join('\n', ErrorsOf(text)), StringComparison.Ordinal);

    [Fact]
    public void Everything_wrong_is_told_at_once() =>
        Assert.Equal(["1:1", "2:8", "3:17"], ErrorsOf("frob: 1\nstore: x\nhistory: { age: x }").Select(error => string.Join(':', error.Split(':')[1..3])));

    [Fact]
    public void A_password_is_never_shown() =>
        Assert.DoesNotContain(ErrorsOf("store: postgres://u:tops/ecret@h/d\nlisten: x"), error => error.Contains("tops", StringComparison.Ordinal));

    [Fact]
    public void A_file_that_is_missing_is_named()
    {
        using var folder = new TempFolder();
        Assert.Contains(folder.File("my.yaml") + ":1:1: There is no such file.", Assert.Single(ConfigurationFile.Read(folder.File("my.yaml")).Errors).ToString(), StringComparison.Ordinal);
    }

    private static Configuration Read(string text)
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.File(ConfigurationFile.Name), text);
        var reading = ConfigurationFile.ReadIn(folder.Path);
        Assert.Empty(reading.Errors);
        return reading.Configuration!;
    }

    private static string[] ErrorsOf(string text)
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.File(ConfigurationFile.Name), text);
        var reading = ConfigurationFile.ReadIn(folder.Path);
        Assert.Null(reading.Configuration);
        return [.. reading.Errors.Select(error => error.ToString())];
    }
}
