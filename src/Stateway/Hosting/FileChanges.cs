using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Stateway.Hosting;

/// <summary>
/// Says when the documents of a folder, or one file, may have changed. Editors write a file in several steps, so a
/// change is told when the folder has been quiet for a moment.
/// </summary>
internal static class FileChanges
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(100);

    public static async IAsyncEnumerable<bool> OfAsync(string path, [EnumeratorCancellation] CancellationToken ct)
    {
        bool isFolder = Directory.Exists(path);
        string folder = isFolder ? path : Path.GetDirectoryName(Path.GetFullPath(path))!;

        // One place is enough: what counts is that something changed, not what or how often.
        var changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        using var watcher = new FileSystemWatcher(folder)
        {
            NotifyFilter = NotifyFilters.FileName | NotifyFilters.LastWrite | NotifyFilters.Size | NotifyFilters.CreationTime,
        };
        watcher.Changed += (_, e) => Notice(e.FullPath);
        watcher.Created += (_, e) => Notice(e.FullPath);
        watcher.Deleted += (_, e) => Notice(e.FullPath);
        watcher.Renamed += (_, e) => Notice(e.FullPath);
        watcher.Error += (_, _) => changes.Writer.TryWrite(true); // events were lost: look
        watcher.EnableRaisingEvents = true;

        void Notice(string changed)
        {
            if (Path.GetExtension(changed) is ".yaml" or ".yml" or ".json") changes.Writer.TryWrite(true);
        }

        while (true)
        {
            try
            {
                await changes.Reader.ReadAsync(ct);
                while (true)
                {
                    await Task.Delay(Quiet, ct);
                    if (!changes.Reader.TryRead(out _)) break;
                }
            }
            catch (OperationCanceledException)
            {
                yield break;
            }

            yield return true;
        }
    }
}
