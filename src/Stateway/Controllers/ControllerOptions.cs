using Stateway.Store.Leases;

namespace Stateway.Controllers;

/// <summary>How one controller runs. The defaults suit one that writes to the store and does nothing slow.</summary>
internal sealed record ControllerOptions
{
    /// <summary>For the log and the lease: one word, <c>canary</c>. All nodes have the same, and no two controllers of a node.</summary>
    public required string Name { get; init; }

    /// <summary>Each node runs it for itself, without a lease, as each has something of its own to make: a routing table.</summary>
    public bool OnEveryNode { get; init; }

    /// <summary>Paths that are reconciled at the same time.</summary>
    public int WorkersMax { get; init; } = 4;

    /// <summary>Of one reconcile.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a reconcile may take to end when it was told to.</summary>
    public TimeSpan EndLimit { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>About how often everything is listed and reconciled though nothing has changed.</summary>
    public TimeSpan Resync { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Others wait for it, and for a third of it, when a node has died. Whole seconds.</summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(7);

    /// <summary>Paths that may wait at once, those that have failed included. What is beyond is found by listing, later.</summary>
    public int PathsMax { get; init; } = 100_000;

    public string LeaseName => "stateway/controllers/" + Name;

    /// <exception cref="ArgumentException">A setting is out of its range.</exception>
    internal void Validate()
    {
        if (Name.Length == 0) throw new ArgumentException("A controller needs a name.");
        if (WorkersMax is < 1 or > 1_000) throw Wrong(nameof(WorkersMax), WorkersMax, "1 to 1,000");
        if (PathsMax < 1) throw Wrong(nameof(PathsMax), PathsMax, "1 or more");
        if (TimeLimit <= TimeSpan.Zero || TimeLimit > TimeSpan.FromDays(1)) throw Wrong(nameof(TimeLimit), TimeLimit, "above zero, up to a day");
        if (EndLimit <= TimeSpan.Zero || EndLimit > TimeSpan.FromDays(1)) throw Wrong(nameof(EndLimit), EndLimit, "above zero, up to a day");
        if (Resync < TimeSpan.FromSeconds(1) || Resync > TimeSpan.FromDays(30)) throw Wrong(nameof(Resync), Resync, "a second to 30 days");
        if (LeaseDuration < Lease.DurationMin || LeaseDuration > Lease.DurationMax || LeaseDuration.Ticks % TimeSpan.TicksPerSecond != 0)
            throw Wrong(nameof(LeaseDuration), LeaseDuration, "whole seconds, 2 to 3,600");
    }

    private ArgumentException Wrong(string name, object value, string right) =>
        new($"{name} of the controller '{Name}' is {value}; it must be {right}.");
}
