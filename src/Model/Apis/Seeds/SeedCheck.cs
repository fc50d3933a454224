using Stateway.Model.Apis.Documents;
using Stateway.Model.Apis.Text;
using Stateway.Model.Schemas;

namespace Stateway.Model.Apis.Seeds;

/// <summary>Checks the seeds of a document together: rows fit their schemas, unique values are, references lead to rows.</summary>
internal sealed class SeedCheck(ApiDocument document, DocumentErrors errors, IReadOnlyDictionary<string, Schema> schemas)
{
    private const int ErrorsOfOneFileMax = 100;

    private readonly Dictionary<string, List<SeedRow>> _rows = [];

    public void Run(IEnumerable<CollectionDeclaration> collections)
    {
        foreach (var collection in collections)
        {
            if (collection.Seed is null) continue;

            var reading = SeedFile.Read(collection);
            foreach (var error in reading.Errors.Take(ErrorsOfOneFileMax)) errors.Add(error);
            foreach (var row in reading.Rows)
            {
                if (!_rows.TryGetValue(row.Collection.StoreName, out var rows)) _rows.Add(row.Collection.StoreName, rows = []);
                rows.Add(row);
            }

            CheckRows(collection, reading.Rows);
        }

        foreach (var rows in _rows.Values)
        {
            foreach (string field in rows[0].Collection.Unique) CheckUnique(rows, field);
            foreach (var (field, collection) in rows[0].Collection.References) CheckReference(rows, field, collection);
        }
    }

    private void CheckRows(CollectionDeclaration seeded, IReadOnlyList<SeedRow> rows)
    {
        int before = errors.Count;
        foreach (var row in rows)
        {
            if (!schemas.TryGetValue(row.Collection.StoreName, out var schema)) continue;

            var found = new SchemaErrors();
            if (schema.Validate(row.Json.Span, found)) continue;

            foreach (var error in found.Items)
            {
                // What the store or the server fills in may be missing; when it is given, it has to be right.
                string pointer = error.Pointer ?? "";
                if (error.Code == "REQUIRED" && IsReadOnly(row.Collection.Shape, pointer)) continue;
                Report(row, pointer, error.Detail);
            }

            if (errors.Count - before > ErrorsOfOneFileMax)
            {
                errors.Add(new(seeded.Seed!.File, 1, 1, "", "The seed has more errors than these."));
                return;
            }
        }
    }

    private void CheckUnique(List<SeedRow> rows, string field)
    {
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var row in rows)
        {
            if (ValueOf(row, field) is not { } value || seen.TryAdd(value.Text, row.Path)) continue;
            Report(row, PointerOf(field), $"'{field}' is unique, and the row {seen[value.Text]} has '{value.Text}' already.");
        }
    }

    private void CheckReference(List<SeedRow> rows, string field, string collection)
    {
        var targets = _rows.GetValueOrDefault($"{document.Name}/{collection}")?.Select(row => row.Path).ToHashSet(StringComparer.Ordinal) ?? [];
        foreach (var row in rows)
        {
            if (ValueOf(row, field) is not { } value || targets.Contains(value.Text)) continue;
            Report(row, PointerOf(field), $"The seed of {collection} has no row '{value.Text}'.");
        }
    }

    private static ScalarNode? ValueOf(SeedRow row, string field)
    {
        Node? node = row.Node;
        foreach (string name in field.Split('.')) node = (node as MapNode)?[name];
        return node is ScalarNode { Type: not ScalarKind.Null } scalar ? scalar : null;
    }

    private void Report(SeedRow row, string pointer, string message) =>
        errors.Add(JsonPointer.Locate(row.Node!, pointer), row.Pointer + pointer, message);

    private static string PointerOf(string field) => "/" + field.Replace('.', '/');

    private static bool IsReadOnly(Shape shape, string pointer)
    {
        var at = shape;
        foreach (string name in JsonPointer.Split(pointer) ?? [])
        {
            if ((at.Property(name) ?? at.Items) is not { } next) return false;
            at = next;
        }

        return at.ReadOnly;
    }
}
