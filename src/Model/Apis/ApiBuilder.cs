using System.Collections.Immutable;
using Stateway.Model.Apis.Declarations;
using Stateway.Model.Apis.Documents;
using Stateway.Model.Apis.Expansion;
using Stateway.Model.Apis.Operations;
using Stateway.Model.Apis.Seeds;

namespace Stateway.Model.Apis;

/// <summary>Turns one bundled document into an <see cref="ApiSpec"/>, step by step; every step reports all it finds.</summary>
internal static class ApiBuilder
{
    public static ApiSpec Build(
        ApiDocument document, IReadOnlyList<CollectionDraft> drafts, CollectionIndex index, SourceFolder folder, DocumentErrors errors)
    {
        List<CollectionDraft> all = [.. drafts.SelectMany(draft => draft.All())];

        // 1. The collections' schemas become components, with the store's own fields.
        var served = new ServedDocument(document);
        foreach (var draft in all) CollectionSchemas.LayOut(document, served, draft);

        // 2. Every schema must compile, used or not.
        var schemas = new DocumentSchemas(document, served.ToUtf8());
        schemas.Check(SchemaCheck.Run(document, [.. drafts.Select(draft => draft.Name)]));

        // 3. What the collections declare, and the seeds they begin with.
        var variables = new VariablesReader(document);
        var targets = new TargetReader(document, index, variables);
        var reader = new CollectionReader(document, schemas, targets, folder);
        ImmutableArray<CollectionDeclaration> collections = [.. drafts.Select(reader.Read).OfType<CollectionDeclaration>()];
        new SeedCheck(document, errors, reader.SeedSchemas).Run(collections);

        // 4. The operations: the document's own, and those of the collections.
        bool mocksAll = WarnOfPlainDocument(document);
        var lifecycles = new LifecycleReader(document);
        var operations = new PathReader(document, served, new OperationReader(document, schemas, targets, lifecycles, mocksAll), reader.Declared).Read(all);
        lifecycles.WarnIfIdle();
        WarnOfSecurity(document);

        // 5. What /openapi.json serves.
        string basePath = document.Prefix + BasePath.Read(document);
        return new()
        {
            Name = document.Name,
            File = document.File,
            Title = document.Top["info"]?["title"]?.Text ?? "",
            Version = document.Top["info"]?["version"]?.Text ?? "",
            BasePath = basePath,
            Collections = collections,
            Operations = operations,
            Variables = variables.Variables,
            Cors = CorsReader.Read(document),
            Document = ServedFinish.Run(document, served, drafts, basePath),
        };
    }

    /// <summary>A document without any word of ours is still useful: its examples answer.</summary>
    private static bool WarnOfPlainDocument(ApiDocument document)
    {
        if (document.Top["x-stateway-collections"] is not null) return false;

        var items = document.Top["paths"]?.Members.Select(document.Resolve).OfType<Spot>() ?? [];
        if (items.Any(item => item["x-stateway-target"] is not null || item.Members.Any(operation => operation["x-stateway-target"] is not null))) return false;

        document.Warn("/paths", "The document does not say what answers its operations, so its examples do. Add x-stateway-target or x-stateway-collections.", name: true);
        return true;
    }

    private static void WarnOfSecurity(ApiDocument document)
    {
        var operations = document.Top["paths"]?.Members.SelectMany(item => item.Members) ?? [];
        if (operations.Prepend(document.Top).Any(part => part["security"]?.Items.Any() == true))
        {
            document.Warn("/security", "security is documented, but not enforced: this version lets every caller in.", name: true);
        }
    }
}
