using System.Text;
using Stateway.Client;

namespace Stateway.Secrets;

/// <summary>A file of master keys, one a line: more than one only until all nodes know the newest.</summary>
internal static class MasterKeyFile
{
    public const string Name = "master.key";
    public const string Variable = "STATEWAY_MASTER_KEY";

    private const int BytesMax = 4 * 1024;
    private const int KeysMax = 8;

    public static (IReadOnlyList<MasterKey> Keys, string? Error) Read(string file)
    {
        try
        {
            if (new FileInfo(file) is { Exists: true, Length: > BytesMax }) return ([], $"{file} is too large to be a master key.");
            string text = File.ReadAllText(file);
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file) & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite)) != 0)
                return ([], $"{file} can be read by every user of this machine; make it its owner's alone: chmod 600 {file}");

            return Parse(text, file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ([], $"{file} can't be read: {e.Message}");
        }
    }

    /// <param name="name">Of where the text is from.</param>
    public static (IReadOnlyList<MasterKey> Keys, string? Error) Parse(string text, string name)
    {
        var keys = new List<MasterKey>();
        foreach (string line in text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!MasterKey.TryParse(line, out var key)) return ([], $"{name} holds something else: {MasterKey.Rule}; one a line.");
            keys.Add(key);
        }

        return keys.Count is > 0 and <= KeysMax ? (keys, null) : ([], $"{name} holds {(keys.Count == 0 ? "no key" : "too many keys")}: {MasterKey.Rule}; one a line.");
    }

    /// <summary>A new key in a new file, on the disk before anything is encrypted with it.</summary>
    /// <exception cref="IOException">There is such a file, or it can't be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static MasterKey Create(string file)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(file)) is { } folder && !Directory.Exists(folder)) Directory.CreateDirectory(folder);

        var key = MasterKey.New();
        string part = $"{file}.{Guid.NewGuid():N}";
        using (var stream = PrivateFile.Create(part))
        {
            stream.Write(Encoding.ASCII.GetBytes(key.ToText() + "\n"));
            stream.Flush(flushToDisk: true);
        }

        try
        {
            File.Move(part, file);
            return key;
        }
        catch
        {
            File.Delete(part);
            throw;
        }
    }
}
