using System.Collections.Immutable;
using System.Globalization;

namespace Stateway.Store.Leases;

/// <summary>
/// Shares work among nodes: it is cut into shards, each of which is a lease, <c>NAME/0</c> to <c>NAME/n-1</c>, and each node
/// holds as many as its share. To learn how many nodes there are, and which of them it is, each sits on the lowest seat
/// that is free, another lease, and moves down when a lower one becomes free.
/// <code>
/// 8 shards   NAME/seat/0  node a   3 shards
///            NAME/seat/1  node b   3 shards
///            NAME/seat/2  node c   2 shards
///            NAME/seat/3  free: there are three nodes
/// </code>
/// There are no more seats than shards; a node without one waits. Nodes may differ for a while over how many they are: then a
/// shard waits for its holder, or a node holds fewer than it might, but no shard is ever held twice.
/// </summary>
public sealed class LeaseShards : IAsyncDisposable
{
    public const int CountMax = 256;

    private readonly IStore _store;
    private readonly string _name;
    private readonly int _count;
    private readonly string _holder;
    private readonly TimeSpan _duration;
    private readonly TimeProvider _time;
    private readonly Func<int, Lease, Task> _work;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;
    private bool _isDisposed;

    // Touched by the rounds alone.
    private readonly List<Shard> _shards = [];
    private Lease? _seat;
    private int _seatNumber;

    private LeaseShards(
        IStore store, string name, int count, string holder, TimeSpan duration, TimeProvider time, Func<int, Lease, Task> work)
    {
        (_store, _name, _count, _holder, _duration, _time, _work) = (store, name, count, holder, duration, time, work);
        _running = Task.Run(RunAsync);
    }

    /// <summary>The shards that this node works on, in order.</summary>
    public ImmutableArray<int> Held { get; private set; } = [];

    /// <summary>Begins to take shards, three times in a duration, until it is disposed.</summary>
    /// <param name="count">Shards, 1 to 256; the same on all nodes.</param>
    /// <param name="holder">Names this node uniquely, a restart of it included.</param>
    /// <param name="duration">As for a <see cref="Lease"/>.</param>
    /// <param name="work">
    /// Called for each shard that is taken; it puts the lease's fence into what it writes, and ends soon after the lease is
    /// lost. When it ends before, or throws, the shard is given back, and may be taken again a round later. What it throws is seen by
    /// nobody else: it is the work that tells of its failures.
    /// </param>
    public static LeaseShards Start(
        IStore store, string name, int count, string holder, TimeSpan duration, TimeProvider time, Func<int, Lease, Task> work)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(count, Math.Clamp(count, 1, CountMax));
        return new(store, name, count, holder, duration, time, work);
    }

    /// <summary>Waits for the work under way, then gives all shards to the other nodes.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, true)) return;

        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                try
                {
                    await RoundAsync(_stopping.Token);
                }
                catch (StoreUnavailableException)
                {
                    // The leases judge themselves; the next round goes on from what is held then.
                }

                await Task.Delay(_duration / 3, _time, _stopping.Token);
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
        }
        finally
        {
            if (_seat is not null) await _seat.DisposeAsync();
            foreach (var shard in _shards) await shard.Lease.LoseAsync(); // all at once
            await GiveUpAsync(_ => true);
        }
    }

    private async Task RoundAsync(CancellationToken ct)
    {
        await GiveUpAsync(shard => shard.Work.IsCompleted);
        await SitDownAsync(ct);
        if (_seat is null)
        {
            await GiveUpAsync(_ => true);
            return;
        }

        if (await CountNodesAsync(ct) is not { } nodes) return;

        // The lower seats hold the ones that are left over, so that all shares together are all shards.
        int share = (_count / nodes) + (_seatNumber < _count % nodes ? 1 : 0);
        int surplus = Math.Max(0, _shards.Count - share);
        var given = _shards.TakeLast(surplus).ToHashSet();
        await GiveUpAsync(given.Contains);
        await TakeAsync(share, first: _seatNumber * _count / nodes, ct);
    }

    /// <summary>On the lowest seat that is free, if it is lower than the one held.</summary>
    private async Task SitDownAsync(CancellationToken ct)
    {
        if (_seat is { IsHeld: false })
        {
            await _seat.DisposeAsync();
            _seat = null;
        }

        for (int number = 0; number < (_seat is null ? _count : _seatNumber); number++)
        {
            if (await Lease.TryTakeAsync(_store, SeatName(number), _holder, _duration, _time, ct) is not { } lower) continue;

            if (_seat is not null) await _seat.DisposeAsync();
            (_seat, _seatNumber) = (lower, number);
            return;
        }
    }

    /// <summary>Those on the seats below, and on the seats above up to the first that is free.</summary>
    /// <returns>Null when the store can't be asked.</returns>
    private async Task<int?> CountNodesAsync(CancellationToken ct)
    {
        for (int number = _seatNumber + 1; number < _count; number++)
        {
            // There is no way to look at a lease without taking it.
            var result = await _store.TakeLeaseAsync(SeatName(number), _holder, _duration, ct);
            if (result is LeaseResult.Taken) continue;
            if (result is not LeaseResult.Held held) return null;

            await _store.ReleaseLeaseAsync(SeatName(number), held.Epoch, ct);
            return number;
        }

        return _count;
    }

    /// <param name="first">Where to begin, so that nodes that start together don't try for the same.</param>
    private async Task TakeAsync(int share, int first, CancellationToken ct)
    {
        for (int i = 0; i < _count && _shards.Count < share; i++)
        {
            int number = (first + i) % _count;
            if (_shards.Exists(shard => shard.Number == number)) continue;

            string name = _name + "/" + number.ToString(CultureInfo.InvariantCulture);
            if (await Lease.TryTakeAsync(_store, name, _holder, _duration, _time, ct) is not { } lease) continue;

            _shards.Add(new(number, lease, WorkAsync(number, lease)));
            Publish();
        }
    }

    private async Task WorkAsync(int number, Lease lease)
    {
        try
        {
            await Task.Run(() => _work(number, lease), CancellationToken.None);
        }
        catch (Exception)
        {
            // One shard's failure is none of the others: its lease goes back with the next round.
        }
    }

    /// <summary>The work ends before the lease does, so that who takes it next finds nobody there.</summary>
    private async Task GiveUpAsync(Predicate<Shard> isGiven)
    {
        foreach (var shard in _shards.FindAll(isGiven))
        {
            _shards.Remove(shard);
            await shard.Lease.LoseAsync();
            try
            {
                await shard.Work;
            }
            finally
            {
                Publish();
                await shard.Lease.DisposeAsync();
            }
        }
    }

    private void Publish() => Held = [.. _shards.Select(shard => shard.Number).Order()];

    private string SeatName(int number) => _name + "/seat/" + number.ToString(CultureInfo.InvariantCulture);

    private sealed record Shard(int Number, Lease Lease, Task Work);
}
