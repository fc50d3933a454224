using System.Collections.Concurrent;
using Stateway.Model.Apis.Text;

namespace Stateway.Model.Apis.Documents;

/// <summary>
/// The files that documents are read from, by their names relative to the folder, with slashes. Every text is read once;
/// nothing outside is.
/// </summary>
internal abstract class SourceFolder
{
    private readonly ConcurrentDictionary<string, TextReading> _texts = new(StringComparer.Ordinal);

    public abstract bool Has(string name);

    /// <summary>The texts at the top of the folder, in order.</summary>
    public abstract IEnumerable<string> Names();

    /// <summary>
    /// A way to read a file, later too, that holds on to nothing else of the folder. It gives at most one byte more than
    /// <see cref="TextLimits.BytesMax"/>; an <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/> when the file can't be read.
    /// </summary>
    public abstract Func<byte[]> Reader(string name);

    /// <exception cref="IOException">The file can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public TextReading Text(string name) =>
        _texts.TryGetValue(name, out var known) ? known : _texts.GetOrAdd(name, TextReading.Read(name, Reader(name)())); // the first to come is everybody's

    /// <summary>Reads texts that will be asked for.</summary>
    public void ReadAhead(IReadOnlyList<string> names) => EachDocument.Run(names.Count, i =>
    {
        try
        {
            Text(names[i]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Whoever asks for it is told.
        }
    });

    /// <summary>What a file calls another by, as a name in the folder; null when it leads out.</summary>
    /// <param name="from">The file that it stands in; null for the folder itself.</param>
    public static string? Resolve(string? from, string path)
    {
        List<string> names = [.. (from ?? "").Split('/')[..^1]];
        foreach (string part in path.Split('/', '\\'))
        {
            switch (part)
            {
                case "" or ".": break;
                case ".." when names.Count == 0: return null;
                case "..": names.RemoveAt(names.Count - 1); break;
                default: names.Add(part); break;
            }
        }

        return names.Count == 0 ? null : string.Join('/', names);
    }

    protected static bool IsText(string name) => Path.GetExtension(name).ToLowerInvariant() is ".yaml" or ".yml" or ".json";
}
