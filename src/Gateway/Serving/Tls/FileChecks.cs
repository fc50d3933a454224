using Microsoft.Extensions.Logging;

namespace Stateway.Gateway.Serving.Tls;

/// <summary>
/// Has files looked at again: all of them now and then, and those of a folder soon after the system tells a change in it.
/// The second is for speed, the first for what it misses: files that are links into other folders, network drives, folders
/// beyond the number that is watched. One for a program; checks run one after another.
/// </summary>
public sealed partial class FileChecks : IDisposable
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    /// <summary>From a change to the look: a certificate and its key are two files.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(200);

    /// <summary>The system has few watches for each user, and others want some too.</summary>
    public const int FoldersMax = 32;

    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly Lock _running = new();
    private readonly List<Entry> _entries = [];
    private readonly Dictionary<string, FileSystemWatcher> _folders = [];
    private readonly HashSet<string> _changed = [];
    private readonly ITimer _poll;
    private readonly ITimer _soon;
    private bool _isDisposed;

    public FileChecks(TimeProvider time, ILogger logger)
    {
        _logger = logger;
        _poll = time.CreateTimer(_ => Poll(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _soon = time.CreateTimer(_ => RunChanged(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _poll.Change(Interval, Timeout.InfiniteTimeSpan);
    }

    /// <param name="check">Not called here. Must tell by itself whether anything has changed.</param>
    /// <returns>Disposing it ends the checks; one may run still.</returns>
    public IDisposable Add(IEnumerable<string> paths, Action check)
    {
        var entry = new Entry(this, [.. paths.Select(path => Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/").Distinct()], check);
        lock (_lock)
        {
            _entries.Add(entry);
            foreach (string folder in entry.Folders) Watch_NeedsLock(folder);
        }

        return entry;
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            _entries.Clear();
            foreach (var watcher in _folders.Values) watcher.Dispose();
            _folders.Clear();
        }

        _poll.Dispose();
        _soon.Dispose();
    }

    private void Watch_NeedsLock(string folder)
    {
        if (_isDisposed || _folders.Count >= FoldersMax || _folders.ContainsKey(folder)) return;

        FileSystemWatcher? watcher = null;
        try
        {
            watcher = new FileSystemWatcher(folder)
            {
                NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite | NotifyFilters.Size | NotifyFilters.CreationTime,
            };
            watcher.Changed += (_, _) => Notice(folder);
            watcher.Created += (_, _) => Notice(folder);
            watcher.Deleted += (_, _) => Notice(folder);
            watcher.Renamed += (_, _) => Notice(folder);
            watcher.Error += (_, _) => Notice(folder);
            watcher.EnableRaisingEvents = true;
            _folders[folder] = watcher;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            watcher?.Dispose(); // no such folder yet, or no watches left: the clock's look has to do
        }
    }

    private void Remove(Entry entry)
    {
        lock (_lock)
        {
            if (!_entries.Remove(entry)) return;
            foreach (string folder in entry.Folders.Where(folder => !_entries.Any(e => e.Folders.Contains(folder))))
            {
                if (_folders.Remove(folder, out var watcher)) watcher.Dispose();
            }
        }
    }

    private void Notice(string folder)
    {
        lock (_lock)
        {
            // The first change sets the timer; what changes until it rings is seen with it.
            if (!_isDisposed && _changed.Add(folder) && _changed.Count == 1) _soon.Change(Quiet, Timeout.InfiniteTimeSpan);
        }
    }

    private void RunChanged()
    {
        Entry[] due;
        lock (_lock)
        {
            due = [.. _entries.Where(entry => entry.Folders.Any(_changed.Contains))];
            _changed.Clear();
        }

        Run(due);
    }

    private void Poll()
    {
        Entry[] due;
        lock (_lock) due = [.. _entries];
        Run(due);
        lock (_lock)
        {
            if (!_isDisposed) _poll.Change(Interval, Timeout.InfiniteTimeSpan);
        }
    }

    private void Run(Entry[] entries)
    {
        lock (_running)
        {
            foreach (var entry in entries)
            {
                try
                {
                    entry.Check();
                }
                catch (Exception e)
                {
                    Log.Failed(_logger, e, string.Join(", ", entry.Folders)); // a timer's exception would end the program
                }
            }
        }
    }

    private sealed class Entry(FileChecks owner, string[] folders, Action check) : IDisposable
    {
        public string[] Folders => folders;

        public void Check() => check();

        public void Dispose() => owner.Remove(this);
    }

    private static partial class Log
    {
        [LoggerMessage(1502, LogLevel.Error, "Looking at changed files in {Folders} failed.")]
        public static partial void Failed(ILogger logger, Exception e, string folders);
    }
}
