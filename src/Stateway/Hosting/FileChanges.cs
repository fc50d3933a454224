using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Stateway.Hosting;

/// <summary>
/// Says when the documents of a folder, or one file, may have changed since this was made: make it before the first
/// reading. Editors write a file in several steps, so a change is told when the folder has been quiet for a moment.
/// </summary>
internal sealed class FileChanges : IDisposable
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(100);

    /// <summary>A folder that is never quiet, because of a file that is none of ours, is looked at all the same.</summary>
    private const int QuietTriesMax = 20;

    // One place is enough: what counts is that something changed, not what or how often.
    private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly FileSystemWatcher _watcher;
    private ITimer? _again;

    private FileChanges(string folder)
    {
        _watcher = new FileSystemWatcher(folder)
        {
            NotifyFilter = NotifyFilters.FileName | NotifyFilters.LastWrite | NotifyFilters.Size | NotifyFilters.CreationTime,
        };
        _watcher.Changed += (_, e) => Notice(e.FullPath);
        _watcher.Created += (_, e) => Notice(e.FullPath);
        _watcher.Deleted += (_, e) => Notice(e.FullPath);
        _watcher.Renamed += (_, e) =>
        {
            Notice(e.OldFullPath); // moved out of the way
            Notice(e.FullPath);
        };
        _watcher.Error += (_, _) => _changes.Writer.TryWrite(true); // events were lost: look
    }

    /// <returns>Null when the system can't watch the folder: it allows each user only so many watchers.</returns>
    public static FileChanges? Of(string path, out string? why)
    {
        var changes = new FileChanges(Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path))!);
        try
        {
            changes._watcher.EnableRaisingEvents = true;
            why = null;
            return changes;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            changes.Dispose();
            why = e.Message;
            return null;
        }
    }

    public async IAsyncEnumerable<bool> ReadAllAsync([EnumeratorCancellation] CancellationToken ct)
    {
        while (true)
        {
            try
            {
                await _changes.Reader.ReadAsync(ct);
                for (int i = 0; i < QuietTriesMax; i++)
                {
                    await Task.Delay(Quiet, ct);
                    if (!_changes.Reader.TryRead(out _)) break;
                }
            }
            catch (OperationCanceledException)
            {
                yield break;
            }

            yield return true;
        }
    }

    /// <summary>Tells a change once more after a pause, for who could not make use of it now.</summary>
    public void TellAgain(TimeSpan pause, TimeProvider time)
    {
        _again?.Dispose();
        _again = time.CreateTimer(_ => _changes.Writer.TryWrite(true), null, pause, Timeout.InfiniteTimeSpan);
    }

    public void Dispose()
    {
        _watcher.Dispose();
        _again?.Dispose();
    }

    private void Notice(string changed)
    {
        if (Path.GetExtension(changed) is ".yaml" or ".yml" or ".json") _changes.Writer.TryWrite(true);
    }
}
