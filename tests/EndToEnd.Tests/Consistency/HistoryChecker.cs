namespace Stateway.EndToEnd.Tests.Consistency;

/// <summary>
/// Decides whether what clients saw can be explained by one store that did one thing after the other, each between its
/// request and its answer (linearizability). Revisions make that cheap: writes are replayed in their order, and every
/// other operation must fit the state at some revision that real time allows.
/// </summary>
/// <remarks>
/// The smallest fitting revision is taken for each, in the order of the requests: whoever asks after an answer must not see
/// less, and a smaller choice never forbids what a larger one allows, so nothing is accused that could be explained.
/// </remarks>
public sealed class HistoryChecker
{
    private readonly IReadOnlyList<Operation> _operations;
    private readonly Dictionary<string, List<PastValue>> _past; // what the store says it has been, by key, ascending
    private readonly Dictionary<string, List<PastValue>> _replayed = [];
    private readonly Dictionary<Operation.Write, long> _revisions = new(ReferenceEqualityComparer.Instance);
    private readonly List<string> _faults = [];

    private HistoryChecker(IReadOnlyList<Operation> operations, IEnumerable<PastValue> past)
    {
        _operations = operations;
        _past = past.GroupBy(p => p.Key).ToDictionary(g => g.Key, g => g.OrderBy(p => p.Revision).ToList());
    }

    /// <param name="past">The whole history of every key, read when all was over.</param>
    /// <returns>What can't be explained; empty when all can.</returns>
    public static IReadOnlyList<string> Check(IReadOnlyList<Operation> operations, IEnumerable<PastValue> past)
    {
        var checker = new HistoryChecker(operations, past);
        checker.SettleAcknowledged();
        checker.SettleLost();
        checker.Replay();
        checker.CompareWithPast();
        checker.CheckRealTime();
        return checker._faults;
    }

    private void SettleAcknowledged()
    {
        foreach (var write in _operations.OfType<Operation.Write>())
        {
            if (write.Outcome is Outcome.Done done) _revisions.Add(write, done.Revision);
        }
    }

    /// <summary>A write without an answer has happened when the history has a value that only it can have made.</summary>
    private void SettleLost()
    {
        var known = _revisions.SelectMany(w => w.Key.Steps.Select(s => (s.Key, w.Value))).ToHashSet();
        var nobodys = _past.Values.SelectMany(p => p).Where(p => !known.Contains((p.Key, p.Revision))).OrderBy(p => p.Revision).ToList();

        // Deletes leave nothing to tell them apart, so they take what is left over: those with a condition before those that fit
        // anywhere. As a lost one has only a lower bound, the first requested takes the first.
        var lost = _operations.OfType<Operation.Write>().Where(w => w.Outcome is Outcome.Lost)
            .OrderBy(w => w.Steps.All(s => s.Verb == Verb.Delete)).ThenByDescending(w => w.Steps.Count).ThenBy(w => w.Steps[0].IfMatch == 0).ThenBy(w => w.Invoked);
        foreach (var write in lost)
        {
            var telling = write.Steps.FirstOrDefault(s => s.Verb != Verb.Delete);
            long named = telling is null ? KnownBefore(write.Invoked) : 0;
            var first = telling is not null ? nobodys.Find(p => Fits(telling, p))
                : nobodys.Find(p => p.Revision > named && write.Steps.All(s => nobodys.Exists(other => other.Revision == p.Revision && Fits(s, other))));
            if (first is null) continue;

            foreach (var step in write.Steps)
            {
                var made = nobodys.Find(p => p.Revision == first.Revision && Fits(step, p));
                if (made is null) _faults.Add($"Torn: of {write} only a part has happened, as {first}.");
                else nobodys.Remove(made);
            }

            _revisions.Add(write, first.Revision);
        }

        bool Fits(Step step, PastValue made) => made.Key == step.Key && step.Made(made.Value) && step.RefusalIn(Before(_past[made.Key], made.Revision)) == 0;
    }

    /// <summary>The largest revision that an answer had named by then.</summary>
    private long KnownBefore(long time) => _operations.Where(o => o.Answered < time).Select(o => o switch
    {
        Operation.Write { Outcome: Outcome.Done done } => done.Revision,
        Operation.List list => list.Revision,
        Operation.Get { Seen: { } seen } => seen.Revision,
        _ => 0,
    }).DefaultIfEmpty().Max();

    private void Replay()
    {
        foreach (var (write, revision) in _revisions.OrderBy(w => w.Value))
        {
            for (int i = 0; i < write.Steps.Count; i++)
            {
                var step = write.Steps[i];
                if (!_replayed.TryGetValue(step.Key, out var versions)) _replayed.Add(step.Key, versions = []);
                var before = versions.LastOrDefault();
                if (before?.Revision == revision) _faults.Add($"Two writes of {step.Key} share a revision: {write}.");
                if (step.RefusalIn(before) is not 0 and int refusal) _faults.Add($"Not allowed: {write} on {before?.ToString() ?? "nothing"} should have been {refusal}.");

                var after = step.ValueAfter(before);
                if (write.Outcome is Outcome.Done done && done.Answers[i] != (step.StatusIn(before), after))
                    _faults.Add($"Wrong answer: {write} on {before?.ToString() ?? "nothing"} makes {(step.StatusIn(before), after)}.");
                versions.Add(new(step.Key, revision, after));
            }
        }
    }

    private void CompareWithPast()
    {
        foreach (string key in _past.Keys.Union(_replayed.Keys).Order(StringComparer.Ordinal))
        {
            var past = _past.GetValueOrDefault(key) ?? [];
            var replayed = _replayed.GetValueOrDefault(key) ?? [];
            foreach (var missing in replayed.Except(past)) _faults.Add($"Lost: the store's history does not have {missing}.");
            foreach (var strange in past.Except(replayed)) _faults.Add($"Written by nobody: {strange}; without an answer and a trace are [{Traceless(key)}].");
        }
    }

    private string Traceless(string key) => string.Join(", ",
        _operations.OfType<Operation.Write>().Where(w => w.Outcome is Outcome.Lost && !_revisions.ContainsKey(w) && w.Steps.Any(s => s.Key == key)));

    private void CheckRealTime()
    {
        var (invoked, smallestFrom) = WritesByInvocation();
        var answers = new PriorityQueue<long, long>(); // revisions, by the time at which somebody knew them
        long low = 0;
        foreach (var operation in _operations.OrderBy(o => o.Invoked))
        {
            while (answers.TryPeek(out long known, out long time) && time < operation.Invoked)
            {
                low = Math.Max(low, known);
                answers.Dequeue();
            }

            // What was asked for only after this answer can't have been seen by it.
            int later = invoked.BinarySearch(operation.Answered);
            later = later < 0 ? ~later : later;
            while (later < invoked.Count && invoked[later] <= operation.Answered) later++;
            long high = later < invoked.Count ? smallestFrom[later] - 1 : long.MaxValue;

            answers.Enqueue(Place(operation, low, high), operation.Answered);
        }
    }

    /// <summary>Times at which writes that happened were requested, and for each the smallest revision of it and all behind it.</summary>
    private (List<long> Invoked, long[] SmallestFrom) WritesByInvocation()
    {
        var writes = _revisions.OrderBy(w => w.Key.Invoked).ToList();
        long[] smallest = new long[writes.Count];
        for (int i = writes.Count - 1; i >= 0; i--) smallest[i] = Math.Min(writes[i].Value, i + 1 < writes.Count ? smallest[i + 1] : long.MaxValue);
        return (writes.ConvertAll(w => w.Key.Invoked), smallest);
    }

    /// <summary>The smallest revision at which the operation may have happened.</summary>
    /// <param name="low">Somebody knew this revision before the request.</param>
    /// <param name="high">The next one was asked for after the answer.</param>
    private long Place(Operation operation, long low, long high)
    {
        switch (operation)
        {
            case Operation.Write { Outcome: Outcome.Refused refused } write:
                return Search(operation, write.Steps.Select(s => s.Key), low, high, p => IsExplained(write, refused, p));

            case Operation.Write write:
                if (!_revisions.TryGetValue(write, out long revision)) return 0;
                if (revision <= low) _faults.Add($"Too early: {write} has revision {revision}, and {low} was known before its request.");
                return revision;

            case Operation.Get get:
                return Search(operation, [get.Key], low, high, p => StateAt(get.Key, p) is { Value: not null } state ? state == get.Seen : get.Seen is null);

            case Operation.List list:
                if (list.Revision < low) _faults.Add($"Stale: {list}, and {low} was known before its request.");
                if (list.Revision > high) _faults.Add($"From the future: {list}, and {high + 1} was not yet asked for.");
                if (!_replayed.Keys.Union(list.Rows.Keys).All(key => StateAt(key, list.Revision)?.Value == list.Rows.GetValueOrDefault(key)))
                    _faults.Add($"Not the state at its revision: {list}; that is {string.Join(", ", _replayed.Keys.Select(key => StateAt(key, list.Revision)))}.");
                return list.Revision;

            default:
                throw new InvalidOperationException(operation.ToString());
        }
    }

    private long Search(Operation operation, IEnumerable<string> keys, long low, long high, Func<long, bool> fits)
    {
        // Between changes of its keys nothing changes for it.
        var candidates = keys.SelectMany(key => _replayed.GetValueOrDefault(key) ?? []).Select(v => v.Revision).Where(r => r > low && r <= high).Order().Prepend(low);
        foreach (long p in candidates)
        {
            if (fits(p)) return p;
        }

        string around = string.Join(", ", keys.SelectMany(key => (_replayed.GetValueOrDefault(key) ?? []).Where(v => v.Revision <= high).TakeLast(4)));
        _faults.Add($"No state from revision {low} to {(high == long.MaxValue ? "the end" : high)} explains {operation}; there was {around}.");
        return low;
    }

    private bool IsExplained(Operation.Write write, Outcome.Refused refused, long p)
    {
        if (refused.Status == 412 && write.Steps is [var only] && (StateAt(only.Key, p) is { Value: not null } state ? state.Revision : null) != refused.Seen) return false;
        return write.Steps.Any(step => step.RefusalIn(StateAt(step.Key, p)) == refused.Status);
    }

    private PastValue? StateAt(string key, long revision) => _replayed.TryGetValue(key, out var versions) ? Before(versions, revision + 1) : null;

    /// <param name="versions">Ascending.</param>
    private static PastValue? Before(List<PastValue> versions, long revision)
    {
        int from = 0, to = versions.Count; // the first that is not before it lies in from..to
        while (from < to)
        {
            int middle = (from + to) / 2;
            if (versions[middle].Revision < revision) from = middle + 1;
            else to = middle;
        }

        return from == 0 ? null : versions[from - 1];
    }
}
