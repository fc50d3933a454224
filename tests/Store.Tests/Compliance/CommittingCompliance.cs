using Stateway.Model.Expressions;
using Xunit;
using static Stateway.Store.Tests.Stores;

namespace Stateway.Store.Tests;

/// <summary>All or nothing, and only when the preconditions hold.</summary>
public abstract class CommittingCompliance<TEngine> : StoreCompliance<TEngine>
    where TEngine : StoreEngine, new()
{
    [Fact]
    public async Task Every_commit_takes_a_higher_revision_for_all_that_it_writes()
    {
        long first = await Store.WriteAsync(Put(Products, "p1", "{}"), Put(Items, "o1/i1", "{}"));
        long second = await Store.WriteAsync(Put(Products, "p2", "{}"));

        Assert.True(Start < first && first < second);
        if (Engine.HasConsecutiveRevisions) Assert.Equal((1, 2), (first, second));
        Assert.Equal(second, Store.Revision);
        Assert.Equal(second, (await Store.StateAsync()).Revision);
        Assert.Equal(first, (await Store.GetAsync(Items, "o1/i1"))!.Revision);
        Assert.Equal(first, (await Store.GetAsync(Products, "p1"))!.Revision);
    }

    [Theory]
    [InlineData("a\0b")]
    [InlineData("a\n")]
    [InlineData("\u007f")]
    [InlineData("o1/\u0085")]
    public async Task A_path_with_a_control_character_is_refused(string path) =>
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.CommitAsync(Of(Put(Products, path, "{}"))));

    [Fact]
    public async Task A_delete_takes_a_revision_even_of_nothing()
    {
        long revision = await Store.WriteAsync(Put(Products, "p1", "{}"));
        await Store.GetAsync(Products, "p1");

        long deleted = await Store.WriteAsync(Delete(Products, "p1"));
        long again = await Store.WriteAsync(Delete(Products, "p1"));

        Assert.True(revision < deleted && deleted < again);
        Assert.Null(await Store.GetAsync(Products, "p1"));
    }

    [Fact]
    public async Task Of_two_writes_to_one_key_the_last_one_counts()
    {
        await Store.WriteAsync(Put(Products, "p1", "{}"), Put(Products, "p1", """{"price":2}"""));
        await Store.WriteAsync(Put(Products, "p2", "{}"), Delete(Products, "p2"));
        await Store.WriteAsync(Delete(Products, "p3"), Put(Products, "p3", "{}"));

        Assert.Equal("""{"price":2}""", (await Store.GetAsync(Products, "p1"))!.Json());
        Assert.Null(await Store.GetAsync(Products, "p2"));
        Assert.NotNull(await Store.GetAsync(Products, "p3"));
    }

    [Fact]
    public async Task A_transaction_without_writes_only_checks()
    {
        long revision = await Store.WriteAsync(Put(Products, "p1", "{}"));

        var held = await Store.CommitAsync(Of().If(new Precondition.Exists(new(Products, "p1"))));
        var failed = await Store.CommitAsync(Of().If(new Precondition.Exists(new(Products, "p2"))));

        Assert.Equal(new CommitResult.Committed(revision), held);
        Assert.IsType<CommitResult.Conflict>(failed);
        Assert.Equal(revision, Store.Revision);
    }

    [Fact]
    public async Task At_revision_0_means_that_there_is_no_entry()
    {
        var precondition = new Precondition.AtRevision(new(Products, "p1"), 0);
        var create = Of(Put(Products, "p1", "{}")).If(precondition);

        var first = Assert.IsType<CommitResult.Committed>(await Store.CommitAsync(create));
        var second = await Store.CommitAsync(create);

        Assert.Equal(new CommitResult.Conflict(precondition, first.Revision), second);
    }

    [Fact]
    public async Task At_another_revision_is_a_conflict_that_tells_the_actual_one()
    {
        long revision = await Store.WriteAsync(Put(Products, "p1", "{}"));
        var stale = new Precondition.AtRevision(new(Products, "p1"), revision - 1);
        var gone = new Precondition.AtRevision(new(Products, "p2"), 5);

        Assert.Equal(new CommitResult.Conflict(stale, revision), await Store.CommitAsync(Of(Delete(Products, "p1")).If(stale)));
        Assert.Equal(new CommitResult.Conflict(gone, 0), await Store.CommitAsync(Of(Delete(Products, "p2")).If(gone)));
        Assert.IsType<CommitResult.Committed>(await Store.CommitAsync(
            Of(Delete(Products, "p1")).If(new Precondition.AtRevision(new(Products, "p1"), revision))));
    }

    [Fact]
    public async Task A_conflict_writes_nothing_of_its_transaction()
    {
        long revision = await Store.WriteAsync(Put(Products, "p1", "{}"));

        var result = await Store.CommitAsync(Of(Put(Products, "p2", "{}"), Put(Products, "p1", """{"price":1}"""))
            .If(new Precondition.Exists(new(Products, "p1")), new Precondition.Exists(new(Products, "p9"))));

        Assert.IsType<CommitResult.Conflict>(result);
        Assert.Equal(revision, Store.Revision);
        Assert.Null(await Store.GetAsync(Products, "p2"));
        Assert.Equal("{}", (await Store.GetAsync(Products, "p1"))!.Json());
    }

    [Fact]
    public async Task None_with_finds_equal_numbers_text_and_times()
    {
        await Store.WriteAsync(Put(Products, "p1",
            """{"price":1,"name":"a","address":{"city":"Bern"},"made":"2024-05-01T12:00:00+02:00"}"""));

        await AssertTaken("price", Value.Of(1), true);
        await AssertTaken("price", Value.Of(1.0), true);
        await AssertTaken("price", Value.Of("1"), false);
        await AssertTaken("name", Value.Of("a"), true);
        await AssertTaken("name", Value.Of("A"), false);
        await AssertTaken("address.city", Value.Of("Bern"), true);
        await AssertTaken("made", Value.Of(new DateTimeOffset(2024, 5, 1, 10, 0, 0, TimeSpan.Zero)), true);
        await AssertTaken("made", Value.Of("2024-05-01T10:00:00Z"), true);
        await AssertTaken("made", Value.Of("2024-05-01T10:00:01Z"), false);

        async Task AssertTaken(string field, Value value, bool isTaken)
        {
            var result = await Store.CommitAsync(Of().If(new Precondition.NoneWith(Products, field, value, [])));
            Assert.True(result is CommitResult.Conflict == isTaken, $"{field} {value}: {result}");
        }
    }

    [Fact]
    public async Task None_with_leaves_out_the_one_that_is_replaced()
    {
        await Store.WriteAsync(Put(Products, "p1", """{"name":"a"}"""));

        Assert.IsType<CommitResult.Committed>(await Store.CommitAsync(
            Of().If(new Precondition.NoneWith(Products, "name", Value.Of("a"), ["p1"]))));
        Assert.IsType<CommitResult.Conflict>(await Store.CommitAsync(
            Of().If(new Precondition.NoneWith(Products, "name", Value.Of("a"), ["p2"]))));
    }

    [Fact]
    public async Task None_with_over_a_field_without_an_index_is_refused()
    {
        Assert.IsType<CommitResult.Unavailable>(await Store.CommitAsync(
            Of(Put(Products, "p1", "{}")).If(new Precondition.NoneWith(Products, "colour", Value.Of("red"), []))));
        Assert.Null(await Store.GetAsync(Products, "p1"));
    }

    [Fact]
    public async Task Delete_below_deletes_the_children_of_this_parent_only()
    {
        await Store.WriteAsync(
            Put(Items, "o1/i1", "{}"), Put(Items, "o1/i2", "{}"), Put(Items, "o10/i1", "{}"), Put(Items, "o1-/i1", "{}"),
            Put(Items, "o1", "{}"), Put(Products, "o1/i1", "{}"));
        await Store.GetAsync(Items, "o1/i1");

        await Store.WriteAsync(new Write.DeleteBelow(Items, "o1"));

        Assert.Equal(["o1", "o1-/i1", "o10/i1"], await Store.ListAsync(new(Items) { Limit = 10 }));
        Assert.Null(await Store.GetAsync(Items, "o1/i1"));
        Assert.NotNull(await Store.GetAsync(Products, "o1/i1"));
    }

    [Fact]
    public async Task Of_concurrent_writers_with_a_condition_each_change_is_made_once()
    {
        await Store.WriteAsync(Put(Products, "p1", "0"));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (int i = 0; i < 10; i++) await IncrementAsync();
        })));

        Assert.Equal("80", (await Store.GetAsync(Products, "p1"))!.Json());

        async Task IncrementAsync()
        {
            while (true)
            {
                var entry = (await Store.GetAsync(Products, "p1"))!;
                var result = await Store.CommitAsync(Of(Put(Products, "p1", $"{int.Parse(entry.Json()) + 1}"))
                    .If(new Precondition.AtRevision(entry.Key, entry.Revision)));
                if (result is CommitResult.Committed) return;
            }
        }
    }

    [Fact]
    public async Task A_cancelled_commit_does_not_begin()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await Store.CommitAsync(Of(Put(Products, "p1", "{}")), new CancellationToken(canceled: true)));
        Assert.Equal(Start, (await Store.StateAsync()).Revision);
        Assert.Null(await Store.GetAsync(Products, "p1"));
    }

    [Fact]
    public async Task None_with_leaves_out_several_and_what_lies_below_them()
    {
        await Store.WriteAsync(
            Put(Items, "o1/i1", """{"price":1}"""), Put(Items, "o1/i2", """{"price":1}"""), Put(Items, "o2/i1", """{"price":1}"""),
            Put(Items, "o10/i1", """{"price":2}"""), Put(Items, "o3", """{"price":3}"""));

        Assert.True(await IsFreeAsync(1, "o1", "o2/i1"));
        Assert.True(await IsFreeAsync(1, "o2", "o9", "o1/i2", "o1/i1"));
        Assert.False(await IsFreeAsync(1, "o1", "o9"));
        Assert.False(await IsFreeAsync(1, "o1/i1", "o2"));
        Assert.False(await IsFreeAsync(2, "o1"));
        Assert.False(await IsFreeAsync(2, "o1", "o"));
        Assert.True(await IsFreeAsync(3, "o1", "o3"));
        Assert.True(await IsFreeAsync(4));

        async Task<bool> IsFreeAsync(int price, params string[] except) => await Store.CommitAsync(
            Of().If(new Precondition.NoneWith(Items, "price", Value.Of(price), [.. except]))) is CommitResult.Committed;
    }

    [Fact]
    public async Task Of_concurrent_creators_of_one_unique_value_one_succeeds()
    {
        await using var other = await JoinAsync();
        for (int round = 0; round < 10; round++)
        {
            var unique = new Precondition.NoneWith(Products, "name", Value.Of($"n{round}"), []);
            var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
                await (i % 2 == 0 ? Store : other ?? Store).CommitAsync(Of(Put(Products, $"p{i}-{round}", $$"""{"name":"n{{round}}"}""")).If(unique)))));

            Assert.Single(results, result => result is CommitResult.Committed);
            Assert.Equal(7, results.Count(result => result is CommitResult.Conflict));
        }

        Assert.Equal(10, (await Store.ListAsync(new(Products) { Limit = 100 })).Count);
    }

    [Fact]
    public async Task Many_writes_are_one_commit_or_too_many()
    {
        Write[] writes = [.. Enumerable.Range(0, 2_000).Select(i => Put(Products, $"p{i}", $$"""{"price":{{i}}}"""))];

        await AssertAllOrTooLargeAsync(writes);
    }

    [Fact]
    public async Task Many_bytes_are_one_commit_or_too_many()
    {
        string text = new('x', 1_000_000);

        await AssertAllOrTooLargeAsync([.. Enumerable.Range(0, 8).Select(i => Put(Products, $"p{i}", $"\"{text}\""))]);
    }

    [Fact]
    public async Task A_large_value_is_kept_as_it_is_or_is_too_large()
    {
        string json = $$"""{"price":1,"text":"{{new string('ä', 2_000_000)}}"}""";

        await AssertAllOrTooLargeAsync(Put(Products, "p1", json));
    }

    [Fact]
    public async Task A_value_of_a_megabyte_is_kept_as_it_is()
    {
        string json = $$"""{"price":1,"text":"{{new string('x', 1_000_000)}}"}""";
        long revision = await Store.WriteAsync(Put(Products, "p1", json));
        await Store.WriteAsync(Delete(Products, "p1"));

        Assert.Equal(json, await Store.PastAsync(Products, "p1", revision));
    }

    private async Task AssertAllOrTooLargeAsync(params Write[] writes)
    {
        var result = await Store.CommitAsync(Of(writes));

        if (result is CommitResult.TooLarge tooLarge)
        {
            Assert.NotEmpty(tooLarge.Limit);
            Assert.Equal(Start, (await Store.StateAsync()).Revision);
            Assert.Empty(await Store.ListAsync(new(Products) { Limit = 10 }));
            return;
        }

        long revision = Assert.IsType<CommitResult.Committed>(result).Revision;
        var change = Assert.Single(await Store.LogAsync(Start));
        Assert.Equal((revision, writes.Length), (change.Revision, change.Changes.Length));
        foreach (var put in writes.Cast<Write.Put>())
            Assert.True((await Store.GetAsync(put.Key, CancellationToken.None))!.Value.Span.SequenceEqual(put.Value.Span));
    }
}
