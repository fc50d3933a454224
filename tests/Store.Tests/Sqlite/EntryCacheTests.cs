using Stateway.Store.Sqlite;
using Stateway.TestKit;
using Xunit;
using static Stateway.Store.Tests.Stores;

namespace Stateway.Store.Tests.Sqlite;

public sealed class EntryCacheTests
{
    private static readonly CacheKey _key = new(1, "p1");

    private readonly EntryCache _cache = new(1 << 20);

    [Fact]
    public void What_is_added_is_found()
    {
        Add(_cache, _key, EntryAt(1), _cache.TurnOf(_key));

        Assert.Equal(1, _cache.Find(_key)!.Revision);
        Assert.Null(_cache.Find(new(2, "p1")));
    }

    [Fact]
    public void What_is_read_only_once_is_not_kept()
    {
        var once = new CacheKey(1, "once");
        _cache.Add(once, EntryAt(1), _cache.TurnOf(once));

        Assert.Null(_cache.Find(once));
    }

    [Fact]
    public void What_was_read_before_a_commit_is_not_added_after_it()
    {
        long turn = _cache.TurnOf(_key);
        _cache.Close([_key]);
        _cache.Open([_key]);

        Add(_cache, _key, EntryAt(1), turn);

        Assert.Null(_cache.Find(_key));
    }

    [Fact]
    public void What_was_read_before_a_commit_is_not_added_while_it_is_under_way()
    {
        long turn = _cache.TurnOf(_key);
        _cache.Close([_key]);

        Add(_cache, _key, EntryAt(1), turn);

        Assert.Null(_cache.Find(_key));
    }

    [Fact]
    public void What_was_read_while_a_commit_is_under_way_is_never_added()
    {
        _cache.Close([_key]);
        long turn = _cache.TurnOf(_key);
        Add(_cache, _key, EntryAt(1), turn);
        _cache.Open([_key]);

        Add(_cache, _key, EntryAt(1), turn);

        Assert.Null(_cache.Find(_key));
    }

    [Fact]
    public void A_commit_removes_what_it_writes_before_it_becomes_visible_and_what_is_read_later_is_added()
    {
        Add(_cache, _key, EntryAt(1), _cache.TurnOf(_key));

        _cache.Close([_key, _key]); // written twice
        Assert.Null(_cache.Find(_key));
        _cache.Open([_key, _key]);
        Add(_cache, _key, EntryAt(2), _cache.TurnOf(_key));

        Assert.Equal(2, _cache.Find(_key)!.Revision);
    }

    [Fact]
    public void It_keeps_to_its_bytes_and_keeps_what_is_used()
    {
        var cache = new EntryCache(100_000);
        var used = new CacheKey(1, "used");
        Add(cache, used, EntryAt(1), cache.TurnOf(used));
        for (int i = 0; i < 1_000; i++)
        {
            var key = new CacheKey(1, $"p{i}");
            Add(cache, key, EntryAt(1), cache.TurnOf(key));
            Assert.NotNull(cache.Find(used));
        }

        int kept = Enumerable.Range(0, 1_000).Count(i => cache.Find(new(1, $"p{i}")) is not null);
        Assert.InRange(kept, 20, 99); // 1,000 bytes each, and what is around them
    }

    [Fact]
    public async Task Readers_never_see_an_entry_go_back()
    {
        using var folder = new TempFolder();
        await using var store = await OpenStore.InAsync(folder.Path);
        await store.DeclareAsync(Collection("test/things"));
        long acknowledged = await store.WriteAsync(Put("test/things", "x", "{}"));
        bool isDone = false;

        // Readers fill the cache as fast as they can while every commit takes the entry out of it; on threads of
        // their own, as they never wait.
        var readers = Enumerable.Range(0, 2).Select(_ => Task.Factory.StartNew(async () =>
        {
            long seen = 0;
            while (!Volatile.Read(ref isDone))
            {
                long before = Volatile.Read(ref acknowledged);
                long revision = (await store.GetAsync("test/things", "x"))!.Revision;
                Assert.True(revision >= before, $"read {revision} after {before} was acknowledged");
                Assert.True(revision >= seen, $"read {revision} after {seen} was read");
                seen = revision;
            }
        }, TaskCreationOptions.LongRunning).Unwrap()).ToList();

        for (int i = 0; i < 500; i++)
        {
            long revision = await store.WriteAsync(Put("test/things", "x", $$"""{"i":{{i}}}"""));
            Volatile.Write(ref acknowledged, revision);
            Assert.Equal(revision, (await store.GetAsync("test/things", "x"))!.Revision);
        }

        Volatile.Write(ref isDone, true);
        await Task.WhenAll(readers);
    }

    [Fact]
    public async Task A_hit_is_answered_at_once_with_the_same_entry()
    {
        using var folder = new TempFolder();
        await using var store = await OpenStore.InAsync(folder.Path);
        await store.DeclareAsync(Collection("test/things"));
        await store.WriteAsync(Put("test/things", "x", "{}"));
        for (int i = 0; i < 3; i++) await store.GetAsync("test/things", "x"); // what is read a second time is kept
        var first = await store.GetAsync("test/things", "x");
        var key = new Key("test/things", "x");

        long before = GC.GetAllocatedBytesForCurrentThread();
        var hit = store.GetAsync(key, CancellationToken.None);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.True(hit.IsCompletedSuccessfully);
        Assert.Same(first, await hit);
        Assert.Equal(0, allocated);
    }

    /// <summary>Two reads, because only what is asked for again is kept.</summary>
    private static void Add(EntryCache cache, CacheKey key, Entry entry, long turn)
    {
        cache.Add(key, entry, turn);
        cache.Add(key, entry, turn);
    }

    private static Entry EntryAt(long revision) => new(new("c", "p"), revision, Noon, new byte[1_000]);
}
