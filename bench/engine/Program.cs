using System.Diagnostics;
using Stateway.Model.Expressions;
using Stateway.Store;
using Stateway.Engine.Bench;
using Stateway.Store.Sqlite;

const int rows = 100_000;
const string collection = "bench/products";

string folder = Directory.CreateTempSubdirectory("stateway-bench-").FullName;
try
{
    var opening = await SqliteStore.OpenAsync(Path.Combine(folder, "data"), new());
    await using var store = ((StoreOpening.Opened)opening).Store;
    await store.DeclareAsync([new(collection, [new(["category"], false), new(["price"], false), new(["name"], false)])], default);

    Measure.PrintHead();
    foreach (int callers in (int[])[1, 64])
    {
        // The first callers warm up what the others are measured with.
        int from = callers == 1 ? 0 : 2_000, to = callers == 1 ? 2_000 : rows;
        await Measure.RunAsync($"durable commit of 1 KB, 3 indexes, {callers} callers", to - from, () => Callers(callers, from, to, Create));
    }

    using (var bare = new BareSqlite(Path.Combine(folder, "bare.db")))
    {
        await Measure.RunAsync("  bare SQLite loop, 100 per transaction", rows, () => Task.Run(() => bare.Insert(rows, 100)));
    }

    var paths = Enumerable.Range(0, rows).Select(i => Product.At(i).Path).ToArray();
    await Measure.RunAsync("replace, 64 callers, random rows", 30_000, () => Callers(64, 0, 30_000, Replace));
    await Measure.RunAsync("get, cached", 2_000_000, () => Callers(1, 0, 2_000_000, i => Get(i % 1_000)));
    await Measure.RunAsync("get, not cached, random rows", 200_000, () => Callers(1, 0, 200_000, i => Get((int)(i * 7_368_787L % rows))));
    await Measure.RunAsync("get, not cached, random rows, 2 callers", 200_000, () => Callers(2, 0, 200_000, i => Get((int)(i * 7_368_787L % rows))));

    await List("list of 20, category ==", Equal("category", Value.Of("category-3")), []);
    await List("list of 20, category ==, order by price", Equal("category", Value.Of("category-3")), [new("price", false)]);
    await List("list of 20, order by price", null, [new("price", false)]);
    await List("list of 20, price > 50", new Expression.Binary(0, BinaryOperator.Greater, Field("price"), Literal(Value.Of(50))), []);
    await List("list of 20, name ==", Equal("name", Value.Of("product 17")), []);

    var process = Process.GetCurrentProcess();
    Console.WriteLine($"memory: {process.WorkingSet64 >> 20} MB now, {process.PeakWorkingSet64 >> 20} MB at most; "
        + $"of it {GC.GetGCMemoryInfo().TotalCommittedBytes >> 20} MB the collector's, with {GC.GetTotalMemory(false) >> 20} MB of objects");

    async Task Create(int i)
    {
        var product = Product.At(i);
        var key = new Key(collection, product.Path);
        var result = await store.CommitAsync(
            new([new Precondition.AtRevision(key, 0)], [new Write.Put(key, DateTimeOffset.UnixEpoch, product.Json)]), default);
        if (result is not CommitResult.Committed) throw new InvalidOperationException(result.ToString());
    }

    async Task Replace(int i)
    {
        var product = Product.At((int)(i * 7_368_787L % rows));
        await store.CommitAsync(new([], [new Write.Put(new(collection, product.Path), DateTimeOffset.UnixEpoch, product.Json)]), default);
    }

    Task Get(int i)
    {
        var got = store.GetAsync(new(collection, paths[i]), default);
        return got.IsCompletedSuccessfully ? Task.CompletedTask : got.AsTask();
    }

    async Task List(string name, Expression? filter, OrderKey[] order)
    {
        var query = new Query(collection) { Limit = 20, Filter = filter, Order = [.. order] };
        for (int i = 0; i < 200; i++) await store.QueryAsync(query, default);
        await Measure.RunAsync(name, 3_000, () => Callers(1, 0, 3_000, i => store.QueryAsync(query, default).AsTask()));
    }
}
finally
{
    Directory.Delete(folder, recursive: true);
}

static Expression Field(string name) => new Expression.Field(0, [name], false);
static Expression Literal(Value value) => new Expression.Literal(0, value);
static Expression Equal(string field, Value value) => new Expression.Binary(0, BinaryOperator.Equal, Field(field), Literal(value));

// Callers that each do the next operation as soon as their last one is answered.
static Task Callers(int callers, int from, int to, Func<int, Task> operation)
{
    int next = from - 1;
    return Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
    {
        int i;
        while ((i = Interlocked.Increment(ref next)) < to) await operation(i);
    })));
}
