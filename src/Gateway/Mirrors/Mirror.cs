using System.Threading.Channels;

namespace Stateway.Gateway.Mirrors;

/// <summary>Asks the other deployment. Null when it does not answer; it may also throw for that.</summary>
public delegate ValueTask<MirrorAnswer?> MirrorSend(MirrorCopy copy, CancellationToken ct);

/// <summary>
/// Sends copies of a share of a stage's requests to another deployment, and reports in what its answers differ. The request
/// itself never waits for it: a copy for which there is no room is left out.
/// </summary>
public sealed class Mirror : IAsyncDisposable
{
    private readonly MirrorRules _rules;
    private readonly MirrorSend _send;
    private readonly MirrorReport _report;
    private readonly AnswerComparison _comparison;
    private readonly TimeProvider _time;
    private readonly Channel<MirrorCopy> _copies;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task[] _senders;
    private readonly long _step;
    private long _sum;
    private long _bytes;

    /// <exception cref="ArgumentException">A rule is wrong; says which, and what would be right.</exception>
    public Mirror(MirrorRules rules, MirrorSend send, MirrorReport report, TimeProvider time)
    {
        rules.Validate();
        _rules = rules;
        _send = send;
        _report = report;
        _comparison = new(rules);
        _time = time;
        _step = (long)Math.Round(rules.Percentage * 10_000);
        _copies = Channel.CreateBounded<MirrorCopy>(rules.CopiesMax);
        _senders = [.. Enumerable.Range(0, rules.ConcurrencyMax).Select(_ => Task.Run(SendAllAsync))];
    }

    /// <summary>
    /// Whether this request is one of the share, asked once for each request, before its answer is copied. Of every million
    /// requests exactly so many are, evenly among them.
    /// </summary>
    public bool Wants(string method)
    {
        if (!_rules.Methods.Contains(method)) return false;

        const long Whole = 1_000_000;
        long sum = Interlocked.Add(ref _sum, _step);
        return sum / Whole != (sum - _step) / Whole;
    }

    /// <summary>Takes over a copy, and returns at once.</summary>
    /// <returns>False when there is no room for it.</returns>
    public bool Offer(MirrorCopy copy)
    {
        if (Interlocked.Add(ref _bytes, copy.Bytes) <= _rules.CopiesBytesMax && _copies.Writer.TryWrite(copy)) return true;

        Interlocked.Add(ref _bytes, -copy.Bytes);
        _report.LeaveOut();
        return false;
    }

    private async Task SendAllAsync()
    {
        await foreach (var copy in _copies.Reader.ReadAllAsync())
        {
            if (!_stop.IsCancellationRequested) await SendAsync(copy);
            Interlocked.Add(ref _bytes, -copy.Bytes);
        }
    }

    private async Task SendAsync(MirrorCopy copy)
    {
        using var timeout = new CancellationTokenSource(_rules.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _stop.Token);
        try
        {
            if (await _send(copy, either.Token) is { } answer) _report.Add(copy, _comparison.Run(copy.Answer, answer));
            else _report.MissAnswer();
        }
        catch (Exception) when (!_stop.IsCancellationRequested)
        {
            _report.MissAnswer(); // whatever the other deployment does, it must not end the mirror
        }
        catch (OperationCanceledException)
        {
            // Stopped while it waited: neither an answer nor the want of one.
        }
    }

    /// <summary>Gives up what waits and what runs.</summary>
    public async ValueTask DisposeAsync()
    {
        _copies.Writer.TryComplete();
        await _stop.CancelAsync();
        await Task.WhenAll(_senders);
        _stop.Dispose();
    }
}
