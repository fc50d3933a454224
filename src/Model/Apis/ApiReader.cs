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
    /// <param name="kinds">These are the program's own documents: their collections may be platform kinds (<c>x-stateway-kind</c>).</param>
    public static ApiReading Read(string path, bool kinds = false)
    {
        var errors = new DocumentErrors();

        // 1. Find the documents among the files.
        var documents = DocumentFinder.Find(path, errors, out var folder);
        foreach (var document in documents) document.MayDeclareKinds = kinds;

        // 2. Make each self-contained.
        foreach (var document in documents) Bundle.Run(document, folder);

        // 3. Lay out all collections first: an operation may be answered by another document's.
        var index = new CollectionIndex();
        var drafts = documents.ConvertAll(CollectionDrafts.Read);
        foreach (var draft in drafts.SelectMany(list => list)) index.Add(draft);

        // 4. Check what each says, and build it.
        var apis = new List<(ApiDocument Document, ApiSpec Spec)>();
        for (int i = 0; i < documents.Count; i++)
        {
            apis.Add((documents[i], ApiBuilder.Build(documents[i], drafts[i], index, folder, errors)));
        }

        // 5. Check the form of each, after what has words of its own for what is wrong.
        foreach (var document in documents) StructureCheck.Run(document);

        // 6. Check them against each other.
        ClashCheck.Run(apis);

        return new(errors.Any ? [] : [.. apis.Select(api => api.Spec)], errors.Errors, errors.Warnings);
    }
}
