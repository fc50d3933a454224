using FsCheck;
using FsCheck.Fluent;
using Stateway.Stores;
using Xunit;

namespace Stateway.Fast.Tests.Program;

public sealed class StoreUrlTests
{
    [Theory]
    [InlineData("sqlite:data", "data")]
    [InlineData("SQLITE:shop.db", "shop.db")]
    [InlineData("sqlite:/var/lib/shop", "/var/lib/shop")]
    [InlineData("sqlite:///var/lib/shop", "/var/lib/shop")]
    [InlineData("sqlite:a b%20c", "a b%20c")]
    public void Sqlite_takes_a_path_as_it_is(string text, string path) =>
        Assert.Equal(new StoreUrl.Sqlite(path), Read(text));

    [Fact]
    public void Postgres_takes_every_part()
    {
        var url = Assert.IsType<StoreUrl.Postgres>(Read(
            "postgresql://shop:p%40ss%3A%2f@[::1]:6432/shop%20data?schema=eu_1&sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem&sslcert=c.pem&sslkey=k.pem&connect_timeout=7&application_name=a%40b&pool_max_conns=40"));
        Assert.Equal(("::1", 6432, "shop", "p@ss:/", "shop data"), (url.Host, url.Port, url.User, url.Password, url.Database));
        Assert.Equal(("eu_1", SslMode.VerifyFull, "/etc/ca.pem", "c.pem", "k.pem"), (url.Schema, url.SslMode, url.SslRootCert, url.SslCert, url.SslKey));
        Assert.Equal((TimeSpan.FromSeconds(7), "a@b", 40), (url.ConnectTimeout, url.ApplicationName, url.PoolMaxConns));
        Assert.Equal("postgres://shop:***@[::1]:6432/shop%20data?schema=eu_1", url.ToString());
    }

    [Fact]
    public void Postgres_fills_in_what_libpq_fills_in()
    {
        var url = Assert.IsType<StoreUrl.Postgres>(Read("postgres://db"));
        Assert.Equal(("db", 5432, Environment.UserName, Environment.UserName, SslMode.Prefer), (url.Host, url.Port, url.User, url.Database, url.SslMode));
        Assert.Null(url.Password);
        Assert.Equal("shop", Assert.IsType<StoreUrl.Postgres>(Read("postgres://shop@db")).Database);
        Assert.Equal("/run/postgresql", Assert.IsType<StoreUrl.Postgres>(Read("postgres://shop@%2Frun%2Fpostgresql/shop")).Host);
    }

    [Theory]
    [InlineData("disable", "Disable")]
    [InlineData("prefer", "Prefer")]
    [InlineData("require", "Require")]
    [InlineData("verify-ca", "VerifyCa")]
    [InlineData("verify-full", "VerifyFull")]
    public void Sslmodes_are_libpqs(string text, string mode) =>
        Assert.Equal(mode, Assert.IsType<StoreUrl.Postgres>(Read("postgres://u@h/d?sslmode=" + text)).SslMode.ToString());

    [Fact]
    public void Etcd_takes_every_part()
    {
        var url = Assert.IsType<StoreUrl.Etcd>(Read("etcds://shop:s%2Fecret@10.0.0.1:2379,[fe80::1]:2380,etcd-3/eu/shop/?ca=ca.pem&cert=c.pem&key=k.pem"));
        Assert.True(url.IsTls);
        Assert.Equal([new("10.0.0.1", 2379), new("fe80::1", 2380), new("etcd-3", 2379)], url.Endpoints);
        Assert.Equal(("shop", "s/ecret", "eu/shop", "ca.pem", "c.pem", "k.pem"), (url.User, url.Password, url.Prefix, url.Ca, url.Cert, url.Key));
        Assert.Equal("etcds://shop:***@10.0.0.1,[fe80::1]:2380,etcd-3/eu/shop", url.ToString());
        Assert.Equal("etcd://h", Read("etcd://h:2379").ToString());
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("data", "sqlite:PATH")]
    [InlineData("./data:x", "sqlite:PATH")]
    [InlineData("postgre://h/d", "did you mean postgres?")]
    [InlineData("mysql://h/d", "unknown scheme")]
    [InlineData("sqlite:", "followed by a path")]
    [InlineData("sqlite://data", "third slash")]
    [InlineData("sqlite:data?mode=ro", "no parameters")]
    [InlineData("postgres:h/d", "//HOST")]
    [InlineData("postgres://", "host is missing")]
    [InlineData("postgres:///shop", "host is missing")]
    [InlineData("postgres://a,b/shop", "one host")]
    [InlineData("postgres://h:0/d", "no port")]
    [InlineData("postgres://h:65536/d", "no port")]
    [InlineData("postgres://h:/d", "no port")]
    [InlineData("postgres://::1/d", "[::1]")]
    [InlineData("postgres://[::1/d", "no ]")]
    [InlineData("postgres://[h]/d", "no IPv6 address")]
    [InlineData("postgres://[::1]5432/d", "colon and the port")]
    [InlineData("postgres://h/d/e", "one database")]
    [InlineData("postgres://h/d#x", "no #")]
    [InlineData("postgres://h/d%4", "two digits")]
    [InlineData("postgres://h/d%ff", "UTF-8")]
    [InlineData("postgres://h/d%00", "zero character")]
    [InlineData("postgres://h h/d", "no host's name")]
    [InlineData("postgres://h/d?ssl_mode=require", "did you mean sslmode?")]
    [InlineData("postgres://h/d?frob=1", "there are: schema, sslmode")]
    [InlineData("postgres://h/d?sslmode=requir", "Did you mean require?")]
    [InlineData("postgres://h/d?sslmode=allow", "disable, prefer, require, verify-ca, verify-full")]
    [InlineData("postgres://h/d?sslmode", "no value")]
    [InlineData("postgres://h/d?schema=a&schema=b", "twice")]
    [InlineData("postgres://h/d?schema=Shop", "a-z")]
    [InlineData("postgres://h/d?schema=pg_x", "pg_")]
    [InlineData("postgres://h/d?sslkey=k", "sslcert is missing")]
    [InlineData("postgres://h/d?connect_timeout=0", "1 to 300")]
    [InlineData("postgres://h/d?pool_max_conns=1001", "1 to 1000")]
    [InlineData("postgres://h/d?password=x", "STATEWAY_STORE_PASSWORD")]
    [InlineData("postgres://u:p@ss/word@h/d", "%40")]
    [InlineData("etcd://", "host is missing")]
    [InlineData("etcd://a:2379,", "host is missing")]
    [InlineData("etcd://a?ca=x", "etcds://")]
    [InlineData("etcds://a?cert=x", "belong together")]
    [InlineData("etcds://a?kee=x", "did you mean key?")]
    [InlineData("etcd://a//b//c", "empty part")]
    [InlineData("etcd://:p@a", "user is missing")]
    public void What_is_wrong_is_said_with_what_would_be_right(string text, string words)
    {
        Assert.False(StoreUrl.TryParse(text, out _, out string? error));
        Assert.Contains(words, error, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error);
    }

    [Fact]
    public void The_environments_password_is_for_urls_with_a_user_and_none_of_their_own()
    {
        Assert.Equal("x", Assert.IsType<StoreUrl.Postgres>(Read("postgres://u@h/d").WithPassword("x")).Password);
        Assert.Equal("own", Assert.IsType<StoreUrl.Postgres>(Read("postgres://u:own@h/d").WithPassword("x")).Password);
        Assert.Equal("x", Assert.IsType<StoreUrl.Etcd>(Read("etcd://u@h").WithPassword("x")).Password);
        Assert.Null(Assert.IsType<StoreUrl.Etcd>(Read("etcd://h").WithPassword("x")).Password);
        Assert.Null(Assert.IsType<StoreUrl.Postgres>(Read("postgres://u@h/d").WithPassword(null)).Password);
    }

    /// <summary>Passwords with every character that means something in a URL, encoded or not, in URLs that are whole or not.</summary>
    [Fact]
    public void No_message_and_no_text_of_a_url_shows_the_password()
    {
        var password = Gen.Elements("@", ":", "/", "?", "#", "%", "&", "=", ",", "[", "]", "%4", "%zz", "s", "X9", "é", " ", "sslmode=")
            .ListOf().Select(parts => "Qj7w" + string.Concat(parts.Take(8)) + "Zk3v");
        var form = Gen.Elements(
            "postgres://user:{0}@host/db", "postgres://user:{0}@host:port/db?sslmode=no", "postgresql://user:{0}", "postgres://:{0}@/", "postgres:user:{0}@host",
            "postgres://user:{0}", "postgres://user:{0}@host/db?frob={0}", "etcd://user:{0}@a:1,b:2/p", "etcds://user:{0}@a?kee=1", "etcd://user:{0}@a//b//c",
            "etcd://user:{0}@,", "user:{0}@host", "postgre://user:{0}@host/db", "mysql://u:{0}@h", "postgres://user:{0}@host/db?password={0}",
            "postgres://user:{0}@host/db?user=x", "postgres://user:{0}@[::1/db", "postgres://user:{0}@h:99999/db", "postgres://user:{0}@h/db?connect_timeout=x");
        var urls = from secret in password from shape in form from isEncoded in Gen.Elements(true, false) from isTrimmed in Gen.Elements(true, false)
            let text = shape.Replace("{0}", isEncoded ? Uri.EscapeDataString(secret) : secret, StringComparison.Ordinal)
            select (Secret: secret, Text: isTrimmed ? text.Replace("@host", "", StringComparison.Ordinal) : text);

        int parsed = 0;
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(5_000), Prop.ForAll(urls.ToArbitrary(), sample =>
        {
            bool isUrl = StoreUrl.TryParse(sample.Text, out var url, out string? error);
            if (isUrl && url!.ToString().Contains("***", StringComparison.Ordinal)) parsed++;

            // Without the @ behind it, what follows its own last one is a host: no program can know better.
            bool isWhole = sample.Text.Contains("Zk3v@", StringComparison.Ordinal);
            string shown = isUrl ? url!.ToString() : error!;
            return !shown.Contains("Qj7w", StringComparison.Ordinal) && !(isWhole && shown.Contains("Zk3v", StringComparison.Ordinal));
        }));
        Assert.True(parsed > 100);
    }

    private static StoreUrl Read(string text)
    {
        Assert.True(StoreUrl.TryParse(text, out var url, out string? error), error);
        return url!;
    }
}
