using Xunit;
using static Stateway.Store.Tests.Stores;

namespace Stateway.Store.Tests;

/// <summary>Giving up history: below a revision, never at it or behind it, never a current value.</summary>
public abstract class CompactionCompliance<TEngine> : StoreCompliance<TEngine>
    where TEngine : StoreEngine, new()
{
    /// <summary>Of seven commits; the fifth deletes p1.</summary>
    private readonly List<long> _revisions = [];

    [Fact]
    public async Task Reading_as_of_the_compaction_point_and_above_it_goes_on_and_below_it_is_gone()
    {
        await CommitSevenAsync();
        await Store.CompactAsync(_revisions[2]);

        Assert.Equal(new StoreState(_revisions[6], _revisions[2]), await Store.StateAsync());
        Assert.Equal(
            ["Gone", "Gone", "Gone", "2", "3", "None", "None", "6"],
            await Task.WhenAll(((long[])[Start, _revisions[1], _revisions[2] - 1, .. _revisions[2..]])
                .Select(revision => Store.PastAsync(Products, "p1", revision))));
        Assert.Equal("\"q\"", await Store.PastAsync(Products, "q", _revisions[2]));

        var gone = Assert.IsType<PastEntry.Gone>(await Store.GetAsync(Products, "p1", _revisions[1]));
        Assert.Equal(new StoreState(_revisions[6], _revisions[2]), gone.State);
    }

    [Fact]
    public async Task A_query_as_of_the_compaction_point_and_above_it_goes_on_and_below_it_is_gone()
    {
        await CommitSevenAsync();
        await Store.CompactAsync(_revisions[4]);

        Assert.Equal(["q", "r0", "r1", "r2", "r3", "r4"], await Store.ListAsync(new(Products) { Limit = 2, Revision = _revisions[4] }));
        Assert.Equal(["q", "r0", "r1", "r2", "r3", "r4", "r5"], await Store.ListAsync(new(Products) { Limit = 2, Revision = _revisions[5] }));
        foreach (long below in (long[])[_revisions[4] - 1, _revisions[3], Start])
        {
            var result = await Store.QueryAsync(new(Products) { Limit = 2, Revision = below }, CancellationToken.None);
            Assert.Equal(new StoreState(_revisions[6], _revisions[4]), Assert.IsType<QueryResult.Gone>(result).State);
        }
    }

    [Fact]
    public async Task The_log_resumes_at_the_compaction_point_and_above_it_and_is_gone_below_it()
    {
        await CommitSevenAsync();
        var whole = (await Store.LogAsync(Start)).ConvertAll(Text);

        await Store.CompactAsync(_revisions[2]);

        Assert.Equal(whole[3..], (await Store.LogAsync(_revisions[2])).ConvertAll(Text));
        Assert.Equal(whole[4..], (await Store.LogAsync(_revisions[3])).ConvertAll(Text));
        foreach (long below in (long[])[_revisions[2] - 1, _revisions[1], Start])
        {
            var result = await Store.ReadLogAsync(below, 10, CancellationToken.None);
            Assert.Equal(new StoreState(_revisions[6], _revisions[2]), Assert.IsType<LogResult.Gone>(result).State);
        }
    }

    [Fact]
    public async Task Versions_reach_back_to_what_was_at_the_compaction_point()
    {
        await CommitSevenAsync();

        await Store.CompactAsync(_revisions[2]);
        Assert.Equal([_revisions[6], _revisions[4], _revisions[3], _revisions[2]], await VersionsAsync("p1"));
        Assert.Equal([_revisions[0]], await VersionsAsync("q")); // unchanged since

        await Store.CompactAsync(_revisions[5]);
        Assert.Equal([_revisions[6]], await VersionsAsync("p1")); // at the compaction point there was none
        Assert.Equal("\"q\"", (await Store.VersionsAsync(Products, "q")).Versions[0].Entry!.Json());

        async Task<List<long>> VersionsAsync(string path) =>
            [.. (await Store.VersionsAsync(Products, path)).Versions.Select(version => version.Revision)];
    }

    [Fact]
    public async Task Compaction_up_to_the_newest_revision_keeps_every_current_value()
    {
        await CommitSevenAsync();
        await Store.CompactAsync(_revisions[6]);

        Assert.Equal("6", (await Store.GetAsync(Products, "p1"))!.Json());
        Assert.Equal("6", await Store.PastAsync(Products, "p1", _revisions[6]));
        Assert.Equal("\"q\"", (await Store.GetAsync(Products, "q"))!.Json());
        Assert.Equal(["p1", "q", "r0", "r1", "r2", "r3", "r4", "r5", "r6"], await Store.ListAsync(new(Products) { Limit = 2 }));
        Assert.Empty(await Store.LogAsync(_revisions[6]));

        long next = await Store.WriteAsync(Put(Products, "p1", "7"));
        Assert.Equal([next], (await Store.LogAsync(_revisions[6])).Select(commit => commit.Revision));
        Assert.Equal("6", await Store.PastAsync(Products, "p1", _revisions[6]));
        Assert.Empty((await Store.CheckAsync(null, CancellationToken.None)).Faults);
    }

    [Fact]
    public async Task What_is_compacted_already_is_not_compacted_again()
    {
        await CommitSevenAsync();
        await Store.CompactAsync(_revisions[4]);
        await Store.CompactAsync(_revisions[4]);
        await Store.CompactAsync(_revisions[1]);

        Assert.Equal(new StoreState(_revisions[6], _revisions[4]), await Store.StateAsync());
        Assert.Equal(2, (await Store.LogAsync(_revisions[4])).Count);
    }

    [Fact]
    public async Task The_compaction_point_is_kept_when_the_store_is_opened_again()
    {
        await CommitSevenAsync();
        await Store.CompactAsync(_revisions[3]);

        Store = await Engine.ReopenAsync(Store);

        Assert.Equal(new StoreState(_revisions[6], _revisions[3]), await Store.StateAsync());
        Assert.Equal("3", await Store.PastAsync(Products, "p1", _revisions[3]));
        Assert.Equal("Gone", await Store.PastAsync(Products, "p1", _revisions[2]));
        Assert.Empty((await Store.CheckAsync(null, CancellationToken.None)).Faults);
    }

    [Fact]
    public async Task The_time_before_all_that_is_held_gives_the_compaction_point()
    {
        await CommitSevenAsync();
        await Store.CompactAsync(_revisions[3]);

        Assert.Equal(_revisions[3], await Store.FindRevisionAsync(DateTimeOffset.UnixEpoch, CancellationToken.None));
    }

    [Fact]
    public async Task Writers_go_on_while_much_is_compacted()
    {
        for (int i = 0; i < 40; i++) await Store.WriteAsync([.. Enumerable.Range(0, 50).Select(n => Put(Products, $"p{n:00}", $"{i}"))]);
        long middle = await Store.WriteAsync(Put(Products, "p00", "-1"));
        for (int i = 0; i < 5; i++) await Store.WriteAsync([.. Enumerable.Range(0, 50).Select(n => Put(Products, $"p{n:00}", $"{i}"))]);

        var compacting = Task.Run(() => Store.CompactAsync(middle).AsTask());
        int written = 0;
        do await Store.WriteAsync(Put(Products, "p01", $"{written++}"));
        while (!compacting.IsCompleted && written < 10_000);
        await compacting;

        Assert.Equal(middle, (await Store.StateAsync()).Compacted);
        Assert.Equal("-1", await Store.PastAsync(Products, "p00", middle));
        Assert.Equal("39", await Store.PastAsync(Products, "p49", middle));
        Assert.Equal(5 + written, (await Store.LogAsync(middle)).Count);
        Assert.Equal(50, (await Store.ListAsync(new(Products) { Limit = 100, Revision = middle })).Count);
        Assert.Empty((await Store.CheckAsync(null, CancellationToken.None)).Faults);
    }

    /// <summary>p1 becomes 0, 1, 2, 3, none, none, 6; q is made by the first and stays; r0 to r6 are made, one by each.</summary>
    private async Task CommitSevenAsync()
    {
        for (int i = 0; i < 7; i++)
        {
            Write[] writes = [i is 4 or 5 ? Delete(Products, "p1") : Put(Products, "p1", $"{i}"), Put(Products, $"r{i}", "0")];
            _revisions.Add(await Store.WriteAsync(i == 0 ? [.. writes, Put(Products, "q", "\"q\"")] : writes));
        }
    }
}
