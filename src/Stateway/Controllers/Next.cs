namespace Stateway.Controllers;

/// <summary>When a path is to be reconciled again, if nothing changes before.</summary>
internal readonly record struct Next
{
    public static readonly TimeSpan AgainMax = TimeSpan.FromDays(1);

    private Next(TimeSpan? delay, string? failure) => (Delay, Failure) = (delay, failure);

    /// <summary>Not before something changes, or the next listing.</summary>
    public static Next Done => default;

    /// <summary>Null: not by time.</summary>
    public TimeSpan? Delay { get; }

    /// <summary>Why it could not be done; null: it is done.</summary>
    public string? Failure { get; }

    /// <summary>After a while, or before if something changes. It holds until the next run begins, which says its own.</summary>
    /// <param name="after">0 to <see cref="AgainMax"/>.</param>
    public static Next Again(TimeSpan after)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(after, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(after, AgainMax);
        return new(after, null);
    }

    /// <summary>It could not be done now, as may happen: tried again with exponential back-off, and logged when the reason is another than before.</summary>
    public static Next Failed(string reason) => new(null, reason);
}
