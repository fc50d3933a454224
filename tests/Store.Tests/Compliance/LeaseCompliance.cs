using Xunit;
using static Stateway.Store.Tests.Stores;

namespace Stateway.Store.Tests;

/// <summary>Leases, and the fence that a stale one does not pass. Nothing sleeps: what takes a while is asked for until it happens.</summary>
public abstract class LeaseCompliance<TEngine> : StoreCompliance<TEngine>
    where TEngine : StoreEngine, new()
{
    [Fact]
    public async Task A_lease_has_one_holder()
    {
        long epoch = await HoldAsync("a", "one");

        Assert.Equal(new LeaseResult.Taken("one"), await Store.TakeAsync("a", "two"));
        Assert.Equal(epoch, await HoldAsync("a", "one"));
        Assert.IsType<LeaseResult.Held>(await Store.TakeAsync("b", "two"));
    }

    [Fact]
    public async Task A_renewal_keeps_the_epoch()
    {
        long epoch = await HoldAsync("a", "one");

        for (int i = 0; i < 5; i++) Assert.Equal(epoch, await HoldAsync("a", "one", 3_600 + i));
    }

    [Fact]
    public async Task A_lease_released_can_be_taken_at_once_with_a_higher_epoch()
    {
        long first = await HoldAsync("a", "one");
        await Store.ReleaseLeaseAsync("a", first, CancellationToken.None);
        long second = await HoldAsync("a", "two");
        await Store.ReleaseLeaseAsync("a", second, CancellationToken.None);
        long third = await HoldAsync("a", "two");

        Assert.True(0 < first && first < second && second < third, $"{first}, {second}, {third}");
    }

    [Fact]
    public async Task A_release_of_another_epoch_does_nothing()
    {
        long first = await HoldAsync("a", "one");
        await Store.ReleaseLeaseAsync("a", first, CancellationToken.None);
        long second = await HoldAsync("a", "two");

        await Store.ReleaseLeaseAsync("a", first, CancellationToken.None);
        await Store.ReleaseLeaseAsync("a", second + 1_000, CancellationToken.None);
        await Store.ReleaseLeaseAsync("never taken", first, CancellationToken.None);

        Assert.Equal(new LeaseResult.Taken("two"), await Store.TakeAsync("a", "one"));
    }

    [Fact]
    public async Task The_fence_lets_the_holder_write()
    {
        long epoch = await HoldAsync("a", "one");
        var fenced = Of(Put(Products, "p1", "1")).If(new Precondition.Leased("a", epoch));

        Assert.IsType<CommitResult.Committed>(await Store.CommitAsync(fenced));
        Assert.Equal(epoch, await HoldAsync("a", "one"));
        Assert.IsType<CommitResult.Committed>(await Store.CommitAsync(fenced));
        Assert.Equal("1", (await Store.GetAsync(Products, "p1"))!.Json());
    }

    [Fact]
    public async Task The_fence_refuses_a_lease_that_was_never_taken()
    {
        var fence = new Precondition.Leased("a", 1);

        Assert.Equal(new CommitResult.Conflict(fence, 0), await Store.CommitAsync(Of(Put(Products, "p1", "1")).If(fence)));
        Assert.Null(await Store.GetAsync(Products, "p1"));
    }

    [Fact]
    public async Task A_stale_epoch_commits_nothing()
    {
        long stale = await HoldAsync("a", "one");
        var fence = new Precondition.Leased("a", stale);
        await Store.ReleaseLeaseAsync("a", stale, CancellationToken.None);
        Assert.IsType<CommitResult.Conflict>(await Store.CommitAsync(Of(Put(Products, "p1", "1")).If(fence)));

        long epoch = await HoldAsync("a", "two");

        Assert.Equal(new CommitResult.Conflict(fence, epoch), await Store.CommitAsync(Of(Put(Products, "p1", "1")).If(fence)));
        Assert.Equal(new CommitResult.Conflict(fence, epoch), await Store.CommitAsync(Of().If(fence)));
        Assert.Null(await Store.GetAsync(Products, "p1"));
        Assert.Empty(await Store.LogAsync(Start));
    }

    [Fact]
    public async Task A_lease_that_ran_out_is_taken_over_and_its_holder_is_fenced_off()
    {
        long stale = await HoldAsync("a", "one", 2);
        var fence = new Precondition.Leased("a", stale);
        Assert.IsType<CommitResult.Committed>(await Store.CommitAsync(Of(Put(Products, "p1", "1")).If(fence)));

        long epoch = await TakeOverAsync("a", "two");

        Assert.True(epoch > stale, $"{stale}, then {epoch}");
        Assert.Equal(new CommitResult.Conflict(fence, epoch), await Store.CommitAsync(Of(Put(Products, "p1", "2")).If(fence)));
        Assert.Equal("1", (await Store.GetAsync(Products, "p1"))!.Json());
    }

    [Fact]
    public async Task A_lease_that_ran_out_writes_nothing_though_nobody_took_it()
    {
        var fence = new Precondition.Leased("a", await HoldAsync("a", "one", 2));

        int committed = 0;
        CommitResult result = new CommitResult.Committed(0);
        await UntilAsync(async () =>
        {
            result = await Store.CommitAsync(Of(Put(Products, "p1", $"{++committed}")).If(fence));
            return result is not CommitResult.Committed;
        });

        Assert.Equal(fence, Assert.IsType<CommitResult.Conflict>(result).Precondition);
        Assert.IsType<CommitResult.Conflict>(await Store.CommitAsync(Of(Put(Products, "p1", "0")).If(fence)));
        Assert.Equal($"{committed - 1}", (await Store.GetAsync(Products, "p1"))!.Json());
    }

    [Fact]
    public async Task Who_takes_his_lease_again_after_it_ran_out_has_a_higher_epoch()
    {
        var fence = new Precondition.Leased("a", await HoldAsync("a", "one", 2));
        await UntilAsync(async () => await Store.CommitAsync(Of().If(fence)) is not CommitResult.Committed);

        Assert.True(await HoldAsync("a", "one") > fence.Epoch);
    }

    [Fact]
    public async Task A_renewal_makes_a_lease_last()
    {
        long epoch = await HoldAsync("a", "one", 2);
        await HoldAsync("b", "one", 2);
        Assert.Equal(epoch, await HoldAsync("a", "one", 3_600));

        // The other one, taken later and not renewed, shows that the first would have run out.
        await TakeOverAsync("b", "two");

        Assert.Equal(new LeaseResult.Taken("one"), await Store.TakeAsync("a", "two"));
        Assert.IsType<CommitResult.Committed>(await Store.CommitAsync(Of().If(new Precondition.Leased("a", epoch))));
    }

    [Fact]
    public async Task Two_never_hold_a_lease_at_once()
    {
        await using var other = await JoinAsync();
        int holders = 0;
        var epochs = new System.Collections.Concurrent.ConcurrentQueue<long>();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(holder => Task.Run(async () =>
        {
            var store = holder % 2 == 0 ? Store : other ?? Store;
            for (int i = 0; i < 15; i++)
            {
                if (await store.TakeAsync("a", $"holder {holder}") is not LeaseResult.Held held) continue;

                Assert.Equal(1, Interlocked.Increment(ref holders));
                epochs.Enqueue(held.Epoch);
                await Task.Yield();
                Interlocked.Decrement(ref holders);
                await store.ReleaseLeaseAsync("a", held.Epoch, CancellationToken.None);
            }
        })));

        Assert.NotEmpty(epochs);
        Assert.Equal(epochs.Order().Distinct(), epochs);
    }

    [Fact]
    public async Task Leases_are_no_part_of_the_history()
    {
        long revision = await Store.WriteAsync(Put(Products, "p1", "1"));
        long epoch = await HoldAsync("a", "one");
        await HoldAsync("a", "one");
        await Store.ReleaseLeaseAsync("a", epoch, CancellationToken.None);

        Assert.Empty(await Store.LogAsync(revision));
        Assert.Equal(revision, (await Store.StateAsync()).Revision);
        Assert.Equal(1, (await Store.CheckAsync(null, CancellationToken.None)).Entries);
    }

    [Fact]
    public async Task A_lease_outlives_the_store_that_took_it()
    {
        long epoch = await HoldAsync("a", "one");

        Store = await Engine.ReopenAsync(Store);

        Assert.Equal(new LeaseResult.Taken("one"), await Store.TakeAsync("a", "two"));
        Assert.IsType<CommitResult.Committed>(await Store.CommitAsync(Of(Put(Products, "p1", "1")).If(new Precondition.Leased("a", epoch))));
    }

    private async Task<long> HoldAsync(string name, string holder, int seconds = 3_600) =>
        Assert.IsType<LeaseResult.Held>(await Store.TakeAsync(name, holder, seconds)).Epoch;

    private async Task<long> TakeOverAsync(string name, string holder)
    {
        long epoch = 0;
        await UntilAsync(async () =>
        {
            if (await Store.TakeAsync(name, holder) is LeaseResult.Held held) epoch = held.Epoch;
            return epoch > 0;
        });
        return epoch;
    }
}
