namespace Stateway.Store.Postgres;

/// <summary>
/// Learns of other nodes' commits, from the first time that somebody waits for one: by NOTIFY on a connection of its own, and by
/// looking now and then, in case a hint was lost.
/// </summary>
internal sealed class ChangeListener(
    Database database, RevisionSignal signal, Announcer announcer, TimeSpan pollInterval, Func<CancellationToken, Task<StoreState>> readState)
    : IAsyncDisposable
{
    private static readonly TimeSpan _pauseAfterFailure = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _lock = new();
    private Task? _loop;

    /// <summary>Completes when the revision has passed <paramref name="after"/>.</summary>
    public Task WaitAsync(long after, CancellationToken ct)
    {
        if (signal.Revision > after) return Task.CompletedTask;

        lock (_lock) _loop ??= Task.Run(RunAsync, CancellationToken.None);
        return signal.WaitAsync(after, ct);
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        if (_loop is not null) await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        signal.Release();
        _closing.Dispose();
    }

    private async Task RunAsync()
    {
        int failures = 0;
        while (!_closing.IsCancellationRequested)
        {
            try
            {
                await ListenAsync(() => failures = 0, _closing.Token);
            }
            catch (OperationCanceledException) when (_closing.IsCancellationRequested)
            {
                return;
            }
            catch (Exception)
            {
                // Whatever it was: who waits has nobody else to hear it from. At once on a new connection, then with patience: the
                // server is being restarted, perhaps.
                if (failures++ > 0) await Task.WhenAny(Task.Delay(_pauseAfterFailure, _closing.Token));
            }
        }
    }

    /// <returns>When hints seem to get lost: the connection may be dead without a sign of it.</returns>
    private async Task ListenAsync(Action listening, CancellationToken ct)
    {
        await using var connection = await database.ConnectAsync(ct);
        bool isForeign = true;
        connection.Notification += (_, notification) => isForeign |= notification.PID != announcer.ProcessId;
        await DatabaseForm.ExecuteAsync(connection, $"LISTEN {Announcer.Channel(database)}", ct);

        bool isHint = true;
        while (true)
        {
            // Also after LISTEN: what was committed before it has sent its hint to nobody. The node's own hints tell it nothing: its
            // committer has raised the signal.
            if (isForeign || !isHint)
            {
                isForeign = false;
                long known = signal.Revision;
                long revision = (await readState(ct)).Revision;
                signal.Raise(revision);
                if (!isHint && revision > known) return;
            }

            isHint = await connection.WaitAsync(pollInterval, ct);
            listening(); // not before: what fails again and again at this point needs patience, too
        }
    }
}
