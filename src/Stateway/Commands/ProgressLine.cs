using System.Globalization;

namespace Stateway.Commands;

/// <summary>
/// How far a long work is: on a terminal one line that is written over, several times a second; else a plain line
/// every ten seconds, which suits a log.
/// </summary>
internal sealed class ProgressLine(TimeProvider time) : IDisposable
{
    private const int BarCharacters = 24;
    private static readonly TimeSpan TerminalPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LogPause = TimeSpan.FromSeconds(10);

    private readonly bool _isTerminal = !Console.IsErrorRedirected;
    private readonly long _started = time.GetTimestamp();
    private readonly Lock _lock = new();
    private long _shown = time.GetTimestamp();
    private string _what = "";
    private long _whatFrom = time.GetTimestamp();
    private int _width;

    /// <param name="total">0 when it isn't known.</param>
    public void Show(string what, long done, long total)
    {
        lock (_lock)
        {
            if (what != _what) (_what, _whatFrom) = (what, time.GetTimestamp());
            if (time.GetElapsedTime(_shown) < (_isTerminal ? TerminalPause : LogPause)) return;

            _shown = time.GetTimestamp();
            string line = Text(done, total, time.GetElapsedTime(_whatFrom));
            if (_isTerminal) Console.Error.Write("\r" + line.PadRight(_width));
            else Console.Error.WriteLine(line);
            _width = line.Length;
        }
    }

    public TimeSpan Elapsed => time.GetElapsedTime(_started);

    /// <summary>Takes the line away.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_isTerminal && _width > 0) Console.Error.Write("\r" + new string(' ', _width) + "\r");
            _width = 0;
        }
    }

    private string Text(long done, long total, TimeSpan elapsed)
    {
        var culture = CultureInfo.InvariantCulture;
        string rate = elapsed.TotalSeconds < 0.5 ? "" : string.Create(culture, $", {done / elapsed.TotalSeconds:N0}/s");
        if (total <= 0) return string.Create(culture, $"{done:N0} {_what}{rate}");

        double share = Math.Clamp((double)done / total, 0, 1);
        string count = string.Create(culture, $"{share:P0} {done:N0} of {total:N0} {_what}{rate}");
        int full = (int)(share * BarCharacters);
        return _isTerminal ? $"[{new string('#', full)}{new string('.', BarCharacters - full)}] {count}" : count;
    }
}
