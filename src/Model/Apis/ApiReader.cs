using Stateway.Model.Apis.Checking;
using Stateway.Model.Apis.Documents;
using Stateway.Model.Apis.Expansion;
using Stateway.Model.Apis.Operations;

namespace Stateway.Model.Apis;

/// <summary>Reads OpenAPI documents: YAML or JSON text in, checked and expanded <see cref="ApiSpec"/>s or all errors out.</summary>
public static class ApiReader
{
    /// <summary>
    /// Reads every document of a folder (not of its sub-folders), or the one file. Never throws for what a file holds, or
    /// because it is missing. Nothing outside the folder is read, and nothing is fetched.
    /// </summary>
    public static ApiReading Read(string path)
    {
        var errors = new DocumentErrors();
        var documents = DocumentFinder.Find(path, errors, out var folder);
        return Read(documents.ConvertAll(document => (document, (SourceFolder)folder)), others: null, errors);
    }

    /// <summary>Reads documents that lie nowhere but here. Errors name the files as the sources do.</summary>
    /// <param name="others">Finds APIs that were read before, by name, whose collections may answer operations of these.</param>
    public static ApiReading Read(IEnumerable<ApiSource> sources, Func<string, ApiSpec?>? others = null)
    {
        var errors = new DocumentErrors();
        var documents = new List<(ApiDocument, SourceFolder)>();
        foreach (var source in sources)
        {
            var folder = new MemoryFolder(source.Files);
            if (DocumentFinder.Read(source, folder, errors) is { } document) documents.Add((document, folder));
        }

        return Read(documents, others, errors);
    }

    private static ApiReading Read(List<(ApiDocument Document, SourceFolder Folder)> found, Func<string, ApiSpec?>? others, DocumentErrors errors)
    {
        // 1. Make each self-contained.
        foreach (var (document, folder) in found) Bundle.Run(document, folder);

        // 2. Lay out all collections first: an operation may be answered by another document's.
        var index = new CollectionIndex(others ?? (static _ => null));
        var drafts = found.ConvertAll(each => CollectionDrafts.Read(each.Document));
        foreach (var draft in drafts.SelectMany(list => list)) index.Add(draft);

        // 3. Check what each says, and build it.
        var apis = new List<(ApiDocument Document, ApiSpec Spec)>();
        for (int i = 0; i < found.Count; i++)
        {
            apis.Add((found[i].Document, ApiBuilder.Build(found[i].Document, drafts[i], index, found[i].Folder, errors)));
        }

        // 4. Check the form of each, after what has words of its own for what is wrong.
        var form = StructureCheck.Form();
        foreach (var (document, _) in found) StructureCheck.Run(document, form);

        // 5. Check them against each other.
        ClashCheck.Run(apis);

        var sources = errors.Any ? [] : found.ConvertAll(each => SourceOf(each.Document, each.Folder, errors));
        return new(errors.Any ? [] : [.. apis.Select(api => api.Spec)], errors.Any ? [] : sources, errors.Errors, errors.Warnings);
    }

    private static ApiSource SourceOf(ApiDocument document, SourceFolder folder, DocumentErrors errors)
    {
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (string name in document.Files)
        {
            try
            {
                files.Add(name, folder.Reader(name)());
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                errors.Add(new(name, 1, 1, "", "It can't be read: " + e.Message));
            }
        }

        return new(document.Name, document.File, files);
    }
}
