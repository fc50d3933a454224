using Xunit;
using static Stateway.Store.Tests.Stores;

namespace Stateway.Store.Tests;

/// <summary>What the store was: entries, pages and versions as of a revision.</summary>
public abstract class HistoryCompliance<TEngine> : StoreCompliance<TEngine>
    where TEngine : StoreEngine, new()
{
    [Fact]
    public async Task An_entry_is_found_as_it_was_at_each_revision()
    {
        long created = await Store.WriteAsync(Put(Products, "p1", "1"));
        long other = await Store.WriteAsync(Put(Products, "p2", "0"));
        long changed = await Store.WriteAsync(Put(Products, "p1", "2"));
        long deleted = await Store.WriteAsync(Delete(Products, "p1"));
        long again = await Store.WriteAsync(Put(Products, "p1", "3"));

        string[] past = await Task.WhenAll(((long[])[Start, created, other, changed, deleted, again])
            .Select(revision => Store.PastAsync(Products, "p1", revision)));

        Assert.Equal(["None", "1", "1", "2", "None", "3"], past);
        Assert.Equal("3", (await Store.GetAsync(Products, "p1"))!.Json());
    }

    [Fact]
    public async Task A_past_entry_has_the_revision_and_the_time_that_it_had()
    {
        var time = new DateTimeOffset(1999, 12, 31, 23, 59, 59, TimeSpan.FromHours(2)).AddTicks(7);
        long created = await Store.WriteAsync(Put(Products, "p1", """{ "a": 1.0 }""", time));
        await Store.WriteAsync(Put(Products, "p2", "{}"));
        long before = await Store.WriteAsync(Put(Products, "p3", "{}"));
        await Store.WriteAsync(Put(Products, "p1", "{}"));

        var past = Assert.IsType<PastEntry.Found>(await Store.GetAsync(Products, "p1", before)).Entry;

        Assert.Equal((new Key(Products, "p1"), created, time.ToUniversalTime()), (past.Key, past.Revision, past.UpdateTime));
        Assert.Equal(TimeSpan.Zero, past.UpdateTime.Offset);
        Assert.Equal("""{ "a": 1.0 }""", past.Json());
    }

    [Fact]
    public async Task A_collection_of_which_everything_went_since_is_listed_whole_and_in_order()
    {
        string[] paths = [.. Enumerable.Range(0, 1_300).Select(i => $"p{i:0000}")];
        long then = 0;
        foreach (string[] part in paths.Chunk(100)) then = await Store.WriteAsync([.. part.Select(path => Put(Products, path, "{}"))]);
        foreach (string[] part in paths.Chunk(100)) await Store.WriteAsync([.. part.Select(path => Delete(Products, path))]);

        var query = new Query(Products) { Limit = 90, Revision = then };
        Assert.Equal(paths, await Store.ListAsync(query));
        Assert.Equal(paths.Reverse(), await Store.ListAsync(query with { Order = [new("", true)], Limit = 500, BytesMax = 100 }));
        Assert.Equal(paths.Length, (await Store.PageAsync(query with { Limit = 1, Count = true })).TotalSize);
    }

    [Fact]
    public async Task A_revision_that_the_store_has_not_come_to_is_not_yet()
    {
        long revision = await Store.WriteAsync(Put(Products, "p1", "{}"));

        var past = await Store.GetAsync(Products, "p1", revision + 1_000);
        var page = await Store.QueryAsync(new(Products) { Limit = 1, Revision = revision + 1_000 }, CancellationToken.None);

        Assert.Equal(revision, Assert.IsType<PastEntry.NotYet>(past).State.Revision);
        Assert.Equal(revision, Assert.IsType<QueryResult.NotYet>(page).State.Revision);
    }

    [Fact]
    public async Task Several_writes_to_one_key_in_one_commit_make_one_version()
    {
        long first = await Store.WriteAsync(Put(Products, "p1", "1"), Put(Products, "p1", "2"), Put(Products, "p1", "3"));
        long second = await Store.WriteAsync(Delete(Products, "p1"), Put(Products, "p1", "4"));
        await Store.WriteAsync(Put(Products, "p2", "0"), Delete(Products, "p2"));

        Assert.Equal("3", await Store.PastAsync(Products, "p1", first));
        Assert.Equal([(second, "4"), (first, "3")], await VersionsAsync("p1"));
        Assert.Empty(await VersionsAsync("p2"));
    }

    [Fact]
    public async Task Versions_are_told_from_the_newest_with_deletes_among_them()
    {
        long created = await Store.WriteAsync(Put(Products, "p1", "1"));
        await Store.WriteAsync(Put(Products, "p10", "8"), Put(Items, "p1", "9"));
        long changed = await Store.WriteAsync(Put(Products, "p1", "1"));
        long deleted = await Store.WriteAsync(Delete(Products, "p1"));
        await Store.WriteAsync(Delete(Products, "p1"));
        long again = await Store.WriteAsync(Put(Products, "p1", "2"));

        Assert.Equal([(again, "2"), (deleted, null), (changed, "1"), (created, "1")], await VersionsAsync("p1"));
        Assert.Empty(await VersionsAsync("p3"));
    }

    [Fact]
    public async Task Versions_come_in_pages()
    {
        var revisions = new List<long>();
        for (int i = 0; i < 7; i++)
            revisions.Add(await Store.WriteAsync(i == 3 ? Delete(Products, "p1") : Put(Products, "p1", $"{i}")));
        revisions.Reverse();

        foreach (int limit in (int[])[1, 2, 7, 8])
        {
            var seen = new List<long>();
            long before = long.MaxValue;
            while (true)
            {
                var page = await Store.VersionsAsync(Products, "p1", before, limit);
                Assert.InRange(page.Versions.Length, 1, limit);
                seen.AddRange(page.Versions.Select(version => version.Revision));
                if (!page.More) break;

                before = seen[^1];
            }

            Assert.Equal(revisions, seen);
        }

        Assert.Empty((await Store.VersionsAsync(Products, "p1", revisions[^1])).Versions);
        var oldest = await Store.VersionsAsync(Products, "p1", revisions[^2] + 1);
        Assert.Equal(revisions[^2..], oldest.Versions.Select(version => version.Revision));
        Assert.False(oldest.More);
    }

    [Fact]
    public async Task A_version_tells_when_it_was_committed()
    {
        var before = TimeProvider.System.GetUtcNow();
        await Store.WriteAsync(Put(Products, "p1", "1", Noon));
        await Store.WriteAsync(Put(Products, "p1", "2", Noon));
        await Store.WriteAsync(Delete(Products, "p1"));
        var after = TimeProvider.System.GetUtcNow();

        var page = await Store.VersionsAsync(Products, "p1");

        // Engines keep whole milliseconds at least.
        Assert.Equal(3, page.Versions.Length);
        Assert.All(page.Versions, version => Assert.InRange(version.Time, before.AddMilliseconds(-1), after.AddMilliseconds(1)));
    }

    [Fact]
    public async Task A_query_answers_as_of_its_revision()
    {
        await Store.WriteAsync(
            Put(Products, "a", """{"price":1}"""), Put(Products, "b", """{"price":2}"""), Put(Products, "c", """{"price":3}"""));
        long then = await Store.WriteAsync(Put(Items, "o1/i1", """{"price":1}"""), Put(Items, "o10/i1", """{"price":1}"""));
        await Store.WriteAsync(Put(Products, "a", """{"price":5}"""), Delete(Products, "b"), Put(Products, "d", """{"price":2}"""));
        await Store.WriteAsync(Put(Products, "a", """{"price":6}"""), Put(Products, "b", """{"price":0}"""));
        await Store.WriteAsync(new Write.DeleteBelow(Items, "o1"), Put(Items, "o1/i2", "{}"));
        var past = new Query(Products) { Limit = 2, Revision = then, Order = [new("price", true)] };

        Assert.Equal(["c", "b", "a"], await Store.ListAsync(past));
        Assert.Equal(["a", "b", "c"], await Store.ListAsync(past with { Order = [] }));
        Assert.Equal(["c", "b", "a"], await Store.ListAsync(past with { Order = [new("", true)] }));
        Assert.Equal(["b"], await Store.ListAsync(past with { Filter = Filter("price == 2") }));
        Assert.Equal(["c"], await Store.ListAsync(past with { Filter = Filter("price > 2") }));
        Assert.Equal(["o1/i1"], await Store.ListAsync(new(Items) { Limit = 1, Revision = then, Parent = "o1" }));
        Assert.Equal(["a", "c", "d", "b"], await Store.ListAsync(past with { Revision = null }));
        Assert.Empty(await Store.ListAsync(past with { Revision = Start }));

        var page = await Store.PageAsync(past with { Count = true });
        Assert.Equal((then, 3), (page.Revision, page.TotalSize));
        Assert.Equal(["""{"price":3}""", """{"price":2}"""], page.Entries.Select(entry => entry.Json()));
    }

    [Fact]
    public async Task A_walk_pinned_to_a_revision_sees_what_was_there_whatever_happens_meanwhile()
    {
        await Store.WriteAsync([.. Enumerable.Range(0, 50).Select(i => Put(Products, $"p{i:00}", $$"""{"price":{{i % 7}}}"""))]);
        var order = Enumerable.Range(0, 50).OrderBy(i => i % 7).ThenBy(i => i).Select(i => $"p{i:00} {{\"price\":{i % 7}}}").ToList();
        var query = new Query(Products) { Limit = 3, Order = [new("price", false)], Count = true };

        foreach (bool isFiltered in (bool[])[false, true])
        {
            // A round of changes for each page: rows are moved over the cursor, deleted, made anew and added.
            long pinned = (await Store.StateAsync()).Revision;
            var expected = isFiltered ? await NowAsync(query with { Filter = Filter("price > 2") }) : await NowAsync(query);
            if (!isFiltered) Assert.Equal(order, expected);

            var seen = new List<string>();
            var walk = query with { Revision = pinned, Filter = isFiltered ? Filter("price > 2") : null };
            for (int round = 0; ; round++)
            {
                var page = await Store.PageAsync(walk);
                Assert.Equal((pinned, expected.Count), (page.Revision, page.TotalSize));
                seen.AddRange(page.Entries.Select(entry => $"{entry.Key.Path} {entry.Json()}"));
                if (page.Next is null) break;

                walk = walk with { After = page.Next };
                await Store.WriteAsync(
                    Put(Products, $"p{round * 7 % 50:00}", $$"""{"price":{{round % 9}}}"""),
                    Delete(Products, $"p{round * 11 % 50:00}"),
                    Put(Products, $"new{round}", """{"price":3}"""));
                await Store.WriteAsync(Delete(Products, page.Next.Path));
            }

            Assert.Equal(expected, seen);
        }

        async Task<List<string>> NowAsync(Query all)
        {
            var page = await Store.PageAsync(all with { Limit = 1_000 });
            return [.. page.Entries.Select(entry => $"{entry.Key.Path} {entry.Json()}")];
        }
    }

    [Fact]
    public async Task A_filter_over_what_was_sees_only_what_is_visible()
    {
        long then = await Store.WriteAsync(Put(Products, "a", """{"note":"secret"}"""), Put(Products, "b", """{"note":"open"}"""));
        await Store.WriteAsync(Delete(Products, "a"), Delete(Products, "b"));

        var query = new Query(Products)
        {
            Limit = 10,
            Filter = Filter("note.contains(\"e\")"),
            Revision = then,
            Visible = static value => value.IndexOf("secret"u8) < 0 ? value.ToArray() : "{}"u8.ToArray(),
        };

        Assert.Equal(["b"], await Store.ListAsync(query));
    }

    [Fact]
    public async Task What_was_is_kept_when_the_store_is_opened_again()
    {
        long created = await Store.WriteAsync(Put(Products, "p1", "1"));
        long deleted = await Store.WriteAsync(Delete(Products, "p1"), Put(Products, "p2", """{"price":2}"""));
        var log = (await Store.LogAsync(Start)).ConvertAll(Text);

        Store = await Engine.ReopenAsync(Store);

        Assert.Equal(deleted, (await Store.StateAsync()).Revision);
        Assert.Equal("1", await Store.PastAsync(Products, "p1", created));
        Assert.Equal([(deleted, null), (created, "1")], await VersionsAsync("p1"));
        Assert.Equal(["p1"], await Store.ListAsync(new(Products) { Limit = 1, Revision = created }));
        Assert.Equal(log, (await Store.LogAsync(Start)).ConvertAll(Text));
        Assert.True(await Store.WriteAsync(Put(Products, "p1", "3")) > deleted);
    }

    [Fact]
    public async Task A_revision_is_found_by_its_time()
    {
        // Until the store's clock has ticked twice between commits.
        long i = 0;
        var log = new List<Commit>();
        using var patience = new CancellationTokenSource(Patience);
        while (log.Select(commit => commit.Time).Distinct().Count() < 3)
        {
            patience.Token.ThrowIfCancellationRequested();
            await Store.WriteAsync(Put(Products, "p1", $"{i++}"));
            log = await Store.LogAsync(Start);
        }

        foreach (var time in log.Select(commit => commit.Time).Distinct())
        {
            long newest = log.Where(commit => commit.Time <= time).Max(commit => commit.Revision);
            Assert.Equal(newest, await Store.FindRevisionAsync(time, CancellationToken.None));
        }

        Assert.Equal(log[^1].Revision, await Store.FindRevisionAsync(log[^1].Time.AddDays(1), CancellationToken.None));
        Assert.Equal((await Store.StateAsync()).Compacted, await Store.FindRevisionAsync(log[0].Time.AddDays(-1), CancellationToken.None));
    }

    [Fact]
    public async Task A_check_of_a_sound_store_finds_no_fault()
    {
        await Store.WriteAsync(Put(Products, "p1", """{"price":1}"""), Put(Products, "p2", """{"price":2}"""), Put(Items, "o1/i1", "{}"));
        await Store.WriteAsync(Put(Products, "p1", """{"price":"x"}"""), Delete(Products, "p2"), Delete(Products, "p3"));
        await Store.WriteAsync(new Write.DeleteBelow(Items, "o1"), Put(Products, "p4", "[]"));
        await Store.WriteAsync(Delete(Products, "p9"));

        var report = await Store.CheckAsync(null, CancellationToken.None);

        Assert.Empty(report.Faults);
        Assert.Equal((0, 2), (report.FaultsCount, report.Entries));
    }

    private async Task<List<(long Revision, string? Json)>> VersionsAsync(string path)
    {
        var page = await Store.VersionsAsync(Products, path);
        Assert.False(page.More);
        Assert.All(page.Versions.Where(version => version.Entry is not null), version => Assert.Equal(version.Revision, version.Entry!.Revision));
        return [.. page.Versions.Select(version => (version.Revision, version.Entry?.Json()))];
    }
}
