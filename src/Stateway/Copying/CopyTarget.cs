using System.Collections.Immutable;
using Stateway.Store;

namespace Stateway.Copying;

/// <summary>
/// The store that a copy fills: takes entries and deletions in the order given and commits them in transactions that every engine
/// takes. Each holds on to the copy's mark, so that a second copy into the same store ends the first.
/// </summary>
internal sealed class CopyTarget(IStore store, Precondition.AtRevision mark, TimeProvider time)
{
    public const int WritesMax = 100;
    private const int BytesMax = 1 << 20;
    private const int TriesMax = 30;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly ImmutableArray<Write>.Builder _writes = ImmutableArray.CreateBuilder<Write>();
    private long _bytes;

    /// <returns>What went wrong, or null.</returns>
    public async ValueTask<string?> AddAsync(Write write, CancellationToken ct)
    {
        int bytes = write is Write.Put put ? put.Value.Length : 0;
        if (_writes.Count == WritesMax || (_writes.Count > 0 && _bytes + bytes > BytesMax))
        {
            if (await FlushAsync(ct) is { } why) return why;
        }

        _writes.Add(write);
        _bytes += bytes;
        return null;
    }

    public async ValueTask<string?> FlushAsync(CancellationToken ct)
    {
        if (_writes.Count == 0) return null;

        var writes = _writes.ToImmutable();
        _writes.Clear();
        _bytes = 0;
        return await CommitAsync(writes, ct);
    }

    private async Task<string?> CommitAsync(ImmutableArray<Write> writes, CancellationToken ct)
    {
        for (int tries = 1; ; tries++)
        {
            var result = await store.CommitAsync(new([mark], writes), ct);
            switch (result)
            {
                case CommitResult.Committed: return null;

                // A database that restarts is waited for; and what a copy writes twice is the same as once.
                case CommitResult.Unknown or CommitResult.Unavailable when tries < TriesMax:
                    await Task.Delay(Pause, time, ct);
                    continue;

                case CommitResult.TooLarge when writes.Length > 1:
                    int half = writes.Length / 2;
                    return await CommitAsync(writes[..half], ct) ?? await CommitAsync(writes[half..], ct);

                case CommitResult.TooLarge large:
                    return $"{KeyOf(writes[0])} is more than the target takes in one commit ({large.Limit}).";
                case CommitResult.Conflict: return "another copy into the same store has begun.";
                case CommitResult.Full: return "the target's disk is full.";
                case CommitResult.Unavailable unavailable: return $"the target can't be written: {unavailable.Reason}";
                default: return $"the target can't be written: {result}.";
            }
        }
    }

    private static string KeyOf(Write write) => write switch
    {
        Write.Put put => put.Key.ToString(),
        Write.Delete delete => delete.Key.ToString(),
        _ => write.ToString(),
    };
}
