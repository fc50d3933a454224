namespace Stateway.Client.Editing;

internal abstract record EditOutcome
{
    private EditOutcome() { } // closed: the three cases below are all there are

    public sealed record Written : EditOutcome;

    public sealed record Unchanged : EditOutcome;

    public sealed record Failed(Failure Failure) : EditOutcome;
}
