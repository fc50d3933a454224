namespace Stateway.EndToEnd.Tests.Consistency;

/// <summary>What a simulated store does wrong, once in a while.</summary>
public enum Mistake { None, ReadsTheOld, ListsTheOld, IgnoresIfMatch, MergesIntoTheOld, TearsBatches, ForgetsTheAcknowledged, RefusesForNothing, WritesTwice }

/// <summary>Makes histories of concurrent clients without a program: each operation takes effect at one moment between its request and its answer.</summary>
public sealed class SimulatedStore(int seed, Mistake mistake)
{
    private const int Clients = 6, Keys = 3, Before = 15; // how old the old is, in revisions

    private readonly Random _random = new(seed);
    private readonly List<PastValue> _past = [];
    private readonly List<Operation> _operations = [];
    private long _revision = 10;

    public static (IReadOnlyList<Operation> Operations, IReadOnlyList<PastValue> Past) Run(int seed, int count, Mistake mistake)
    {
        var store = new SimulatedStore(seed, mistake);
        var moments = new PriorityQueue<(int Client, long Invoked, long Answered), long>();
        for (int client = 0; client < Clients; client++) store.Plan(moments, client, store._random.Next(20));
        for (int i = 0; i < count; i++)
        {
            var (client, invoked, answered) = moments.Dequeue();
            store.Do(i, invoked, answered);
            store.Plan(moments, client, answered);
        }

        return (store._operations, store._past);
    }

    private void Plan(PriorityQueue<(int, long, long), long> moments, int client, long time)
    {
        long invoked = time + _random.Next(1, 20), effect = invoked + _random.Next(20), answered = effect + _random.Next(20);
        moments.Enqueue((client, invoked, answered), effect);
    }

    private void Do(int number, long invoked, long answered)
    {
        bool errs = _random.Next(8) == 0;
        string key = "k" + _random.Next(Keys);
        switch (_random.Next(10))
        {
            case 0 or 1 or 2:
                var seen = StateAt(key, errs && mistake == Mistake.ReadsTheOld ? _revision - Before : _revision);
                _operations.Add(new Operation.Get(invoked, answered, key, seen?.Value is null ? null : seen));
                break;
            case 3:
                var rows = _past.Select(p => p.Key).Distinct().Select(k => StateAt(k, errs && mistake == Mistake.ListsTheOld ? _revision - Before : _revision));
                _operations.Add(new Operation.List(invoked, answered, _revision, rows.Where(r => r?.Value is not null).ToDictionary(r => r!.Key, r => r!.Value!)));
                break;
            case 4 or 5:
                Write([StepOf(number, key), StepOf(number, "k" + ((key[1] - '0' + 1) % Keys))], invoked, answered, errs);
                break;
            default:
                Write([StepOf(number, key)], invoked, answered, errs);
                break;
        }
    }

    private Step StepOf(int number, string key)
    {
        var value = new Register("v" + number, "n" + number);
        long known = StateAt(key, _revision - _random.Next(4))?.Revision ?? 0;
        return _random.Next(8) switch
        {
            0 => new(Verb.Post, key, value),
            1 => new(Verb.Put, key, value, CreateOnly: true),
            2 => new(Verb.Patch, key, value),
            3 => new(Verb.Patch, key, value, known),
            4 => new(Verb.Delete, key, value, _random.Next(2) == 0 ? known : 0),
            5 => new(Verb.Put, key, value, known),
            _ => new(Verb.Put, key, value),
        };
    }

    private void Write(Step[] steps, long invoked, long answered, bool errs)
    {
        bool isLost = _random.Next(10) == 0;
        if (isLost) answered = long.MaxValue;
        var before = steps.Select(s => StateAt(s.Key, errs && mistake == Mistake.MergesIntoTheOld ? _revision - Before : _revision)).ToList();
        int refusal = errs && mistake == Mistake.IgnoresIfMatch && steps[0].Verb != Verb.Post ? 0
            : steps.Select(s => s.RefusalIn(StateAt(s.Key, _revision))).FirstOrDefault(r => r != 0);
        if (errs && mistake == Mistake.RefusesForNothing && refusal == 0) refusal = 412;

        Outcome outcome = new Outcome.Lost();
        if (refusal != 0)
        {
            var current = StateAt(steps[0].Key, _revision);
            if (!isLost) outcome = new Outcome.Refused(refusal, refusal == 412 && steps.Length == 1 && current?.Value is not null ? current.Revision : null);
        }
        else if (!isLost || _random.Next(2) == 0)
        {
            _revision += _random.Next(1, 3); // others write, too
            if (!isLost) outcome = new Outcome.Done(_revision, [.. steps.Select((s, i) => (s.StatusIn(before[i]), s.ValueAfter(before[i])))]);
            for (int i = 0; i < steps.Length; i++)
            {
                if (errs && mistake == Mistake.ForgetsTheAcknowledged) continue;
                if (errs && i > 0 && mistake == Mistake.TearsBatches) continue;
                _past.Add(new(steps[i].Key, _revision, steps[i].ValueAfter(before[i])));
                if (errs && mistake == Mistake.WritesTwice) _past.Add(new(steps[i].Key, ++_revision, steps[i].ValueAfter(before[i])));
            }
        }

        _operations.Add(new Operation.Write(invoked, answered, steps, outcome));
    }

    private PastValue? StateAt(string key, long revision) => _past.FindLast(p => p.Key == key && p.Revision <= revision);
}
