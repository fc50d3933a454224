using Npgsql;
using Stateway.Store.Postgres;
using Stateway.TestKit;
using Xunit;
using static Stateway.Store.Tests.Stores;

namespace Stateway.Store.Tests.Postgres;

public sealed class PostgresOpeningTests
{
    private const string Things = "test/things";

    [Fact]
    public async Task A_server_that_is_not_there_is_named()
    {
        var options = new PostgresStoreOptions { ConnectionString = "Host=127.0.0.1;Port=1;Username=u;Password=secret-word;Database=d" };

        var refused = Assert.IsType<StoreOpening.Refused>(await PostgresStore.OpenAsync(options));

        Assert.Equal(StoreRefusal.Unreachable, refused.Reason);
        Assert.Contains("127.0.0.1:1/d can't be reached", refused.Message);
        AssertOneLine(refused.Message, "secret-word");
        Assert.DoesNotContain("secret-word", options.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_password_is_said_but_not_shown()
    {
        var options = await SharedPostgres.OptionsAsync("s");

        var refused = Assert.IsType<StoreOpening.Refused>(await PostgresStore.OpenAsync(options with { ConnectionString = options.ConnectionString + ";Password=wrong-word" }));

        Assert.Equal(StoreRefusal.Unreachable, refused.Reason);
        Assert.Contains("refuses the user 'stateway'", refused.Message);
        AssertOneLine(refused.Message, "wrong-word");
    }

    [Fact]
    public async Task A_database_that_is_not_there_is_said()
    {
        var options = await SharedPostgres.OptionsAsync("s");

        var refused = Assert.IsType<StoreOpening.Refused>(await PostgresStore.OpenAsync(options with { ConnectionString = options.ConnectionString + ";Database=nowhere" }));

        Assert.Contains("no such database", refused.Message);
        AssertOneLine(refused.Message, PostgresServer.Password);
    }

    [Fact]
    public async Task A_user_that_may_not_make_the_schema_is_told()
    {
        var server = await SharedPostgres.Server;
        await server.SqlAsync("CREATE ROLE guest LOGIN PASSWORD 'guest'");
        var options = await SharedPostgres.OptionsAsync(SharedPostgres.NewSchema());

        var refused = Assert.IsType<StoreOpening.Refused>(await PostgresStore.OpenAsync(options with { ConnectionString = options.ConnectionString + ";Username=guest;Password=guest" }));

        Assert.Equal(StoreRefusal.NoAccess, refused.Reason);
        Assert.Contains("grant CREATE", refused.Message);
    }

    [Fact]
    public async Task A_newer_format_is_refused()
    {
        string schema = SharedPostgres.NewSchema();
        await using (await SharedPostgres.OpenAsync(schema)) { }
        await (await SharedPostgres.Server).SqlAsync($"UPDATE {schema}.meta SET format=99");

        var refused = Assert.IsType<StoreOpening.Refused>(await PostgresStore.OpenAsync(await SharedPostgres.OptionsAsync(schema)));

        Assert.Equal(StoreRefusal.Newer, refused.Reason);
        Assert.Contains("its format is 99", refused.Message);
    }

    [Fact]
    public async Task Tables_of_another_program_are_left_alone()
    {
        string schema = SharedPostgres.NewSchema();
        await (await SharedPostgres.Server).SqlAsync($"CREATE SCHEMA {schema}; CREATE TABLE {schema}.meta(x int)");

        var refused = Assert.IsType<StoreOpening.Refused>(await PostgresStore.OpenAsync(await SharedPostgres.OptionsAsync(schema)));

        Assert.Equal(StoreRefusal.NotAStore, refused.Reason);
    }

    [Fact]
    public async Task A_database_that_is_not_in_UTF_8_is_refused()
    {
        var server = await SharedPostgres.Server;
        await server.SqlAsync("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0");
        var options = await SharedPostgres.OptionsAsync("s");

        var refused = Assert.IsType<StoreOpening.Refused>(await PostgresStore.OpenAsync(options with { ConnectionString = options.ConnectionString + ";Database=latin" }));

        Assert.Contains("UTF-8", refused.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("A")]
    [InlineData("1a")]
    [InlineData("pg_x")]
    [InlineData("a\"; DROP TABLE meta; --")]
    public async Task A_schema_name_that_would_need_quoting_is_refused(string schema) =>
        await Assert.ThrowsAsync<ArgumentException>(() => PostgresStore.OpenAsync(new() { ConnectionString = "Host=localhost", Schema = schema }));

    [Fact]
    public async Task Nodes_that_start_at_once_make_one_store()
    {
        string schema = SharedPostgres.NewSchema();

        var stores = await Task.WhenAll(Enumerable.Range(0, 6).Select(async _ =>
        {
            var store = await SharedPostgres.OpenAsync(schema);
            await store.DeclareAsync(Collection(Things, "a", "b"), Collection("test/others", "c"));
            return store;
        }));
        var revisions = await Task.WhenAll(stores.Select((store, i) => store.WriteAsync(Put(Things, $"p{i}", $$"""{"a":{{i}}}"""))));

        Assert.Equal([1, 2, 3, 4, 5, 6], revisions.Order());
        Assert.Equal(6, (await stores[0].ListAsync(new(Things) { Limit = 10, Filter = Filter("a >= 0") })).Count);
        Assert.Empty((await stores[0].CheckAsync(null, CancellationToken.None)).Faults);
        foreach (var store in stores) await store.DisposeAsync();
    }

    [Fact]
    public async Task Messages_of_a_broken_store_have_no_password()
    {
        var options = new PostgresStoreOptions { ConnectionString = "Host=127.0.0.1;Port=1;Username=u;Password=secret-word" };
        await using var database = new Database(options);

        var e = await Assert.ThrowsAnyAsync<NpgsqlException>(async () => await database.ConnectAsync(CancellationToken.None));

        AssertOneLine(database.Reason(e), "secret-word");
        Assert.DoesNotContain("secret-word", e.ToString());
    }

    private static void AssertOneLine(string message, string secret)
    {
        Assert.DoesNotContain(secret, message);
        Assert.DoesNotContain('\n', message);
    }
}
