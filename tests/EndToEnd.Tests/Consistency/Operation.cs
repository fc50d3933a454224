namespace Stateway.EndToEnd.Tests.Consistency;

/// <summary>A request with its answer, as a client saw them.</summary>
/// <param name="Invoked">Before it was sent, by one monotonic clock for all clients.</param>
/// <param name="Answered">After its answer was read; <see cref="long.MaxValue"/> when there was none.</param>
public abstract record Operation(long Invoked, long Answered)
{
    /// <param name="Seen">Revision and value; null for 404.</param>
    public sealed record Get(long Invoked, long Answered, string Key, PastValue? Seen) : Operation(Invoked, Answered)
    {
        public override string ToString() => $"GET {Key} -> {(Seen is null ? "404" : $"{Seen.Value} @{Seen.Revision}")}";
    }

    /// <param name="Revision">As the answer names it.</param>
    public sealed record List(long Invoked, long Answered, long Revision, IReadOnlyDictionary<string, Register> Rows) : Operation(Invoked, Answered)
    {
        public override string ToString() => $"GET list -> {string.Join(", ", Rows)} @{Revision}";
    }

    /// <param name="Steps">One; several for a batch.</param>
    public sealed record Write(long Invoked, long Answered, IReadOnlyList<Step> Steps, Outcome Outcome) : Operation(Invoked, Answered)
    {
        public override string ToString() => $"{string.Join(" + ", Steps)} -> {Outcome}";
    }
}

/// <summary>What became of a write.</summary>
public abstract record Outcome
{
    private Outcome()
    {
    }

    /// <param name="Answers">Status and value of each step, as answered.</param>
    public sealed record Done(long Revision, IReadOnlyList<(int Status, Register? Value)> Answers) : Outcome
    {
        public override string ToString() => $"@{Revision} {string.Join(", ", Answers)}";
    }

    /// <param name="Seen">The revision in the refusal's ETag; null when it had none.</param>
    public sealed record Refused(int Status, long? Seen) : Outcome;

    /// <summary>The connection broke before the answer: it has happened, it has not, or it still will.</summary>
    public sealed record Lost : Outcome;
}
