namespace Stateway.Controllers;

/// <summary>
/// What the queue knows of one name: it is touched under the queue's lock alone. <see cref="Failures"/> may be read while the
/// name is out, as it counts when the name comes back.
/// </summary>
internal sealed class QueuedName
{
    /// <summary>Own writes that are remembered until the follower has shown them; a turn seldom makes more than two.</summary>
    public const int WritesMax = 16;

    public QueuedName(string name, long number)
    {
        (Name, Number) = (name, number);
        Node = new(this);
    }

    public enum Place
    {
        /// <summary>Waits for nothing; known only until its own write has been seen.</summary>
        Idle,

        /// <summary>May be taken.</summary>
        Ready,

        /// <summary>May be taken at <see cref="Due"/>.</summary>
        Sleeping,

        /// <summary>May be taken when the follower has come to <see cref="Barrier"/>.</summary>
        Blocked,

        /// <summary>Has been taken, and not been given back.</summary>
        Running,
    }

    public string Name { get; }

    /// <summary>Tells names apart that have one time, or one barrier.</summary>
    public long Number { get; }

    /// <summary>In a row, up to now.</summary>
    public int Failures { get; set; }

    /// <summary>Of the last failure.</summary>
    public string? Error { get; set; }

    public Place In { get; set; }

    /// <summary>As what it waits; while it runs: as what it has to run again.</summary>
    public Urgency Urgency { get; set; }

    /// <summary>By the queue's clock.</summary>
    public TimeSpan Due { get; set; }

    /// <summary>After a failure: not before this, whatever changes.</summary>
    public TimeSpan DueIfChanged { get; set; }

    /// <summary>The revision of its reconciler's last write.</summary>
    public long Barrier { get; set; }

    /// <summary>Its reconciler's writes that the follower has not shown yet.</summary>
    public List<long>? Writes { get; set; }

    /// <summary>Changes of its own entry that came while it ran, and are perhaps its reconciler's own.</summary>
    public List<long>? Changes { get; set; }

    /// <summary>Its place among those that are ready; made once.</summary>
    public LinkedListNode<QueuedName> Node { get; }
}
