namespace Stateway.Store.Sqlite;

/// <summary>
/// A data folder, or a database file anywhere, held by this process. An open file with an exclusive lock on it says so: the system releases
/// it when the process ends, however it ends, so that a crash leaves nothing to clean up.
/// </summary>
internal sealed class DataFolder : IDisposable
{
    private const int LinuxWouldBlock = 11, MacWouldBlock = 35, WindowsSharing = unchecked((int)0x80070020);
    private const int NoSpace = 28;
    private const string StoreName = "store.db";

    private readonly FileStream _lock;

    private DataFolder(string file, FileStream held)
    {
        _lock = held;
        DatabaseFile = file;
    }

    public string DatabaseFile { get; }

    /// <summary>Makes the folder (0700) and the database's file (0600, empty) when they are not there, and takes the lock.</summary>
    /// <param name="path">The folder, or a file that ends in <c>.db</c> and is no folder.</param>
    public static (DataFolder? Folder, StoreOpening.Refused? Refusal) Take(string path)
    {
        bool isFile = path.EndsWith(".db", StringComparison.Ordinal) && !Directory.Exists(path);
        if (!isFile && File.Exists(path))
            return (null, new(StoreRefusal.NoAccess, $"The data folder {path} is a file; choose a folder, or a file that ends in .db."));

        string name = isFile ? $"The store {path}" : $"The data folder {path}";
        try
        {
            // SQLite follows links, too: the lock belongs to the file, by whichever name it is opened.
            string file = isFile ? TargetOf(path) : Path.Combine(path, StoreName);
            string directory = Path.GetDirectoryName(file)!; // a full path of a file has one
            bool isOfFolder = Path.GetFileName(file) == StoreName;
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(directory);
            else Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

            var held = OpenPrivately(isOfFolder ? Path.Combine(directory, "lock") : file + ".lock", FileShare.None);
            try
            {
                var folder = new DataFolder(file, held);

                // SQLite would make it readable for everyone; its log and index files take the mode of this one.
                OpenPrivately(folder.DatabaseFile, FileShare.ReadWrite).Dispose();
                return (folder, null);
            }
            catch
            {
                held.Dispose();
                throw;
            }
        }
        catch (IOException e) when (e.HResult is LinuxWouldBlock or MacWouldBlock or WindowsSharing)
        {
            return (null, new(StoreRefusal.InUse,
                $"{name} is in use by another process; stop it, or choose another place."));
        }
        catch (IOException e) when (e.HResult == NoSpace)
        {
            return (null, new(StoreRefusal.DiskFull, $"The disk of {path} is full; make room on it."));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, new(StoreRefusal.NoAccess,
                $"{name} can't be written ({e.Message.TrimEnd('.')}); choose a place that can."));
        }
    }

    public void Dispose() => _lock.Dispose();

    private static string TargetOf(string file)
    {
        var info = new FileInfo(file);
        return info.LinkTarget is null ? file : info.ResolveLinkTarget(returnFinalTarget: true)!.FullName; // a link has one
    }

    private static FileStream OpenPrivately(string file, FileShare share)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = share,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new(file, options);
    }
}
