using Stateway.Model.Apis.Text;

namespace Stateway.Model.Apis.Documents;

/// <summary>The folder that documents are read from. Every file is read once; nothing outside is.</summary>
internal sealed class SourceFolder(string root)
{
    private const int BytesLookedAt = 64 * 1024;

    private readonly Dictionary<string, TextReading> _texts = new(StringComparer.Ordinal);

    /// <summary>Absolute.</summary>
    public string Root { get; } = root;

    /// <summary>Name of a file as its user would write it: relative to the folder, with slashes.</summary>
    public string NameOf(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');

    public string PathOf(string name) => Path.GetFullPath(Path.Combine(Root, name));

    public bool Contains(string path) => path.StartsWith(Root.TrimEnd('/') + "/", StringComparison.Ordinal);

    /// <exception cref="IOException">The file can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public TextReading Text(string name)
    {
        if (_texts.TryGetValue(name, out var known)) return known;

        var reading = TextReading.Read(name, ReadBounded(PathOf(name)));
        _texts.Add(name, reading);
        return reading;
    }

    /// <summary>Whether a text that can't be read, or is too large to be, means to be an OpenAPI document.</summary>
    public bool LooksLikeApi(string name)
    {
        using var file = File.OpenRead(PathOf(name));
        byte[] bytes = new byte[BytesLookedAt];
        int count = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        string text = System.Text.Encoding.UTF8.GetString(bytes, 0, count);

        foreach (var line in text.AsSpan().EnumerateLines())
        {
            var start = line.TrimStart("\uFEFF {\t,").TrimStart("\"'");
            if (start.StartsWith("openapi", StringComparison.Ordinal) && start["openapi".Length..].TrimStart("\"' ").StartsWith(":")) return true;
        }

        return false;
    }

    public IEnumerable<string> Names() => Directory.EnumerateFiles(Root).Where(IsText).Select(NameOf).Order(StringComparer.Ordinal);

    private static bool IsText(string path) => Path.GetExtension(path).ToLowerInvariant() is ".yaml" or ".yml" or ".json";

    /// <summary>One byte more than allowed tells too large from just right, without reading the rest.</summary>
    private static byte[] ReadBounded(string path)
    {
        using var file = File.OpenRead(path);
        if (file.Length <= TextLimits.BytesMax)
        {
            byte[] all = new byte[file.Length];
            file.ReadExactly(all);
            return all;
        }

        byte[] start = new byte[TextLimits.BytesMax + 1];
        file.ReadExactly(start);
        return start;
    }
}
