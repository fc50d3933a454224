using Stateway.Model.Apis;

namespace Stateway.Fast.Tests.Apis;

/// <summary>A folder of documents that lasts as long as a test.</summary>
internal sealed class DocumentFolder : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("stateway-").FullName;

    public DocumentFolder With(string name, string text)
    {
        File.WriteAllText(Path.Combine(_path, name), text);
        return this;
    }

    public string PathOf(string name) => Path.Combine(_path, name);

    public ApiReading Read(string name = "", bool kinds = false) => ApiReader.Read(Path.Combine(_path, name), kinds);

    public void Dispose() => Directory.Delete(_path, recursive: true);

    /// <summary>Reads one document that lies alone in a folder.</summary>
    public static ApiReading Read(string name, string text, bool kinds = false)
    {
        using var folder = new DocumentFolder();
        return folder.With(name, text).Read(kinds: kinds);
    }

    /// <summary>A file of the repository.</summary>
    public static string InRepository(params string[] way)
    {
        string? folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder!, "Stateway.slnx"))) folder = Path.GetDirectoryName(folder);
        return Path.Combine([folder!, .. way]);
    }
}
