using System.Diagnostics;

namespace Stateway.Swaps.Bench;

/// <summary>
/// What the stage pointed at, and what each node answered with. A swap is known by its count; times are of <see cref="Stopwatch"/>.
/// </summary>
internal sealed class Swaps(int nodes, int swapsMax)
{
    private readonly long[] _acknowledged = new long[swapsMax];
    private readonly long[][] _firstSeen = [.. Enumerable.Range(0, nodes).Select(_ => new long[swapsMax])];
    private readonly int[] _newest = new int[nodes];
    private int _count;

    public int Count => Volatile.Read(ref _count);

    /// <summary>The next swap is being written.</summary>
    /// <returns>Its count.</returns>
    public int Send()
    {
        int swap = _count;
        Volatile.Write(ref _count, swap + 1);
        return swap;
    }

    public void Acknowledge(int swap) => Volatile.Write(ref _acknowledged[swap], Stopwatch.GetTimestamp());

    /// <summary>The newest swap that a node has shown so far.</summary>
    public int Newest(int node) => Volatile.Read(ref _newest[node]);

    /// <param name="newestThen"><see cref="Newest"/> of the node when the request was sent.</param>
    /// <param name="deployment">That answered.</param>
    /// <returns>Whether that is one it may have been answered by.</returns>
    public bool Judge(int node, int newestThen, int deployment)
    {
        long now = Stopwatch.GetTimestamp();
        int last = Count - 1;
        int swap = last - ((last - deployment) % Document.Deployments + Document.Deployments) % Document.Deployments;
        if (swap < newestThen) return false; // it went back, or is of nothing that was asked for yet

        for (int newest = Newest(node); newest < swap; newest = Newest(node))
        {
            if (Interlocked.CompareExchange(ref _newest[node], swap, newest) != newest) continue;

            // What it shows now came into force with, or after, all before it.
            for (int each = newest + 1; each <= swap; each++) _firstSeen[node][each] = now;
        }

        return true;
    }

    /// <summary>Milliseconds from the acknowledged write until the last node has answered with it or a later one, in order.</summary>
    public double[] UntilLive(int from) =>
    [
        .. Enumerable.Range(from, Count - from).Select(swap => Math.Max(0, _firstSeen.Max(node => node[swap]) - _acknowledged[swap]) * 1e3 / Stopwatch.Frequency).Order(),
    ];
}
