using Stateway.Model.Apis.Documents;
using Stateway.Model.Apis.Expansion;
using Stateway.Model.Apis.Operations;
using Stateway.Model.Apis.Seeds;
using Stateway.Model.Apis.Text;
using Stateway.Model.Schemas;

namespace Stateway.Model.Apis.Declarations;

/// <summary>Reads collections whose schemas are laid out, and checks what they say of fields, actions and seeds.</summary>
internal sealed class CollectionReader(ApiDocument document, DocumentSchemas schemas, TargetReader targets, SourceFolder folder)
{
    private static readonly SchemaUse Seeded = new(SchemaDirection.None, Closed: true);

    private readonly ActionReader _actions = new(document, schemas, targets);

    /// <summary>What seeds are checked by: readOnly fields included.</summary>
    public Dictionary<string, Schema> SeedSchemas { get; } = [];

    /// <summary>Declarations by name in the store, children too.</summary>
    public Dictionary<string, CollectionDeclaration> Declared { get; } = [];

    /// <returns>Null when the schema is wrong or missing, which is reported.</returns>
    public CollectionDeclaration? Read(CollectionDraft draft)
    {
        var children = draft.Children.ConvertAll(Read);
        if (draft.Component is null || draft.Spot["schema"] is null) return null;

        string pointer = "/components/schemas/" + draft.Component;
        var schema = schemas.Compile(pointer, SchemaUse.RequestBody);
        var shape = schemas.ShapeOf(pointer);
        if ((shape.Types & ShapeTypes.Object) == 0)
        {
            document.Error(draft.Spot["schema"]!, "A resource is an object; the schema says otherwise.");
            return null;
        }

        foreach (var child in draft.Children)
        {
            if (shape.Property(child.Name) is null) continue;
            document.ErrorAtName(child.Spot, $"'{child.Name}' is a field of the schema as well; children are kept beside their parent, not in it. Remove one.");
        }

        var declaration = new CollectionDeclaration
        {
            Name = draft.Name,
            StoreName = draft.StoreName,
            Shape = shape,
            ListShape = draft.ListComponent is { } list ? schemas.ShapeOf("/components/schemas/" + list) : Shape.Any,
            HistoryShape = draft.HistoryComponent is { } history ? schemas.ShapeOf("/components/schemas/" + history) : Shape.Any,
            RequestSchema = schema!, // checked below, after everything else that can be wrong
            Filter = FieldCheck.Read(document, draft.Spot, "filter", shape),
            Order = FieldCheck.Read(document, draft.Spot, "order", shape),
            Unique = FieldCheck.Read(document, draft.Spot, "unique", shape),
            References = FieldCheck.References(document, pointer, shape),
            RequireCondition = draft.RequiresCondition,
            Seed = SeedOf(draft),
            Children = [.. children.OfType<CollectionDeclaration>()],
            Actions = [.. draft.Actions.Select(action => _actions.Read(draft, action, shape))],
        };
        CheckParameterNames(draft, declaration);
        if (schema is null) return null;

        if (schemas.Compile(pointer, Seeded) is { } seeded) SeedSchemas[draft.StoreName] = seeded;
        Declared[draft.StoreName] = declaration;
        return declaration;
    }

    /// <summary>A filter field is a query parameter of its own, so it can't have the name of another.</summary>
    private void CheckParameterNames(CollectionDraft draft, CollectionDeclaration declaration)
    {
        foreach (var item in draft.Spot["filter"]?.Items ?? [])
        {
            if (item.Text is { } field && ListParameters.Contains(field))
            {
                document.Error(item, $"Lists have a parameter '{field}' already; give the field another name.");
            }
        }
    }

    private static readonly string[] ListParameters =
        ["filter", "order_by", "max_page_size", "page_token", "fields", "expand", "watch", "revision", "min_revision"];

    private SeedSource? SeedOf(CollectionDraft draft)
    {
        if (draft.Spot["seed"] is not { Text: { } name } seed) return null;

        if (draft.Parent is { } parent)
        {
            document.Error(seed, $"Children are seeded with their parents: write the rows into those of {parent.Name}, under '{draft.Name}'.");
            return null;
        }

        if (Path.IsPathRooted(name) || SourceFolder.Resolve(null, name) is not { } file)
        {
            document.Error(seed, "A seed lies in the document's folder.");
            return null;
        }

        if (!folder.Has(file))
        {
            string hint = NameHint.For(name, [.. folder.Names()]);
            document.Error(seed, $"There is no file '{name}'.{hint}");
            return null;
        }

        document.Files.Add(file);
        return new(file, folder.Reader(file));
    }
}
