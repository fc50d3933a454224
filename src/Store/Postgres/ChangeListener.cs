using Npgsql;

namespace Stateway.Store.Postgres;

/// <summary>
/// Learns of other nodes' commits, from the first time that somebody waits for one: by NOTIFY on a connection of its own, and by
/// looking once a second, in case a hint was lost.
/// </summary>
internal sealed class ChangeListener(
    Database database, RevisionSignal signal, Announcer announcer, Func<CancellationToken, Task<StoreState>> readState) : IAsyncDisposable
{
    private const int PollMilliseconds = 1_000;

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
        if (_loop is not null) await _loop;
        signal.Release();
        _closing.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_closing.IsCancellationRequested)
        {
            try
            {
                await ListenAsync(_closing.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception e) when (e is NpgsqlException or StoreUnavailableException)
            {
                // The server is being restarted, perhaps.
                await Task.WhenAny(Task.Delay(PollMilliseconds, _closing.Token));
            }
        }
    }

    private async Task ListenAsync(CancellationToken ct)
    {
        await using var connection = await database.ConnectAsync(ct);
        bool isForeign = true;
        connection.Notification += (_, notification) => isForeign |= notification.PID != announcer.ProcessId;
        await DatabaseForm.ExecuteAsync(connection, $"LISTEN {Announcer.Channel(database)}", ct);

        bool isHint = true;
        while (true)
        {
            // Also after LISTEN: what was committed before it has sent its hint to nobody. The node's own hints tell it nothing; while they
            // come, its committer learns of the others' commits anyhow.
            if (isForeign || !isHint)
            {
                isForeign = false;
                signal.Raise((await readState(ct)).Revision);
            }

            isHint = await connection.WaitAsync(PollMilliseconds, ct);
        }
    }
}
