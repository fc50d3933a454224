using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace Stateway.Store.Tests.Leases;

/// <summary>A LeaseHolder, that can be stopped and let go on. Killed, at the latest, when disposed.</summary>
internal sealed class HolderProcess : IAsyncDisposable
{
    private const int StopSignal = 19; // of Linux, on x64 and ARM
    private const int ContinueSignal = 18;

    private readonly Process _process;
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();

    private HolderProcess(Process process) => _process = process;

    /// <summary>The writes that it was told are committed, as far as they were read: number and revision.</summary>
    public List<(int Write, long Revision)> Written { get; } = [];

    public static HolderProcess Start(string lease, int seconds, string collection, string[] engine)
    {
        string file = Path.Combine(AppContext.BaseDirectory, "Stateway.LeaseHolder");
        var start = new ProcessStartInfo(file, [lease, seconds.ToString(CultureInfo.InvariantCulture), collection, .. engine])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
        };
        var holder = new HolderProcess(new() { StartInfo = start });
        holder._process.OutputDataReceived += (_, e) => holder.Hear(e.Data);
        holder._process.ErrorDataReceived += (_, e) => Console.Error.WriteLine(e.Data);
        holder._process.Start();
        holder._process.BeginOutputReadLine();
        holder._process.BeginErrorReadLine();
        return holder;
    }

    /// <returns>The epoch.</returns>
    public async Task<long> HeldAsync(CancellationToken ct) => Number(await ReadAsync("held", ct), 1);

    public async Task WroteAsync(int writes, CancellationToken ct)
    {
        while (Written.Count < writes) Add(await ReadAsync("wrote", ct));
    }

    /// <summary>Reads to the end.</summary>
    /// <returns>The epoch there was when it was refused.</returns>
    public async Task<long> RefusedAsync(CancellationToken ct)
    {
        while (true)
        {
            string line = await _lines.Reader.ReadAsync(ct);
            if (line.StartsWith("refused", StringComparison.Ordinal)) return Number(line, 1);

            Add(line);
        }
    }

    public void Stop() => Signal(StopSignal);

    public void Continue() => Signal(ContinueSignal);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void Hear(string? line)
    {
        if (line is null) _lines.Writer.Complete(new EndOfStreamException("The holder has ended."));
        else _lines.Writer.TryWrite(line);
    }

    private async Task<string> ReadAsync(string word, CancellationToken ct)
    {
        string line = await _lines.Reader.ReadAsync(ct);
        return line.StartsWith(word + " ", StringComparison.Ordinal) ? line : throw new InvalidDataException($"The holder says: {line}");
    }

    private void Add(string line) => Written.Add(((int)Number(line, 1), Number(line, 2)));

    private static long Number(string line, int word) => long.Parse(line.Split(' ')[word], CultureInfo.InvariantCulture);

    private void Signal(int signal)
    {
        if (Kill(_process.Id, signal) != 0) throw new InvalidOperationException($"kill: error {Marshal.GetLastPInvokeError()}");
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int Kill(int process, int signal);
}
