using System.Globalization;
using Stateway.Collections.Writing.Repeating;
using Stateway.Hosting;
using Stateway.Store;
using Stateway.TestKit;
using Xunit;

namespace Stateway.Fast.Tests.Program;

public sealed class HousekeepingTests
{
    private const string Records = "stateway/idempotency";

    private readonly ManualTime _time = new();
    private readonly LogLines _log = new();

    [Fact]
    public async Task Expired_records_are_deleted_and_others_stay()
    {
        var store = await OpenAsync();
        await using var housekeeping = Of(store);
        for (int i = 0; i < 1_300; i++) await store.WriteAsync(Record($"old{i}", TimeSpan.FromSeconds(-1)));
        await store.WriteAsync(Record("young", TimeSpan.FromSeconds(1)), Entries.Put(Records, "timeless", "{}"));

        Assert.False(await housekeeping.RunRoundAsync(default));
        Assert.Equal(["timeless", "young"], await PathsAsync(store));

        _time.Advance(TimeSpan.FromSeconds(2));
        await housekeeping.RunRoundAsync(default);
        Assert.Equal(["timeless"], await PathsAsync(store));
    }

    [Fact]
    public async Task Events_are_kept_for_ninety_days()
    {
        var store = await OpenAsync();
        await using var housekeeping = Of(store);
        await store.WriteAsync(Event("old"));
        _time.Advance(TimeSpan.FromDays(1));
        await store.WriteAsync(Event("young"));

        _time.Advance(TimeSpan.FromDays(89) + TimeSpan.FromSeconds(1));
        await housekeeping.RunRoundAsync(default);

        Assert.Null(await store.GetAsync(new(Stateway.Management.Kinds.Event, "old"), default));
        Assert.NotNull(await store.GetAsync(new(Stateway.Management.Kinds.Event, "young"), default));
    }

    [Fact]
    public async Task An_engine_of_few_writes_gets_transactions_that_it_takes()
    {
        var store = await OpenAsync(writesMax: 30);
        await using var housekeeping = Of(store);
        for (int i = 0; i < 200; i++) await store.WriteAsync(Record($"old{i}", TimeSpan.FromSeconds(-1)));

        Assert.False(await housekeeping.RunRoundAsync(default));
        Assert.Empty(await PathsAsync(store));
    }

    [Fact]
    public async Task A_round_has_an_end_and_says_that_there_is_more()
    {
        var store = await OpenAsync(writesMax: 1);
        await using var housekeeping = Of(store);
        for (int i = 0; i < 150; i++) await store.WriteAsync(Record($"old{i}", TimeSpan.FromSeconds(-1)));

        Assert.True(await housekeeping.RunRoundAsync(default));
        Assert.NotEmpty(await PathsAsync(store));
        while (await housekeeping.RunRoundAsync(default))
        {
        }

        Assert.Empty(await PathsAsync(store));
    }

    [Fact]
    public async Task A_record_that_is_written_anew_while_it_is_deleted_stays()
    {
        var store = await OpenAsync();
        await using var housekeeping = Of(store);
        await store.WriteAsync(Record("a", TimeSpan.FromSeconds(-1)), Record("b", TimeSpan.FromSeconds(-1)));

        store.Committing = async transaction =>
        {
            if (!transaction.Writes.Any(write => write is Write.Delete)) return;
            store.Committing = null;
            await store.WriteAsync(Record("a", TimeSpan.FromHours(24)));
        };
        await housekeeping.RunRoundAsync(default);
        Assert.Equal(["a"], await PathsAsync(store));
    }

    [Fact]
    public async Task Only_the_holder_of_the_lease_works_and_its_end_lets_another_go_on()
    {
        var store = await OpenAsync();
        var first = Of(store);
        await using var second = Of(store);
        await first.RunRoundAsync(default);
        await store.WriteAsync(Record("a", TimeSpan.FromSeconds(-1)));

        await second.RunRoundAsync(default);
        Assert.Equal(["a"], await PathsAsync(store));

        await first.DisposeAsync();
        await second.RunRoundAsync(default);
        Assert.Empty(await PathsAsync(store));
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public async Task A_holder_that_was_paused_and_replaced_writes_nothing()
    {
        var store = await OpenAsync();
        await using var paused = Of(store);
        await using var other = Of(store);
        await store.WriteAsync(Record("a", TimeSpan.FromSeconds(-1)));

        // It is paused between its reading and its commit, for longer than the lease, and the other takes over.
        store.Committing = async _ =>
        {
            store.Committing = null;
            _time.Advance(TimeSpan.FromMinutes(4));
            store.IsAway = false;
            Assert.IsType<LeaseResult.Held>(await store.TakeLeaseAsync(Housekeeping.LeaseName, "other", TimeSpan.FromMinutes(3), default));
        };
        await paused.RunRoundAsync(default);
        Assert.Equal(["a"], await PathsAsync(store));
    }

    [Fact]
    public async Task History_is_given_up_by_age_but_never_the_last_thousand_revisions()
    {
        var store = await OpenAsync();
        await using var housekeeping = Of(store);
        for (int i = 0; i < 3_000; i++)
        {
            await store.WriteAsync(Entries.Put(Records, "timeless", "{}"));
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        await housekeeping.RunRoundAsync(default);
        var state = await store.ReadStateAsync(default);
        Assert.InRange(state.Compacted, state.Revision - 24 * 60 - 2, state.Revision - 24 * 60 + 2);

        _time.Advance(TimeSpan.FromDays(10));
        await housekeeping.RunRoundAsync(default);
        state = await store.ReadStateAsync(default);
        Assert.Equal(state.Revision - 1_000, state.Compacted);
        Assert.Equal(["timeless"], await PathsAsync(store));
    }

    [Fact]
    public async Task Failures_are_logged_once_until_it_succeeds()
    {
        var store = await OpenAsync();
        await using var housekeeping = Of(store);
        store.IsAway = true;
        for (int i = 0; i < 3; i++) Assert.False(await housekeeping.RunRoundAsync(default));
        store.IsAway = false;
        await housekeeping.RunRoundAsync(default);
        store.IsAway = true;
        await housekeeping.RunRoundAsync(default);

        Assert.Equal(["2201", "2203", "2201"], _log.Lines.Select(line => line[..4]));
        Assert.Contains("The store is away.", _log.Lines[0], StringComparison.Ordinal);
        store.IsAway = false;
    }

    private Housekeeping Of(IStore store) => new(store, new HistoryPolicy(), _time, _log);

    private async Task<SmallStore> OpenAsync(int writesMax = int.MaxValue)
    {
        var store = new SmallStore(_time, writesMax);
        await store.DeclareAsync([IdempotencyRecords.Spec, new(Stateway.Management.Kinds.Event, [HousekeepingRound.EventTime])], default);
        return store;
    }

    private Write.Put Record(string path, TimeSpan fromNow) => Entries.Put(Records, path, $$"""{"expire_time":"{{At(fromNow)}}"}""");

    private Write.Put Event(string path) => Entries.Put(Stateway.Management.Kinds.Event, path, $$"""{"create_time":"{{At(default)}}"}""");

    private string At(TimeSpan fromNow) => (_time.GetUtcNow() + fromNow).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static async Task<IEnumerable<string>> PathsAsync(IStore store) =>
        (await store.AllAsync()).Select(line => line[(Records.Length + 1)..line.IndexOf(' ')]);
}
