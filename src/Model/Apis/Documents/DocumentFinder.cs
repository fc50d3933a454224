using Stateway.Model.Apis.Text;

namespace Stateway.Model.Apis.Documents;

/// <summary>
/// Finds the OpenAPI documents of a folder: files whose top level has <c>openapi</c>. Others (seeds, parts that
/// documents refer to, resources) are left alone, even when they can't be read.
/// </summary>
internal static class DocumentFinder
{
    private const int DocumentsMax = 10_000;

    private static readonly Dictionary<string, byte[]> NoFiles = []; // they are in the folder

    public static List<ApiDocument> Find(string path, DocumentErrors errors, out DiskFolder folder)
    {
        string full = Path.GetFullPath(path);
        bool isFile = File.Exists(full);
        folder = new DiskFolder(isFile ? Path.GetDirectoryName(full)! : full.Length > 1 ? full.TrimEnd('/') : full);
        if (!isFile && !Directory.Exists(full))
        {
            errors.Add(new(path, 1, 1, "", "There is no such file or folder."));
            return [];
        }

        var documents = new List<ApiDocument>();
        try
        {
            List<string> names = isFile ? [folder.NameOf(full)] : [.. folder.Names()];
            folder.ReadAhead(names);
            foreach (string name in names)
            {
                if (Read(name, folder, isChosen: isFile, errors) is not { } document) continue;

                documents.Add(document);
                if (documents.Count == DocumentsMax) break;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            errors.Add(new(path, 1, 1, "", "It can't be read: " + e.Message));
        }

        if (documents.Count == 0 && !errors.Any)
        {
            errors.Add(new(path, 1, 1, "", "No OpenAPI document is here: no .yaml, .yml or .json file whose top level has 'openapi'."));
        }

        foreach (var document in documents.Where(document => document.Name == ApiSpec.ReservedName))
            document.Error("", $"An API can't be called {ApiSpec.ReservedName}: the platform's own resources are kept under this name. Rename the file.");
        RefuseEqualNames(documents);
        return documents;
    }

    /// <summary>The one document of a source.</summary>
    /// <returns>Null when it is none.</returns>
    public static ApiDocument? Read(ApiSource source, SourceFolder folder, DocumentErrors errors)
    {
        if (folder.Has(source.File)) return Read(source, folder, isMeant: static () => true, isChosen: true, errors);

        errors.Add(new(source.File, 1, 1, "", "The document is not among its files."));
        return null;
    }

    /// <param name="isChosen">The user named this very file, so that it must be a document.</param>
    private static ApiDocument? Read(string name, DiskFolder folder, bool isChosen, DocumentErrors errors) =>
        Read(new(Path.GetFileNameWithoutExtension(name), name, NoFiles), folder, () => isChosen || folder.LooksLikeApi(name), isChosen, errors);

    /// <param name="isMeant">Whether a text that can't be read means to be a document.</param>
    private static ApiDocument? Read(ApiSource source, SourceFolder folder, Func<bool> isMeant, bool isChosen, DocumentErrors errors)
    {
        string name = source.File;
        var reading = folder.Text(name);
        if (reading.Errors.Count > 0)
        {
            if (!isMeant()) return null;

            foreach (var error in reading.Errors) errors.Add(error);
            return null;
        }

        if (reading.Root is not MapNode root || !root.Has("openapi"))
        {
            if (isChosen) errors.Add(MissingVersion(name, reading.Root));
            return null;
        }

        var document = new ApiDocument(source.Name, name, root, errors) { Prefix = source.Prefix };
        if (root["openapi"] is not ScalarNode { Text: var version } scalar || !(version.StartsWith("3.0.") || version.StartsWith("3.1.")))
        {
            document.Error("/openapi", "Stateway reads OpenAPI 3.0 and 3.1; write openapi: 3.1.0.");
            return null;
        }

        if (scalar.Type != ScalarKind.String) document.Error("/openapi", "openapi is a text; write it in quotes.");
        return document;
    }

    private static DocumentError MissingVersion(string name, Node? root)
    {
        string hint = root is MapNode map && map.Has("swagger")
            ? "This is OpenAPI 2 (Swagger); Stateway reads 3.0 and 3.1. Convert it first."
            : "This is no OpenAPI document: its top level has no 'openapi'. Begin with openapi: 3.1.0.";
        return new(name, root?.Place.Line ?? 1, root?.Place.Column ?? 1, "", hint);
    }

    private static void RefuseEqualNames(List<ApiDocument> documents)
    {
        var files = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var document in documents)
        {
            if (files.TryAdd(document.Name, document.File)) continue;
            document.Error("", $"{files[document.Name]} has the same name without its ending, and an API is known by it; rename one.");
        }
    }
}
