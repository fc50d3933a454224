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
        return Read(documents.ConvertAll(document => (document, (SourceFolder)folder)), others: null, isAccepted: false, errors);
    }

    /// <summary>Reads documents that lie nowhere but here. Errors name the files as the sources do.</summary>
    /// <param name="others">Finds APIs that were read before, by name, whose collections may answer operations of these.</param>
    /// <param name="kinds">These are the program's own documents: their collections may be platform kinds (<c>x-stateway-kind</c>).</param>
    /// <param name="isAccepted">They were read without errors before, so that their form needs no check against OpenAPI's own schemas.</param>
    public static ApiReading Read(IEnumerable<ApiSource> sources, Func<string, ApiSpec?>? others = null, bool kinds = false, bool isAccepted = false)
    {
        var errors = new DocumentErrors();
        List<(ApiSource Source, SourceFolder Folder)> all = [.. sources.Select(source => (source, new MemoryFolder(source.Files)))];
        var documents = new ApiDocument?[all.Count];
        EachDocument.Run(all.Count, i => documents[i] = DocumentFinder.Read(all[i].Source, all[i].Folder, errors));
        foreach (var document in documents) document?.MayDeclareKinds = kinds;
        return Read([.. documents.Zip(all).Where(each => each.First is not null).Select(each => (each.First!, each.Second.Folder))], others, isAccepted, errors);
    }

    private static ApiReading Read(List<(ApiDocument Document, SourceFolder Folder)> found, Func<string, ApiSpec?>? others, bool isAccepted, DocumentErrors errors)
    {
        // 1. Make each self-contained.
        foreach (var (document, folder) in found) Bundle.Run(document, folder);

        // 2. Lay out all collections first: an operation may be answered by another document's.
        var index = new CollectionIndex(others ?? (static _ => null));
        var drafts = found.ConvertAll(each => CollectionDrafts.Read(each.Document));
        foreach (var draft in drafts.SelectMany(list => list)) index.Add(draft);

        // 3. Check what each says, and build it.
        var apis = new (ApiDocument Document, ApiSpec Spec)[found.Count];
        EachDocument.Run(found.Count, i => apis[i] = (found[i].Document, ApiBuilder.Build(found[i].Document, drafts[i], index, found[i].Folder, errors)));

        // 4. Check the form of each, after what has words of its own for what is wrong.
        if (!isAccepted) CheckForm(found);

        // 5. Check them against each other.
        ClashCheck.Run(apis);

        var sources = errors.Any ? [] : found.ConvertAll(each => SourceOf(each.Document, each.Folder, errors));
        return new(errors.Any ? [] : [.. apis.Select(api => api.Spec)], errors.Any ? [] : sources, errors.Errors, errors.Warnings);
    }

    private static void CheckForm(List<(ApiDocument Document, SourceFolder)> found)
    {
        var form = StructureCheck.Form();
        EachDocument.Run(found.Count, i => StructureCheck.Run(found[i].Document, form));
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
