using Stateway.Store.Leases;
using Stateway.TestKit;
using Xunit;
using static Stateway.Store.Tests.Stores;

namespace Stateway.Store.Tests.Leases;

public sealed class LeaseTests : IAsyncLifetime
{
    private static readonly TimeSpan _duration = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan _third = TimeSpan.FromSeconds(10);

    private readonly ManualTime _time = new();
    private readonly MemoryStore _store;

    public LeaseTests() => _store = new(_time);

    public async ValueTask InitializeAsync() => await _store.DeclareAsync(Collection("shop/products"));

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public async Task A_lease_is_held_by_one_until_it_is_disposed()
    {
        var first = await TakeAsync("one");
        Assert.NotNull(first);
        Assert.True(first.IsHeld);
        Assert.Null(await TakeAsync("two"));

        await first.DisposeAsync();
        await using var second = await TakeAsync("two");

        Assert.False(first.IsHeld);
        Assert.True(first.Lost.IsCancellationRequested);
        Assert.True(second!.IsHeld && second.Epoch > first.Epoch);
    }

    [Fact]
    public async Task A_lease_renews_itself_at_a_third_of_its_duration()
    {
        await using var lease = await TakeAsync("one");
        for (int i = 0; i < 20; i++)
        {
            _time.Advance(_third - TimeSpan.FromTicks(1));
            Assert.Equal(_third + TimeSpan.FromTicks(1), lease!.Remaining);
            _time.Advance(TimeSpan.FromTicks(1));
            await UntilAsync(() => lease.Remaining == 2 * _third);
        }

        Assert.True(lease!.IsHeld);
        Assert.Equal(new LeaseResult.Taken("one"), await _store.TakeAsync("a", "two"));
        Assert.IsType<CommitResult.Committed>(await _store.CommitAsync(Of(Put("shop/products", "p1", "1")).If(lease.Fence)));
    }

    [Fact]
    public async Task A_lease_that_can_not_be_renewed_is_lost_at_two_thirds_before_the_store_gives_it_to_another()
    {
        await using var lease = await TakeAsync("one");
        _store.LeasesAreReachable = () => Task.FromResult(false);

        _time.Advance((2 * _third) - TimeSpan.FromTicks(1));
        Assert.True(lease!.IsHeld);
        Assert.False(lease.Lost.IsCancellationRequested);

        _time.Advance(TimeSpan.FromTicks(1));
        Assert.False(lease.IsHeld);
        await UntilAsync(() => lease.Lost.IsCancellationRequested);

        _store.LeasesAreReachable = () => Task.FromResult(true);
        Assert.Equal(new LeaseResult.Taken("one"), await _store.TakeAsync("a", "two"));
        _time.Advance(_third);
        Assert.IsType<LeaseResult.Held>(await _store.TakeAsync("a", "two"));
    }

    [Fact]
    public async Task A_request_that_hangs_does_not_keep_the_holder_from_losing_the_lease()
    {
        var hanging = new TaskCompletionSource<bool>();
        await using var lease = await TakeAsync("one");
        _store.LeasesAreReachable = () => hanging.Task;

        _time.Advance(2 * _third);

        await UntilAsync(() => lease!.Lost.IsCancellationRequested);
        hanging.SetResult(false);
    }

    [Fact]
    public async Task A_store_that_comes_back_in_time_renews_the_lease()
    {
        int asked = 0;
        await using var lease = await TakeAsync("one");
        _store.LeasesAreReachable = () => Task.FromResult(Interlocked.Increment(ref asked) > 3);

        _time.Advance(_third);
        while (asked < 4)
        {
            int before = asked;
            _time.Advance(_duration / 24);
            await UntilAsync(() => asked > before);
        }

        await UntilAsync(() => lease!.Remaining > _third);
        Assert.True(lease!.IsHeld);
    }

    [Fact]
    public async Task Time_is_counted_from_before_the_request_was_sent()
    {
        // The answer takes 5 of the 30 seconds.
        _store.LeasesAreReachable = () =>
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            return Task.FromResult(true);
        };

        await using var lease = await TakeAsync("one");

        Assert.Equal(TimeSpan.FromSeconds(15), lease!.Remaining);
    }

    [Fact]
    public async Task A_lease_that_comes_too_late_is_given_back()
    {
        _store.LeasesAreReachable = () =>
        {
            _time.Advance(2 * _third);
            return Task.FromResult(true);
        };

        Assert.Null(await TakeAsync("one"));
        Assert.IsType<LeaseResult.Held>(await _store.TakeAsync("a", "two"));
    }

    [Fact]
    public async Task A_holder_that_slept_past_the_end_has_lost_and_writes_nothing()
    {
        await using var lease = await TakeAsync("one");
        _store.LeasesAreReachable = () => Task.FromResult(false);
        _time.Advance(_duration);
        _store.LeasesAreReachable = () => Task.FromResult(true);
        await using var second = await TakeAsync("two");

        Assert.False(lease!.IsHeld);
        var result = await _store.CommitAsync(Of(Put("shop/products", "p1", "1")).If(lease.Fence));

        Assert.Equal(new CommitResult.Conflict(lease.Fence, second!.Epoch), result);
    }

    [Fact]
    public async Task A_lease_that_ran_out_unnoticed_is_not_the_same_lease_taken_again()
    {
        await using var lease = await TakeAsync("one");

        // Somebody else ends it, so that the renewal takes it anew.
        await _store.ReleaseLeaseAsync("a", lease!.Epoch, CancellationToken.None);
        _time.Advance(_third);

        await UntilAsync(() => lease.Lost.IsCancellationRequested);
        await UntilAsync(async () => await _store.TakeAsync("a", "two") is LeaseResult.Held);
    }

    [Fact]
    public async Task Who_waits_for_a_lease_gets_it_after_its_holder()
    {
        var first = await TakeAsync("one");
        var waiting = Lease.TakeAsync(_store, "a", "two", _duration, _time, CancellationToken.None).AsTask();
        _time.Advance(_third);
        Assert.False(waiting.IsCompleted);

        await first!.DisposeAsync();
        await UntilAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return waiting.IsCompleted;
        });

        await using var second = await waiting;
        Assert.True(second.Epoch > first.Epoch);
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(2_500)]
    [InlineData(3_601_000)]
    public async Task Other_durations_are_a_mistake(int milliseconds)
    {
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await Lease.TryTakeAsync(
            _store, "a", "one", TimeSpan.FromMilliseconds(milliseconds), _time, CancellationToken.None));
    }

    private ValueTask<Lease?> TakeAsync(string holder) =>
        Lease.TryTakeAsync(_store, "a", holder, _duration, _time, CancellationToken.None);

    private static Task UntilAsync(Func<bool> isSo) => UntilAsync(() => Task.FromResult(isSo()));

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await isSo()) await Task.Delay(TimeSpan.FromMilliseconds(1), patience.Token);
    }
}
