using System.Diagnostics;
using System.Security.Cryptography;

namespace Stateway.Store.Etcd;

/// <summary>
/// The one writer of this node: takes all transactions that wait, commits them as one transaction of etcd on the condition
/// that nobody has committed since the snapshot they were checked over, and answers each. Where somebody has, it catches up
/// and checks them again. While one is on its way, the next ones gather.
/// </summary>
internal sealed class Committer
{
    private const int BackOffMillisecondsMax = 40;
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(50);

    private readonly EtcdClient _client;
    private readonly EtcdKeys _keys;
    private readonly StoreIndex _index;
    private readonly IndexFeed _feed;
    private readonly EtcdStoreOptions _options;
    private readonly CommitQueue _queue;
    private readonly List<PendingCommit> _pending = [];
    private readonly Task _running;
    private long? _unreachableSince;
    private int _lostInARow;
    private bool _areChecksNext; // those that were in one batch with writes that were refused
    private int _oneByOne; // rounds with one writing transaction each, after a server that takes less than is usual

    public Committer(EtcdClient client, EtcdKeys keys, StoreIndex index, IndexFeed feed, EtcdStoreOptions options)
    {
        (_client, _keys, _index, _feed, _options) = (client, keys, index, feed, options);
        _queue = new(options);
        _running = Task.Run(RunAsync);
    }

    public ValueTask<CommitResult> CommitAsync(PendingCommit commit) =>
        _queue.TryAdd(commit)
            ? new(commit.Task)
            : new(new CommitResult.Unavailable("Too many writes wait for etcd."));

    /// <summary>Commits what waits and ends.</summary>
    public Task CloseAsync()
    {
        _queue.Close();
        return _running;
    }

    private async Task RunAsync()
    {
        while (await _queue.TakeAsync(_pending))
        {
            try
            {
                await CommitRoundAsync();
            }
            catch (Exception bug)
            {
                foreach (var commit in _pending) commit.Fail(bug);
            }

            _pending.RemoveAll(commit => commit.IsAnswered);
        }
    }

    private async Task CommitRoundAsync()
    {
        foreach (var commit in _pending)
        {
            if (commit.Age > _options.RaceTimeout)
                commit.Answer(new CommitResult.Unavailable("Commits of other nodes came first for too long, or etcd could not be reached."));
        }

        int writersMax = _areChecksNext ? 0 : _oneByOne > 0 ? 1 : int.MaxValue;
        if (_oneByOne > 0 && !_areChecksNext) _oneByOne--;
        _areChecksNext = false;
        var plan = BatchPlan.Of(_index.Current, _pending, writersMax, _keys, _options);
        if (!plan.IsEmpty) await CommitAsync(plan);
    }

    /// <summary>Sends the plan until it is known what became of it. Sending it twice does no harm: its condition holds once.</summary>
    private async Task CommitAsync(BatchPlan plan)
    {
        var body = plan.WriteBody();
        long start = Stopwatch.GetTimestamp();
        bool maySucceed = false; // one that was sent before may have come through, or still come
        while (true)
        {
            string reason;
            try
            {
                var answer = await _client.SendAsync("/v3/kv/txn", body, GatewayJson.ReadTxn, _options.ReachTimeout, CancellationToken.None);
                _unreachableSince = null;
                if (answer.Succeeded) Finish(plan, plan.Writers.Count > 0 ? answer.Revision : plan.Revision);
                else await LearnAsync(plan, answer, maySucceed);
                return;
            }
            catch (EtcdException e) when (e.Failure is EtcdFailure.Broken or EtcdFailure.Unreachable)
            {
                _unreachableSince ??= start;
                maySucceed |= e.Failure == EtcdFailure.Broken && plan.Writers.Count > 0;
                reason = e.Message;
            }
            catch (EtcdException e)
            {
                _unreachableSince = null;
                if (e.Failure == EtcdFailure.TooLarge && !maySucceed && plan.Writers.Count > 1) _oneByOne = plan.Writers.Count;
                else if (e.Failure == EtcdFailure.Full && plan.Writers.Count > 0) await LearnFullAsync(plan);
                else Refuse(plan, e, maySucceed);
                return;
            }

            // Those who come while etcd is away wait no longer than those who were there when it went.
            var since = maySucceed ? start : _unreachableSince ?? start;
            if (Stopwatch.GetElapsedTime(since) > _options.ReachTimeout)
            {
                Refuse(plan, maySucceed ? new CommitResult.Unknown(reason) : new CommitResult.Unavailable(reason), reason);
                return;
            }

            await Task.Delay(_pause);
        }
    }

    /// <summary>The condition did not hold. What is not answered here is checked again.</summary>
    private async Task LearnAsync(BatchPlan plan, TxnAnswer answer, bool maySucceed)
    {
        var head = Head.Of(answer.Ranges[0].Pairs);
        if (head.Revision == plan.Revision)
        {
            RefuseLeases(plan, answer);
            return;
        }

        bool? isDone = await TryFinishAsync(plan, head);
        if (isDone == true) return;

        // Planned again only when it surely was not done: what lies between etcd and here may have sent it twice as well.
        if (isDone is null && plan.Writers.Count > 0 && (maySucceed || !_index.ReachesBackTo(plan.Revision)))
        {
            const string reason = "Others came first, or the connection broke, and what has been committed since does not tell what became of it.";
            Refuse(plan, new CommitResult.Unknown(reason), reason);
            return;
        }

        // Nodes that lose together shall not begin again together.
        int most = Math.Min(2 << Math.Min(_lostInARow++, 5), BackOffMillisecondsMax);
        if (_lostInARow > 1) await Task.Delay(RandomNumberGenerator.GetInt32(most));
    }

    /// <summary>
    /// The transaction that etcd's database becomes full with is done and yet refused; the ones behind it are not done. So
    /// the head is asked.
    /// </summary>
    private async Task LearnFullAsync(BatchPlan plan)
    {
        try
        {
            var range = await _client.ReadAsync("/v3/kv/range", RequestBody.Range(_keys.Head), GatewayJson.ReadRange, CancellationToken.None);
            bool? isDone = await TryFinishAsync(plan, Head.Of(range.Pairs));
            if (isDone == true) return;

            const string reason = "etcd is full, and what has been committed since does not tell what became of it.";
            Refuse(plan, isDone is null ? new CommitResult.Unknown(reason) : new CommitResult.Full(), reason);
        }
        catch (EtcdException e)
        {
            Refuse(plan, new CommitResult.Unknown(e.Message), e.Message);
        }
    }

    /// <summary>Looks for the plan's commit: it can only be the first one behind the plan's revision.</summary>
    /// <param name="head">Read since the plan was sent.</param>
    /// <returns>True when it was found and is answered; null when it can't be learnt.</returns>
    private async Task<bool?> TryFinishAsync(BatchPlan plan, Head head)
    {
        if (head.Revision == plan.Revision) return false;
        if (head.Revision > 0 && head.Id == plan.Id)
        {
            Finish(plan, head.Revision); // the answer to it was lost
            return true;
        }

        _feed.NoticeHead(head, plan.Revision);
        bool isThere = await _feed.ReachAsync(head.Revision, _options.ReachTimeout, CancellationToken.None) is not null;
        if (_index.FirstCommitAfter(plan.Revision) is not { } first) return null;
        if (first.Id != plan.Id) return isThere ? false : null;

        Finish(plan, first.Revision);
        return true;
    }

    private void Finish(BatchPlan plan, long revision)
    {
        _lostInARow = 0;

        // The index first: who has been answered may read.
        if (plan.Writers.Count > 0) _index.Apply(revision, null, plan.Id, plan.Time, plan.ChangesAt(revision));
        foreach (var commit in plan.Writers) commit.Answer(new CommitResult.Committed(revision));
        foreach (var commit in plan.Checks) commit.Answer(new CommitResult.Committed(plan.Revision));
        foreach (var (commit, conflict) in plan.Conflicts) commit.Answer(conflict);
    }

    private static void RefuseLeases(BatchPlan plan, TxnAnswer answer)
    {
        var actual = new Dictionary<string, long>(StringComparer.Ordinal);
        int i = 1; // the first one is the head
        foreach (string lease in plan.Leases.Keys)
        {
            var pairs = answer.Ranges[i++].Pairs;
            actual[lease] = pairs.Count == 0 ? 0 : pairs[0].CreateRevision;
        }

        foreach (var commit in (IEnumerable<PendingCommit>)[.. plan.Writers, .. plan.Checks])
        {
            foreach (var precondition in commit.Transaction.Preconditions)
            {
                if (precondition is not Precondition.Leased leased) continue;
                long epoch = actual.GetValueOrDefault(leased.Lease);
                if (epoch == leased.Epoch && epoch > 0) continue;

                commit.Answer(new CommitResult.Conflict(leased, epoch));
                break;
            }
        }
    }

    private void Refuse(BatchPlan plan, EtcdException e, bool maySucceed)
    {
        CommitResult result = e.Failure switch
        {
            _ when maySucceed => new CommitResult.Unknown(e.Message),
            EtcdFailure.TooLarge => new CommitResult.TooLarge("what this etcd takes in one transaction"),
            _ => new CommitResult.Unavailable(e.Message),
        };
        Refuse(plan, result, e.Message);
    }

    /// <summary>Whether the others conflict is not known either, as the condition was not looked at.</summary>
    private void Refuse(BatchPlan plan, CommitResult writers, string reason)
    {
        foreach (var commit in plan.Writers) commit.Answer(writers);
        if (plan.Writers.Count > 0 && writers is CommitResult.Full or CommitResult.TooLarge)
        {
            _areChecksNext = true;
            return;
        }

        foreach (var commit in plan.Checks) commit.Answer(new CommitResult.Unavailable(reason));
        foreach (var (commit, _) in plan.Conflicts) commit.Answer(new CommitResult.Unavailable(reason));
    }
}
