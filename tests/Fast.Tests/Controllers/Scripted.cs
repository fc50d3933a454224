using System.Collections.Concurrent;
using Stateway.Controllers;
using Stateway.Store;

namespace Stateway.Fast.Tests.Controllers;

/// <summary>A reconciler that does what a test says, and notes who called it.</summary>
internal sealed class Scripted(Func<Turn, CancellationToken, ValueTask<Next>> reconcile) : IReconciler
{
    private readonly ConcurrentDictionary<string, int> _runs = [];
    private readonly ConcurrentDictionary<string, int> _running = [];
    private int _overlaps;

    public Scripted(Func<Turn, Next> reconcile) : this((turn, _) => new(reconcile(turn)))
    {
    }

    public Scripted() : this(static _ => Next.Done)
    {
    }

    public string Kind => Cluster.Things;
    public IReadOnlyList<string> Watched { get; init; } = [];
    public IEnumerable<string> Held { get; init; } = [];
    public Func<Key, IEnumerable<string>> Paths { get; init; } = static key => [key.Path];

    /// <summary>How often one path was reconciled twice at once.</summary>
    public int Overlaps => _overlaps;

    /// <summary>The paths that were reconciled, in order.</summary>
    public IEnumerable<string> Seen => _runs.Keys.Order(StringComparer.Ordinal);

    public int RunsOf(string path) => _runs.GetValueOrDefault(path);

    public IEnumerable<string> PathsFor(Key key) => Paths(key);

    public async ValueTask<Next> ReconcileAsync(Turn turn, CancellationToken ct)
    {
        if (_running.AddOrUpdate(turn.Path, 1, static (_, n) => n + 1) > 1) Interlocked.Increment(ref _overlaps);
        try
        {
            return await reconcile(turn, ct);
        }
        finally
        {
            _running.AddOrUpdate(turn.Path, 0, static (_, n) => n - 1);
            _runs.AddOrUpdate(turn.Path, 1, static (_, n) => n + 1);
        }
    }
}
