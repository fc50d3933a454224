using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace Stateway.Controllers;

/// <summary>
/// Names that wait to be reconciled. Equal names are one; a name that is out is not given out again before it comes back, and
/// one that was added meanwhile waits then. Safe for use by many threads.
/// <code>
///   Add ──▶ Ready ──TryTake──▶ Running ──Finish──▶ gone, or Ready when it was added meanwhile
///             ▲                   ├──Finish, again──▶ Sleeping ─┐
///             ├───────────────────┴──Fail───────────▶ Sleeping ─┤ its time comes, or something changes
///             └─────────────────────────────────────────────────┘
///   Ready is Blocked instead, until the follower has seen the reconciler's own last write of that name.
/// </code>
/// What has changed goes before what was only listed, but for one in <see cref="ListedShare"/>, so that a flood of changes can't keep
/// a listing waiting for ever.
/// </summary>
internal sealed class WorkQueue : IDisposable
{
    public const int ListedShare = 8;

    /// <summary>A listing goes on when fewer of its names than this are ready.</summary>
    public const int ListedAhead = 500;

    /// <summary>How long a change waits, at most, after its name has failed: who has mended it needn't wait for the whole back-off.</summary>
    public static readonly TimeSpan ChangeWaitMax = TimeSpan.FromSeconds(1);

    private readonly int _namesMax;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly long _origin;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, QueuedName> _names = new(StringComparer.Ordinal);
    private readonly LinkedList<QueuedName> _fresh = [];
    private readonly LinkedList<QueuedName> _listed = [];
    private readonly SortedSet<QueuedName> _sleeping = new(Comparer<QueuedName>.Create(static (a, b) => Compare(a.Due, a, b.Due, b)));
    private readonly SortedSet<QueuedName> _unseen = new(Comparer<QueuedName>.Create(static (a, b) => Compare(a.Barrier, a, b.Barrier, b)));
    private readonly SemaphoreSlim _ready = new(0); // at least one permit for each that is ready and that no taker is on the way to
    private readonly ITimer _timer;
    private TaskCompletionSource? _idle;
    private TaskCompletionSource? _room;
    private long _seen;
    private long _numbers;
    private int _taken;
    private int _busy; // ready, blocked or running

    /// <param name="namesMax">Names that may be known at once.</param>
    public WorkQueue(int namesMax, TimeProvider time, Random random)
    {
        (_namesMax, _time, _random) = (namesMax, time, random);
        _origin = time.GetTimestamp();
        _timer = time.CreateTimer(static queue => ((WorkQueue)queue!).Wake(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Names that wait, sleep or run.</summary>
    public int Count
    {
        get { lock (_lock) return _names.Count; }
    }

    private TimeSpan Now => _time.GetElapsedTime(_origin);

    /// <summary>Something has changed.</summary>
    public AddResult Add(string name)
    {
        lock (_lock) return Add_NeedsLock(name, Urgency.Fresh);
    }

    /// <summary>The name's own entry was changed by this commit. If that was its reconciler's own, nothing is new.</summary>
    public AddResult AddChanged(string name, long revision)
    {
        lock (_lock)
        {
            if (_names.TryGetValue(name, out var known))
            {
                if (known.Writes?.Remove(revision) == true) return AddResult.Added;

                if (known.In == QueuedName.Place.Running && (known.Changes?.Count ?? 0) < QueuedName.WritesMax)
                {
                    // Whose it is may be told only later.
                    (known.Changes ??= []).Add(revision);
                    return AddResult.Added;
                }
            }

            return Add_NeedsLock(name, Urgency.Fresh);
        }
    }

    /// <summary>It is there; nothing is known to have changed.</summary>
    public AddResult AddListed(string name)
    {
        lock (_lock) return Add_NeedsLock(name, Urgency.Listed);
    }

    /// <summary>The next name, for the caller alone until it gives it back.</summary>
    public ValueTask<QueuedName> TakeAsync(CancellationToken ct)
    {
        return TryTake(out var name) ? new(name) : WaitAsync();

        async ValueTask<QueuedName> WaitAsync()
        {
            while (true)
            {
                await _ready.WaitAsync(ct);
                if (TakeReady() is { } taken) return taken;
            }
        }
    }

    public bool TryTake([NotNullWhen(true)] out QueuedName? name)
    {
        name = _ready.Wait(0) ? TakeReady() : null;
        return name is not null;
    }

    /// <summary>The reconciler has written, as of this revision. Without effect when the name is not out any more.</summary>
    public void Wrote(QueuedName name, long revision)
    {
        lock (_lock)
        {
            if (name.In != QueuedName.Place.Running) return;

            bool isShown = name.Changes?.Remove(revision) == true;
            if (revision <= _seen) return;

            if (!isShown)
            {
                name.Writes ??= [];
                if (name.Writes.Count == QueuedName.WritesMax) name.Writes.RemoveAt(0);
                name.Writes.Add(revision);
            }

            if (revision <= name.Barrier) return;

            _unseen.Remove(name);
            name.Barrier = revision;
            _unseen.Add(name);
        }
    }

    /// <summary>It is done; the failures before are forgotten.</summary>
    /// <param name="again">When the name is to be taken again if nothing changes; null: not by time.</param>
    /// <returns>How many failures there were in a row.</returns>
    public int Finish(QueuedName name, TimeSpan? again)
    {
        lock (_lock)
        {
            var urgency = Return_NeedsLock(name);
            int failures = name.Failures;
            (name.Failures, name.Error) = (0, null);

            if (urgency != Urgency.None) Queue_NeedsLock(name, urgency);
            else if (again is { } delay) Sleep_NeedsLock(name, Now + delay);
            else Rest_NeedsLock(name);
            TellIdle_NeedsLock();
            return failures;
        }
    }

    /// <summary>It failed: the name is to be taken again after a while.</summary>
    /// <param name="isNews">The error is not the one of the failure before.</param>
    public Failing Fail(QueuedName name, string error, out bool isNews)
    {
        lock (_lock)
        {
            var urgency = Return_NeedsLock(name);
            isNews = name.Error != error;
            name.Error = error;
            name.Failures++;

            var now = Now;
            var delay = BackOff.After(name.Failures, _random);
            name.DueIfChanged = now + (delay < ChangeWaitMax ? delay : ChangeWaitMax);
            Sleep_NeedsLock(name, urgency == Urgency.Fresh ? name.DueIfChanged : now + delay);
            TellIdle_NeedsLock();
            return new(name.Failures, error, name.Due - now);
        }
    }

    /// <summary>The follower has shown everything up to this revision.</summary>
    public void Seen(long revision)
    {
        lock (_lock)
        {
            if (revision <= _seen) return;

            _seen = revision;
            while (_unseen.Min is { } first && first.Barrier <= revision) Unblock_NeedsLock(first);
        }
    }

    /// <summary>
    /// The follower begins anew, behind this revision: what waits for an earlier or a lost one need not wait, and what failed
    /// is tried again now, as it may have been the store that was away.
    /// </summary>
    public void Restart(long revision)
    {
        lock (_lock)
        {
            _seen = revision;
            while (_unseen.Min is { } first) Unblock_NeedsLock(first);
            foreach (var name in _sleeping.Where(name => name.Failures > 0).ToList()) Wake_NeedsLock(name, Urgency.Listed);
        }
    }

    /// <summary>Forgets all names, those that are out excepted, which may come back.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            foreach (var name in _names.Values.ToList())
            {
                if (_unseen.Remove(name)) name.Barrier = 0;
                name.Writes?.Clear();
                name.Changes?.Clear();
                (name.Failures, name.Error) = (0, null);
                if (name.In == QueuedName.Place.Running) name.Urgency = Urgency.None;
                else Forget_NeedsLock(name);
            }
        }
    }

    /// <returns>Null when the name has not failed, or is not known.</returns>
    public Failing? Find(string name)
    {
        lock (_lock)
        {
            return _names.TryGetValue(name, out var known) && known.Error is { } error
                ? new(known.Failures, error, known.In == QueuedName.Place.Sleeping ? known.Due - Now : TimeSpan.Zero)
                : null;
        }
    }

    /// <summary>Completes when fewer than <see cref="ListedAhead"/> listed names are ready, and one more is not refused.</summary>
    public Task RoomAsync(CancellationToken ct)
    {
        lock (_lock)
        {
            if (HasRoom_NeedsLock()) return Task.CompletedTask;

            _room ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            return _room.Task.WaitAsync(ct);
        }
    }

    /// <summary>Completes when no name waits for a taker or is out; some may sleep.</summary>
    public Task IdleAsync(CancellationToken ct)
    {
        lock (_lock)
        {
            if (_busy == 0) return Task.CompletedTask;

            _idle ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            return _idle.Task.WaitAsync(ct);
        }
    }

    public void Dispose() => _timer.Dispose();

    private static int Compare<T>(T a, QueuedName first, T b, QueuedName second) where T : IComparable<T> =>
        a.CompareTo(b) is var order and not 0 ? order : first.Number.CompareTo(second.Number);

    private AddResult Add_NeedsLock(string name, Urgency urgency)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);

        var result = AddResult.Added;
        if (!_names.TryGetValue(name, out var known))
        {
            if (_names.Count >= _namesMax)
            {
                if (!MayDisplace_NeedsLock()) return AddResult.Full;

                Forget_NeedsLock(_sleeping.Max!);
                result = AddResult.Displaced;
            }

            _names.Add(name, known = new(name, _numbers++));
        }

        switch (known.In)
        {
            case QueuedName.Place.Idle:
                Queue_NeedsLock(known, urgency);
                break;

            case QueuedName.Place.Ready when urgency > known.Urgency:
                _listed.Remove(known.Node);
                _fresh.AddLast(known.Node);
                known.Urgency = urgency;
                TellRoom_NeedsLock();
                break;

            case QueuedName.Place.Sleeping when known.Failures == 0:
                Wake_NeedsLock(known, urgency);
                break;

            case QueuedName.Place.Sleeping when urgency == Urgency.Fresh && known.DueIfChanged < known.Due:
                _sleeping.Remove(known);
                Sleep_NeedsLock(known, known.DueIfChanged);
                break;

            case QueuedName.Place.Blocked or QueuedName.Place.Running:
                if (urgency > known.Urgency) known.Urgency = urgency;
                break;
        }

        return result;
    }

    private bool HasRoom_NeedsLock() => _listed.Count < ListedAhead && (_names.Count < _namesMax || MayDisplace_NeedsLock());

    /// <summary>Not one whose barrier would be forgotten.</summary>
    private bool MayDisplace_NeedsLock() => _sleeping.Max is { } last && last.Barrier <= _seen;

    private QueuedName? TakeReady()
    {
        lock (_lock)
        {
            bool isListedsTurn = ++_taken % ListedShare == 0;
            if ((isListedsTurn ? _listed.First ?? _fresh.First : _fresh.First ?? _listed.First) is not { } node) return null;

            var name = node.Value;
            node.List!.Remove(node);
            (name.In, name.Urgency) = (QueuedName.Place.Running, Urgency.None);
            TellRoom_NeedsLock();
            return name;
        }
    }

    /// <returns>As what it has to be taken again.</returns>
    private Urgency Return_NeedsLock(QueuedName name)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        if (name.In != QueuedName.Place.Running) throw new InvalidOperationException($"'{name.Name}' was given back twice.");

        var urgency = name.Changes is { Count: > 0 } ? Urgency.Fresh : name.Urgency;
        name.Changes?.Clear();
        (name.In, name.Urgency) = (QueuedName.Place.Idle, Urgency.None);
        _busy--;
        return urgency;
    }

    /// <summary>From nowhere to where it may be taken.</summary>
    private void Queue_NeedsLock(QueuedName name, Urgency urgency)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread && name.In == QueuedName.Place.Idle);

        _busy++;
        name.Urgency = urgency;
        if (name.Barrier > _seen) name.In = QueuedName.Place.Blocked;
        else Ready_NeedsLock(name);
    }

    private void Ready_NeedsLock(QueuedName name)
    {
        name.In = QueuedName.Place.Ready;
        (name.Urgency == Urgency.Fresh ? _fresh : _listed).AddLast(name.Node);
        _ready.Release();
    }

    private void Sleep_NeedsLock(QueuedName name, TimeSpan due)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);

        (name.In, name.Due) = (QueuedName.Place.Sleeping, due);
        _sleeping.Add(name);
        WakeDue_NeedsLock();
        TellRoom_NeedsLock();
    }

    private void Wake()
    {
        lock (_lock) WakeDue_NeedsLock();
    }

    private void WakeDue_NeedsLock()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);

        var now = Now;
        while (_sleeping.Min is { } first && first.Due <= now) Wake_NeedsLock(first, Urgency.Fresh);

        // A timer counts whole milliseconds: rounded down it would ring too early, and again at once.
        var wait = _sleeping.Min is { } next ? TimeSpan.FromMilliseconds(Math.Ceiling((next.Due - now).TotalMilliseconds)) : Timeout.InfiniteTimeSpan;
        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }

    private void Wake_NeedsLock(QueuedName name, Urgency urgency)
    {
        _sleeping.Remove(name);
        name.In = QueuedName.Place.Idle;
        Queue_NeedsLock(name, urgency);
    }

    private void Unblock_NeedsLock(QueuedName name)
    {
        _unseen.Remove(name);
        name.Barrier = 0;
        name.Writes?.Clear();
        if (name.In == QueuedName.Place.Blocked) Ready_NeedsLock(name);
        else Rest_NeedsLock(name);
    }

    /// <summary>Forgets a name that waits for nothing.</summary>
    private void Rest_NeedsLock(QueuedName name)
    {
        if (name.In == QueuedName.Place.Idle && name.Barrier <= _seen) _names.Remove(name.Name);
        TellRoom_NeedsLock();
    }

    private void Forget_NeedsLock(QueuedName name)
    {
        if (name.In == QueuedName.Place.Sleeping) _sleeping.Remove(name);
        if (name.In is QueuedName.Place.Ready or QueuedName.Place.Blocked) _busy--;
        if (name.In == QueuedName.Place.Ready)
        {
            // Without effect if a taker has the permit already: it will find nothing, and wait again.
            name.Node.List!.Remove(name.Node);
            _ready.Wait(0);
        }

        name.In = QueuedName.Place.Idle;
        _names.Remove(name.Name);
        TellIdle_NeedsLock();
        TellRoom_NeedsLock();
    }

    private void TellIdle_NeedsLock()
    {
        if (_busy > 0) return;

        _idle?.TrySetResult();
        _idle = null;
    }

    private void TellRoom_NeedsLock()
    {
        if (_room is null || !HasRoom_NeedsLock()) return;

        _room.TrySetResult();
        _room = null;
    }
}
