using System.Collections.Immutable;
using System.Diagnostics;

namespace Stateway.Store.Staging;

/// <summary>
/// A change that is being put together: transactions are committed to it one after another, each sees what those before it
/// have written, and <see cref="SealAsync"/> commits all of them as one transaction on what lies below. Who never seals has only tried.
/// <code>
/// below:  p1 (revision 7)
/// commit  if p1 at 7: put p1 → staged p1 (revision -1)       remembered: p1 at 7
/// commit  if p1 at -1: put p2 referring to p1 → p2 (-2)      remembered: nothing, p1 was checked here
/// seal    if p1 at 7: put p1, put p2
/// </code>
/// Not for several threads at once.
/// </summary>
/// <param name="resources">What lies below. Read and checked while staging; changed by sealing alone.</param>
/// <param name="collections">Those whose uniqueness is checked among staged entries, or that are queried, by name.</param>
public sealed class StagedResources(IResources resources, IReadOnlyDictionary<string, CollectionSpec> collections) : IResources
{
    /// <summary>Bytes of values that are staged.</summary>
    public const int BytesMax = 16 << 20;

    private readonly StagedEntries _entries = new();
    private readonly HashSet<Precondition> _known = [];
    private readonly List<Precondition> _preconditions = []; // of what lies below, in the order they were made
    private long _bytes;
    private long _transactions;

    /// <summary>
    /// Whether a revision is that of a staged entry: negative, so that no entity tag can name it. It never leaves.
    /// </summary>
    public static bool IsStaged(long revision) => revision < 0;

    public ValueTask<Entry?> GetAsync(Key key, CancellationToken ct) =>
        _entries.TryFind(key, out var staged) ? new(staged) : resources.GetAsync(key, ct);

    /// <summary>Where nothing is staged it is the query below; else everything that matches is read and put in order here.</summary>
    public ValueTask<QueryResult> QueryAsync(Query query, CancellationToken ct) =>
        query.Revision is null && _entries.Touches(query.Collection)
            ? new StagedQuery(_entries, collections.GetValueOrDefault(query.Collection)).RunAsync(query, resources, ct)
            : resources.QueryAsync(query, ct);

    /// <inheritdoc/>
    /// <remarks>
    /// <see cref="CommitResult.Committed"/> means that it is staged. What is not staged is checked now, and again when sealing.
    /// All paths of a collection are equally long, in ids, so that nothing staged lies below another of its collection.
    /// </remarks>
    public async ValueTask<CommitResult> CommitAsync(Transaction transaction, CancellationToken ct)
    {
        var below = new List<(Precondition Asked, Precondition Checked)>();
        var failed = CheckStaged(transaction.Preconditions, below);

        // Also when one here has failed: of several that fail the first is told, wherever it was checked.
        if (await CheckBelowAsync(below, ct) is { } refused) return refused;
        if (failed is not null) return failed;

        long bytes = _bytes;
        foreach (var write in transaction.Writes)
        {
            if (write is not Write.Put put) continue;
            StoreLimits.Check(put);
            bytes += put.Value.Length;
        }

        if (bytes > BytesMax) return new CommitResult.TooLarge($"{BytesMax >> 20} MB of values");

        _bytes = bytes;
        foreach (var (_, precondition) in below) Remember(precondition);
        if (transaction.Writes.IsEmpty) return new CommitResult.Committed(-_transactions);

        _transactions++;
        foreach (var write in transaction.Writes) _entries.Apply(write, -_transactions);
        return new CommitResult.Committed(-_transactions);
    }

    /// <summary>
    /// Commits everything that was staged, all or nothing. A conflict means that somebody has changed what lies below in the
    /// meantime: then the whole is to be staged anew.
    /// </summary>
    public ValueTask<CommitResult> SealAsync(CancellationToken ct) =>
        resources.CommitAsync(new([.. _preconditions], _entries.ToWrites()), ct);

    /// <returns>The first that fails among what is staged; <paramref name="below"/> has those before it that are about the rest.</returns>
    private CommitResult.Conflict? CheckStaged(ImmutableArray<Precondition> preconditions, List<(Precondition Asked, Precondition Checked)> below)
    {
        foreach (var precondition in preconditions)
        {
            switch (precondition)
            {
                case Precondition.AtRevision at when _entries.TryFind(at.Key, out var staged):
                    if ((staged?.Revision ?? 0) != at.Revision) return new(at, staged?.Revision ?? 0);
                    break;

                case Precondition.Exists exists when _entries.TryFind(exists.Key, out var staged):
                    if (staged is null) return new(exists, 0);
                    break;

                case Precondition.NoneWith none when _entries.Touches(none.Collection):
                    if (_entries.HasWith(none, FieldOf(none))) return new(none, 0);
                    below.Add((none, none with { Except = [.. none.Except, .. _entries.PathsOf(none.Collection)] }));
                    break;

                default:
                    below.Add((precondition, precondition));
                    break;
            }
        }

        return null;
    }

    private async ValueTask<CommitResult?> CheckBelowAsync(List<(Precondition Asked, Precondition Checked)> below, CancellationToken ct)
    {
        if (below.Count == 0) return null;

        var result = await resources.CommitAsync(new([.. below.Select(pair => pair.Checked)], []), ct);
        return result switch
        {
            CommitResult.Committed => null,
            CommitResult.Conflict conflict => conflict with { Precondition = below.FirstOrDefault(pair => pair.Checked.Equals(conflict.Precondition)).Asked ?? conflict.Precondition },
            _ => result,
        };
    }

    private void Remember(Precondition precondition)
    {
        if (_known.Add(precondition)) _preconditions.Add(precondition);
    }

    /// <summary>Null when it is not indexed: then what lies below says so.</summary>
    private IndexedField? FieldOf(Precondition.NoneWith none)
    {
        Debug.Assert(collections.ContainsKey(none.Collection), $"{none.Collection} is not among the collections that were handed in.");
        return collections.GetValueOrDefault(none.Collection)?.Fields.FirstOrDefault(field => field.Name == none.Field);
    }
}
