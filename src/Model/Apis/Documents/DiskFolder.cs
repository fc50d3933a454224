using Stateway.Model.Apis.Text;

namespace Stateway.Model.Apis.Documents;

/// <param name="root">Absolute.</param>
internal sealed class DiskFolder(string root) : SourceFolder
{
    private const int BytesLookedAt = 64 * 1024;

    /// <summary>Name of a file as its user would write it.</summary>
    public string NameOf(string path) => Path.GetRelativePath(root, path).Replace('\\', '/');

    public override bool Has(string name) => File.Exists(PathOf(name));

    public override IEnumerable<string> Names() => Directory.EnumerateFiles(root).Where(IsText).Select(NameOf).Order(StringComparer.Ordinal);

    public override Func<byte[]> Reader(string name)
    {
        string path = PathOf(name);
        return () => Read(path);
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

    /// <summary>One byte more than allowed tells too large from just right, without reading the rest.</summary>
    private static byte[] Read(string path)
    {
        using var file = File.OpenRead(path);
        byte[] bytes = new byte[Math.Min(file.Length, TextLimits.BytesMax + 1)];
        file.ReadExactly(bytes);
        return bytes;
    }

    private string PathOf(string name) => Path.Combine(root, name);
}
