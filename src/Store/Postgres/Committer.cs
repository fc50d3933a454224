using Npgsql;

namespace Stateway.Store.Postgres;

/// <summary>
/// This node's one writer: a loop that takes all transactions that wait and commits them as one transaction of the database, in
/// two round trips. The first takes the lock on the counter's row, which makes all nodes commit one after another, and
/// reads what must be known; the second writes and commits. While one batch is under way, the next one gathers by itself.
/// </summary>
internal sealed class Committer
{
    private const int AttemptsMax = 4;
    private static readonly TimeSpan _truthTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _truthPause = TimeSpan.FromMilliseconds(100);

    private readonly Database _database;
    private readonly Catalog _catalog;
    private readonly RevisionSignal _signal;
    private readonly Announcer _announcer;
    private readonly TimeProvider _time;
    private readonly CommitQueue _queue;
    private readonly Task _loop;
    private NpgsqlConnection? _connection;

    public Committer(Database database, PostgresStoreOptions options, Catalog catalog, RevisionSignal signal, Announcer announcer)
    {
        _database = database;
        _catalog = catalog;
        _signal = signal;
        _announcer = announcer;
        _time = options.Time;
        _queue = new(options);
        _loop = Task.Run(RunAsync);
    }

    public int WaitingTransactions => _queue.Count;

    public ValueTask<CommitResult> CommitAsync(PendingCommit commit) =>
        _queue.TryAdd(commit)
            ? new(commit.Task)
            : new(new CommitResult.Unavailable("Too many writes wait for the database."));

    /// <summary>Commits what waits and ends.</summary>
    public async Task CloseAsync()
    {
        _queue.Close();
        await _loop;
    }

    private async Task RunAsync()
    {
        var commits = new List<PendingCommit>();
        while (await _queue.TakeAsync(commits))
        {
            await AnswerAsync(commits);
            commits.Clear();
        }

        await DisconnectAsync();
    }

    private async Task AnswerAsync(IReadOnlyList<PendingCommit> commits)
    {
        try
        {
            var results = await CommitAsync(commits);
            if (results is not null)
            {
                for (int i = 0; i < commits.Count; i++) commits[i].Answer(results[i]);
                return;
            }
        }
        catch (Exception bug)
        {
            await DisconnectAsync();
            foreach (var commit in commits) commit.Fail(bug);
            return;
        }

        // The database refused a value of one of them; alone, only that one fails.
        foreach (var commit in commits) await AnswerAsync([commit]);
    }

    /// <summary>The error policy of a batch: what fails before the commit, fails for all of it; nothing is said twice that may have been done.</summary>
    /// <returns>Null when the transactions shall be tried one by one.</returns>
    private async Task<IReadOnlyList<CommitResult>?> CommitAsync(IReadOnlyList<PendingCommit> commits)
    {
        for (int attempt = 1; ; attempt++)
        {
            var batch = new Batch(commits, _catalog.Current);
            long revision, transactionId;

            bool isOnOldConnection = _connection is not null;
            try
            {
                (var outcome, revision, transactionId) = await CheckAsync(batch);
                if (outcome == Outcome.StaleTables && attempt < AttemptsMax) continue;
                if (outcome == Outcome.Done) return batch.Results;
            }
            catch (NpgsqlException e)
            {
                await DisconnectAsync();

                // The server was restarted since the last batch: nothing has been written yet.
                if (isOnOldConnection && Database.IsBroken(e) && attempt < AttemptsMax) continue;
                return All(commits, Failure(e));
            }

            try
            {
                await WriteAsync(batch, revision);
                return Committed(batch, revision);
            }
            catch (NpgsqlException e) when (Database.IsBroken(e))
            {
                await DisconnectAsync();
                return await FindTruthAsync(batch, transactionId) switch
                {
                    true => Committed(batch, revision),
                    false => All(commits, Failure(e)),
                    null => All(commits, new CommitResult.Unknown(_database.Reason(e))),
                };
            }
            catch (NpgsqlException e)
            {
                await DisconnectAsync();
                return commits.Count > 1 && IsOfAValue(e) ? null : All(commits, Failure(e));
            }
        }
    }

    /// <summary>The first round trip, and the decisions that come of it.</summary>
    private async Task<(Outcome Outcome, long Revision, long TransactionId)> CheckAsync(Batch batch)
    {
        _connection ??= await ConnectAsync();
        long revision, declarations, transactionId;
        await using (var reads = new NpgsqlBatch(_connection))
        {
            reads.BatchCommands.Add(new("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"));
            reads.BatchCommands.Add(new("SELECT revision,declarations,txid_current() FROM meta FOR UPDATE"));
            batch.Reads.AddTo(reads);
            await using var reader = await reads.ExecuteReaderAsync();
            if (!await reader.ReadAsync()) throw new InvalidDataException("The table meta has no row.");

            (revision, declarations, transactionId) = (reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2));
            await reader.NextResultAsync();
            await batch.Reads.TakeAsync(reader);
        }

        if (declarations != _catalog.Current.Declarations)
        {
            await DatabaseForm.ExecuteAsync(_connection, "ROLLBACK", CancellationToken.None);
            await _catalog.ReloadAsync(CancellationToken.None);
            return (Outcome.StaleTables, 0, 0);
        }

        _signal.Raise(revision);
        long after = batch.Apply(revision, _time.GetUtcNow().UtcTicks);
        if (after != revision) return (Outcome.ToWrite, after, transactionId);

        await DatabaseForm.ExecuteAsync(_connection, "ROLLBACK", CancellationToken.None);
        return (Outcome.Done, revision, 0);
    }

    /// <summary>The second round trip.</summary>
    private async Task WriteAsync(Batch batch, long revision)
    {
        await using var writes = new NpgsqlBatch(_connection);
        batch.Writes.AddTo(writes, revision);
        writes.BatchCommands.Add(new("COMMIT"));
        await writes.ExecuteNonQueryAsync();
    }

    private List<CommitResult> Committed(Batch batch, long revision)
    {
        _signal.Raise(revision);
        _announcer.Announce();
        return batch.Results;
    }

    /// <summary>
    /// Whether a batch was committed though nobody said so. First its transaction must have ended. Then its first row in the log tells:
    /// the transaction's number alone would not, as after a crash a number can be given again.
    /// </summary>
    /// <returns>Null when it can't be learnt in time.</returns>
    private async Task<bool?> FindTruthAsync(Batch batch, long transactionId)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(start) < _truthTimeout)
        {
            try
            {
                _connection ??= await ConnectAsync();
                if (!await IsInProgressAsync(_connection, transactionId)) return await IsInLogAsync(_connection, batch);
            }
            catch (NpgsqlException)
            {
                await DisconnectAsync();
            }

            await Task.Delay(_truthPause);
        }

        return null;
    }

    private static async Task<bool> IsInProgressAsync(NpgsqlConnection connection, long transactionId)
    {
        try
        {
            await using var select = new NpgsqlCommand("SELECT txid_status($1)", connection) { Parameters = { Sql.Long(transactionId) } };
            return await select.ExecuteScalarAsync() is "in progress";
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InvalidParameterValue)
        {
            return false; // a number in the future: the server has lost it in a crash
        }
    }

    private static async Task<bool?> IsInLogAsync(NpgsqlConnection connection, Batch batch)
    {
        await using var select = new NpgsqlCommand(
            "SELECT (SELECT compacted FROM meta), (SELECT old_time FROM log WHERE revision=$1 AND n=$2)", connection)
        {
            Parameters = { Sql.Long(batch.Writes.FirstRevision), Sql.Int(BatchWrites.BeginPlace) },
        };
        await using var reader = await select.ExecuteReaderAsync();
        await reader.ReadAsync();
        if (!reader.IsDBNull(1)) return reader.GetInt64(1) == batch.Writes.Id;

        // Where the log has been given up already, it tells nothing.
        return reader.GetInt64(0) >= batch.Writes.FirstRevision ? null : false;
    }

    private async Task<NpgsqlConnection> ConnectAsync()
    {
        var connection = await _database.ConnectAsync(CancellationToken.None);
        try
        {
            // "Committed" means on disk; a stricter setting of the server's owner stays.
            await DatabaseForm.ExecuteAsync(
                connection,
                "SELECT set_config('synchronous_commit','on',false) WHERE current_setting('synchronous_commit')='off'",
                CancellationToken.None);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private async Task DisconnectAsync()
    {
        if (_connection is null) return;
        var connection = _connection;
        _connection = null;
        await connection.DisposeAsync();
    }

    private CommitResult Failure(NpgsqlException e) =>
        e.SqlState == PostgresErrorCodes.DiskFull ? new CommitResult.Full() : new CommitResult.Unavailable(_database.Reason(e));

    private static bool IsOfAValue(NpgsqlException e) =>
        e.SqlState is { } state && (state.StartsWith("22", StringComparison.Ordinal) || state.StartsWith("54", StringComparison.Ordinal));

    private static IReadOnlyList<CommitResult> All(IReadOnlyList<PendingCommit> commits, CommitResult result) =>
        [.. commits.Select(_ => result)];

    private enum Outcome { ToWrite, Done, StaleTables }
}
