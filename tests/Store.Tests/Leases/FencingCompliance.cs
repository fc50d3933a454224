using System.Text.Json;
using Xunit;
using static Stateway.Store.Tests.Stores;

namespace Stateway.Store.Tests.Leases;

/// <summary>What a process does that is stopped for longer than its lease lasts, and goes on.</summary>
public abstract class FencingCompliance<TEngine> : StoreCompliance<TEngine>
    where TEngine : StoreEngine, new()
{
    private const int Seconds = 2;

    [Fact]
    public async Task A_holder_stopped_past_the_end_of_its_lease_writes_nothing_when_it_goes_on()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "It takes signals.");
        string[]? engine = Engine.ArgumentsFor(Store);
        Assert.SkipWhen(engine is null, "No other process can open it.");
        using var patience = new CancellationTokenSource(Patience);

        // Wherever in a commit the holder is when it is stopped.
        for (int round = 0; round < 3; round++)
        {
            await using var holder = HolderProcess.Start("a", Seconds, Products, engine!);
            long stale = await holder.HeldAsync(patience.Token);
            await holder.WroteAsync(20 + round, patience.Token);

            holder.Stop();
            long epoch = 0;
            await UntilAsync(async () =>
            {
                if (await Store.TakeAsync("a", "taker") is LeaseResult.Held held) epoch = held.Epoch;
                return epoch > 0;
            });

            // The new holder can write while the old one is stopped in the middle of something.
            var fence = new Precondition.Leased("a", epoch);
            var writes = new List<long>();
            for (int i = 0; i < 5; i++)
            {
                var result = await Store.CommitAsync(Of(Put(Items, "o1/i1", $"{i}")).If(fence)).AsTask().WaitAsync(patience.Token);
                writes.Add(Assert.IsType<CommitResult.Committed>(result).Revision);
            }

            holder.Continue();
            Assert.Equal(epoch, await holder.RefusedAsync(patience.Token));
            writes.Add(await Store.WriteAsync(Put(Items, "o1/i2", "0")));

            Assert.True(epoch > stale, $"{stale}, then {epoch}");
            Assert.Equal(writes[1..], (await Store.LogAsync(writes[0])).Select(commit => commit.Revision));

            // Everything acknowledged is there, in its place; at most the write under way when it was stopped was not acknowledged.
            var committed = (await Store.LogAsync(Start))
                .SelectMany(commit => commit.Changes.Select(change => (commit.Revision, change.After!.Value)))
                .Select(change => (Written: Read(change.Value.Span), change.Revision))
                .Where(change => change.Written.Epoch == stale)
                .Select(change => (change.Written.Write, change.Revision))
                .ToList();
            Assert.Equal(holder.Written, committed.Take(holder.Written.Count));
            Assert.InRange(committed.Count - holder.Written.Count, 0, 1);
            await Store.ReleaseLeaseAsync("a", epoch, CancellationToken.None);
        }
    }

    private static (long Epoch, int Write) Read(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        using var document = JsonDocument.ParseValue(ref reader);
        return document.RootElement is { ValueKind: JsonValueKind.Object } written
            ? (written.GetProperty("epoch").GetInt64(), written.GetProperty("write").GetInt32())
            : default;
    }
}
