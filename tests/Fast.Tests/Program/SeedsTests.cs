using Stateway.Collections;
using Stateway.Hosting;
using Stateway.Model.Apis;
using Stateway.Store;
using Stateway.TestKit;
using Xunit;

namespace Stateway.Fast.Tests.Program;

public sealed class SeedsTests : IDisposable
{
    private const int Rows = 250;
    private readonly ManualTime _time = new();
    private readonly LogLines _log = new();
    private readonly TempFolder _folder = new();
    private readonly Catalog _catalog;

    public SeedsTests()
    {
        File.WriteAllText(_folder.File("shop.yaml"), """
            openapi: 3.1.0
            info: { title: Shop, version: 1.0.0 }
            x-stateway-collections:
              things:
                schema: { $ref: '#/components/schemas/Thing' }
                seed: things.json
            components:
              schemas:
                Thing: { type: object, properties: { n: { type: integer } } }
            """);
        File.WriteAllText(_folder.File("things.json"), "[" + string.Join(',', Enumerable.Range(0, Rows).Select(i => $$"""{"id":"t{{i}}","n":{{i}}}""")) + "]");
        var reading = ApiReader.Read(_folder.Path);
        Assert.Empty(reading.Errors);
        _catalog = new Catalog(reading.Apis);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_store_that_takes_it_gets_it_in_one_transaction()
    {
        var store = await OpenAsync();
        await LoadAsync(store);
        Assert.Equal(Rows, await CountAsync(store));
        Assert.Equal(1, store.Commits);
        Assert.Equal([$"2101 shop/things began with {Rows} rows of its seed."], _log.Lines);
    }

    [Theory]
    [InlineData(120)]
    [InlineData(7)]
    public async Task A_store_of_few_writes_gets_it_in_pieces(int writesMax)
    {
        var store = await OpenAsync(writesMax);
        await LoadAsync(store);
        Assert.Equal(Rows, await CountAsync(store));
        Assert.Single(_log.Lines);

        await store.WriteAsync(new Write.Delete(new("shop/things", "t7")));
        await LoadAsync(store);
        Assert.Equal(Rows - 1, await CountAsync(store));
    }

    [Fact]
    public async Task A_crash_between_pieces_is_made_good_and_rows_that_are_there_stay()
    {
        var store = await OpenAsync(writesMax: 120);
        int commits = 0;
        store.Committing = _ => ++commits == 3 ? throw new IOException("killed") : Task.CompletedTask;
        await Assert.ThrowsAsync<IOException>(() => LoadAsync(store));
        Assert.Equal(100, await CountAsync(store));

        store.Committing = null;
        await store.WriteAsync(Entries.Put("shop/things", "t7", """{"n":-1}"""));
        await LoadAsync(store);
        Assert.Equal(Rows, await CountAsync(store));
        Assert.Equal("""{"n":-1}""", System.Text.Encoding.UTF8.GetString((await store.GetAsync(new("shop/things", "t7"), default))!.Value.Span));
    }

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(120)]
    public async Task Two_nodes_that_start_at_once_both_end_with_all_rows(int writesMax)
    {
        // The second loads everything before the first one's n-th commit.
        for (int n = 1; n <= 5; n++)
        {
            var store = await OpenAsync(writesMax);
            int commits = 0;
            store.Committing = async _ =>
            {
                if (++commits != n) return;
                store.Committing = null;
                await LoadAsync(store);
                Assert.Equal(Rows, await CountAsync(store));
                await store.WriteAsync(new Write.Delete(new("shop/things", "t249"))); // by a user, of the node that is ready
            };
            await LoadAsync(store);
            Assert.Equal(Rows - (store.Committing is null ? 1 : 0), await CountAsync(store));
        }

        Assert.All(_log.Lines, line => Assert.StartsWith("2101", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_collection_that_has_resources_is_left_alone()
    {
        var store = await OpenAsync();
        await store.WriteAsync(Entries.Put("shop/things", "mine", "{}"));
        await LoadAsync(store);
        Assert.Equal(1, await CountAsync(store));
    }

    private Task LoadAsync(IStore store) => new Seeds(_catalog, store, _time, _log).LoadAsync(default);

    private async Task<SmallStore> OpenAsync(int writesMax = int.MaxValue)
    {
        var store = new SmallStore(_time, writesMax);
        await store.DeclareAsync([Seeds.Notes, .. _catalog.ToSpecs()], default);
        return store;
    }

    private static async Task<int> CountAsync(IStore store) =>
        (await store.AllAsync()).Count(line => line.StartsWith("shop/things:", StringComparison.Ordinal));
}
