namespace Stateway.Model.Apis.Changes;

/// <summary>A kind of change, with its verdict.</summary>
/// <param name="Code">Stable, capitals.</param>
/// <param name="Sent">The verdict where clients send the value; null when the rule is not about what is sent.</param>
/// <param name="Received">The same where clients receive it. Both are the same for a rule that is not about a schema.</param>
/// <param name="Meaning">One or two sentences for the reference.</param>
public sealed record ChangeRule(string Code, ChangeSeverity? Sent, ChangeSeverity? Received, string Meaning)
{
    /// <summary>Whether the rule is about schemas, whose verdict depends on the direction.</summary>
    public bool IsOfSchema { get; init; }

    internal ChangeSeverity For(Direction direction) => (direction == Direction.Sent ? Sent : Received)!.Value;
}

/// <summary>Which way a value goes, as the client sees it.</summary>
internal enum Direction : byte { Sent, Received }
