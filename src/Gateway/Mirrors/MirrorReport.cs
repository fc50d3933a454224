using System.Collections.Immutable;

namespace Stateway.Gateway.Mirrors;

/// <summary>
/// What a mirror has found so far: how many answers were alike, in which places others differ, and the last of them whole.
/// Bounded, whatever the answers hold. May be called by several threads.
/// </summary>
public sealed class MirrorReport(TimeProvider time)
{
    private const int PlacesMax = 1_000;
    private const int ExamplesMax = 100;

    private readonly Lock _lock = new(); // off the request path: copies are compared when the answer has gone
    private readonly Dictionary<(string OperationId, string Place), long> _places = [];
    private readonly Queue<MirrorExample> _examples = [];
    private long _alike;
    private long _different;
    private long _unanswered;
    private long _leftOut;

    /// <summary>A copy that there was no room for.</summary>
    public void LeaveOut() => Interlocked.Increment(ref _leftOut);

    /// <summary>A copy that the other deployment did not answer in time, or at all.</summary>
    public void MissAnswer() => Interlocked.Increment(ref _unanswered);

    public void Add(MirrorCopy copy, ImmutableArray<AnswerDifference> differences)
    {
        if (differences.IsEmpty)
        {
            Interlocked.Increment(ref _alike);
            return;
        }

        Interlocked.Increment(ref _different);
        lock (_lock)
        {
            foreach (string place in differences.Select(difference => Gathered(difference.Place)).Distinct(StringComparer.Ordinal))
            {
                var key = (copy.OperationId, place);
                if (_places.TryGetValue(key, out long count)) _places[key] = count + 1;
                else if (_places.Count < PlacesMax) _places.Add(key, 1);
            }

            _examples.Enqueue(new(time.GetUtcNow(), copy.OperationId, copy.Method, copy.Target, differences));
            if (_examples.Count > ExamplesMax) _examples.Dequeue();
        }
    }

    public MirrorFindings Read()
    {
        lock (_lock)
        {
            return new(Interlocked.Read(ref _alike), Interlocked.Read(ref _different), Interlocked.Read(ref _unanswered), Interlocked.Read(ref _leftOut),
                [.. _places.Select(p => new MirrorPlace(p.Key.OperationId, p.Key.Place, p.Value)).OrderByDescending(p => p.Count).ThenBy(p => p.OperationId, StringComparer.Ordinal).ThenBy(p => p.Place, StringComparer.Ordinal)],
                [.. _examples.Reverse()]);
        }
    }

    /// <summary>The same place in every row of a list: <c>body /results/7/price</c> → <c>body /results/*/price</c>.</summary>
    private static string Gathered(string place) =>
        place.StartsWith("body /", StringComparison.Ordinal)
            ? string.Join('/', place.Split('/').Select(name => name.Length > 0 && name.All(char.IsAsciiDigit) ? "*" : name))
            : place;
}

/// <param name="Alike">Copies whose answers say the same.</param>
/// <param name="Different">Copies whose answers don't.</param>
/// <param name="Unanswered">Copies without an answer of the other deployment.</param>
/// <param name="LeftOut">Requests that were not copied for want of room.</param>
/// <param name="Places">Where answers differ, the most frequent first.</param>
/// <param name="Examples">The last that differ, the newest first.</param>
public sealed record MirrorFindings(
    long Alike, long Different, long Unanswered, long LeftOut, ImmutableArray<MirrorPlace> Places, ImmutableArray<MirrorExample> Examples);

public sealed record MirrorPlace(string OperationId, string Place, long Count);

public sealed record MirrorExample(DateTimeOffset Time, string OperationId, string Method, string Target, ImmutableArray<AnswerDifference> Differences);
