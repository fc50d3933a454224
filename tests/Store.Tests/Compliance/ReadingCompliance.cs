using Xunit;
using static Stateway.Store.Tests.Stores;

namespace Stateway.Store.Tests;

/// <summary>Reading what is there now.</summary>
public abstract class ReadingCompliance<TEngine> : StoreCompliance<TEngine>
    where TEngine : StoreEngine, new()
{
    [Fact]
    public async Task What_was_put_is_got_byte_for_byte()
    {
        var time = new DateTimeOffset(2024, 2, 29, 23, 59, 59, TimeSpan.FromHours(-5)).AddTicks(1);
        const string json = """{ "price": 1.50, "name": "a\u0000b", "x": [] }""";
        long revision = await Store.WriteAsync(Put(Products, "p1", json, time));

        var entry = await Store.GetAsync(Products, "p1");

        Assert.Equal(json, entry!.Json());
        Assert.Equal((new Key(Products, "p1"), revision, time.ToUniversalTime()), (entry!.Key, entry.Revision, entry.UpdateTime));
        Assert.Equal(TimeSpan.Zero, entry.UpdateTime.Offset);
    }

    [Fact]
    public async Task There_is_nothing_where_nothing_was_put()
    {
        await Store.WriteAsync(Put(Products, "p1", "{}"));

        Assert.Null(await Store.GetAsync(Products, "p2"));
        Assert.Null(await Store.GetAsync(Items, "p1"));
    }

    [Fact]
    public async Task A_second_get_gives_the_same()
    {
        await Store.WriteAsync(Put(Products, "p1", """{"price":1}"""));
        var first = await Store.GetAsync(Products, "p1");

        var second = await Store.GetAsync(Products, "p1");

        Assert.Equal((first!.Revision, first.Json()), (second!.Revision, second.Json()));
    }

    [Fact]
    public async Task A_put_replaces_what_was_there()
    {
        await Store.WriteAsync(Put(Products, "p1", """{"price":1,"name":"a"}"""));
        await Store.GetAsync(Products, "p1");
        long revision = await Store.WriteAsync(Put(Products, "p1", """{"price":2}"""));

        var entry = await Store.GetAsync(Products, "p1");

        Assert.Equal(("""{"price":2}""", revision), (entry!.Json(), entry!.Revision));
        Assert.Empty(await Store.ListAsync(new(Products) { Limit = 10, Filter = Filter("has(name) || price == 1") }));
    }
}
