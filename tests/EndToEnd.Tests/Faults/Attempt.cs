namespace Stateway.EndToEnd.Tests.Faults;

/// <summary>A write, and what its writer was told of it.</summary>
/// <param name="Ids">What it creates, all or nothing; or the one thing that it changes.</param>
/// <param name="Number">The value written; no two attempts of a writer have the same. A deletion has the number of what it deletes, below zero.</param>
internal sealed record Attempt(AttemptKind Kind, string[] Ids, int Number)
{
    /// <summary>Unknown until there is an answer that says more.</summary>
    public AttemptOutcome Outcome { get; private set; }

    /// <summary>Of the answer; 0 when it was not acknowledged.</summary>
    public long Revision { get; private set; }

    public void Acknowledge(long revision) => (Outcome, Revision) = (AttemptOutcome.Acknowledged, revision);

    public void Refuse() => Outcome = AttemptOutcome.Refused;
}

internal enum AttemptKind
{
    /// <summary>One thing that must not be there.</summary>
    Create,

    /// <summary>Three of those in one batch.</summary>
    Batch,

    /// <summary>Replaces the writer's own counter.</summary>
    Count,

    /// <summary>Deletes the writer's own counter.</summary>
    Delete,
}

internal enum AttemptOutcome
{
    /// <summary>The connection broke, or the answer said so.</summary>
    Unknown,

    Acknowledged,

    /// <summary>Nothing was done.</summary>
    Refused,
}
