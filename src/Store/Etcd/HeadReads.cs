namespace Stateway.Store.Etcd;

/// <summary>
/// Linearizable reads of the head, shared: while one is on its way, those who ask gather for the next one, which begins
/// after all of them have asked.
/// </summary>
internal sealed class HeadReads(EtcdClient client, EtcdKeys keys)
{
    private readonly Lock _lock = new();
    private TaskCompletionSource<Head>? _next;
    private bool _isRunning;

    /// <summary>The head as it is at a moment after the call.</summary>
    /// <exception cref="EtcdException"/>
    /// <exception cref="TimeoutException"/>
    public Task<Head> ReadAsync(TimeSpan timeout, CancellationToken ct)
    {
        Task<Head> answer;
        lock (_lock)
        {
            _next ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            answer = _next.Task;
            if (!_isRunning)
            {
                _isRunning = true;
                _ = RunAsync();
            }
        }

        return answer.WaitAsync(timeout, ct);
    }

    private async Task RunAsync()
    {
        var body = RequestBody.Range(keys.Head);
        while (true)
        {
            TaskCompletionSource<Head> asked;
            lock (_lock)
            {
                if (_next is not { } next)
                {
                    _isRunning = false;
                    return;
                }

                (asked, _next) = (next, null);
            }

            try
            {
                var range = await client.ReadAsync("/v3/kv/range", body, GatewayJson.ReadRange, CancellationToken.None);
                asked.TrySetResult(Head.Of(range.Pairs));
            }
            catch (Exception e)
            {
                asked.TrySetException(e);
                _ = asked.Task.Exception; // nobody may be waiting any more
            }
        }
    }
}
