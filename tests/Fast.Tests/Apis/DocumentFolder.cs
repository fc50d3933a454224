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

    public ApiReading Read(string name = "") => ApiReader.Read(Path.Combine(_path, name));

    /// <summary>Reads one document, with the files beside it, as one of the program's own.</summary>
    public ApiReading ReadKinds(string name)
    {
        var files = Directory.EnumerateFiles(_path).ToDictionary(file => Path.GetFileName(file), File.ReadAllBytes);
        return ApiReader.Read([new(Path.GetFileNameWithoutExtension(name), name, files)], kinds: true);
    }

    public void Dispose() => Directory.Delete(_path, recursive: true);

    /// <summary>Reads one document that lies alone in a folder.</summary>
    public static ApiReading Read(string name, string text)
    {
        using var folder = new DocumentFolder();
        return folder.With(name, text).Read();
    }

    /// <summary>Reads one document of the program's own.</summary>
    public static ApiReading ReadKinds(string name, string text)
    {
        using var folder = new DocumentFolder();
        return folder.With(name, text).ReadKinds(name);
    }

    /// <summary>A file of the repository.</summary>
    public static string InRepository(params string[] way)
    {
        string? folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder!, "Stateway.slnx"))) folder = Path.GetDirectoryName(folder);
        return Path.Combine([folder!, .. way]);
    }
}
