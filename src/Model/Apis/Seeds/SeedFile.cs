using Stateway.Model.Apis.Text;

namespace Stateway.Model.Apis.Seeds;

/// <summary>
/// Reads a collection's seed: a list of resources, JSON or YAML. Children stand in their parent's row under the child
/// collection's name. A row without an id gets its number in its list, from 1.
/// <example><code>
/// [ { "id": "o1", "status": "placed", "items": [ { "product": "p7", "quantity": 2 } ] } ]
/// shop/orders        o1
/// shop/orders/items  o1/1
/// </code></example>
/// </summary>
public static class SeedFile
{
    /// <summary>The rows of the collection and of its children, every parent before its children.</summary>
    /// <returns>Rows and errors; reading the documents has checked the same file, so errors mean that it has changed since.</returns>
    public static SeedReading Read(CollectionDeclaration collection)
    {
        string file = collection.Seed!.File;
        var rows = new List<SeedRow>();
        var errors = new List<DocumentError>();
        try
        {
            var text = TextReading.Read(file, collection.Seed.Read());
            errors.AddRange(text.Errors);
            if (text.Root is ListNode list) Flatten(collection, list, "", "", rows, errors);
            else if (errors.Count == 0) errors.Add(new(file, 1, 1, "", "A seed is a list of resources."));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            errors.Add(new(file, 1, 1, "", "The seed can't be read: " + e.Message));
        }

        return new(rows, errors);
    }

    private static void Flatten(
        CollectionDeclaration collection, ListNode list, string parent, string pointer, List<SeedRow> rows, List<DocumentError> errors)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < list.Items.Count; i++)
        {
            string at = $"{pointer}/{i}";
            if (list.Items[i] is not MapNode row)
            {
                var place = list.Items[i].Place;
                errors.Add(new(place.File, place.Line, place.Column, at, $"A row of a seed is an object; this is {list.Items[i].Kind}."));
                continue;
            }

            string id = (row["id"] as ScalarNode)?.Text ?? (i + 1).ToString();
            if (!IsId(id) || !ids.Add(id))
            {
                var place = row["id"]?.Place ?? row.Place;
                errors.Add(new(place.File, place.Line, place.Column, at + "/id", IsId(id)
                    ? $"The id '{id}' is taken by a row above."
                    : $"'{id}' can't be an id: 1 to 128 of A-Z, a-z, 0-9, '.', '_', '~' and '-', not beginning with '.'."));
                continue;
            }

            string path = parent.Length == 0 ? id : parent + "/" + id;
            rows.Add(new(collection, path, ToJson(collection, row, id)) { Node = row, Pointer = at });
            foreach (var child in collection.Children)
            {
                if (row[child.Name] is not { } value) continue;
                if (value is ListNode children) Flatten(child, children, path, $"{at}/{child.Name}", rows, errors);
                else errors.Add(new(value.Place.File, value.Place.Line, value.Place.Column, $"{at}/{child.Name}", $"'{child.Name}' is a list of children; this is {value.Kind}."));
            }
        }
    }

    /// <summary>The row as a resource: its id first, its children left out.</summary>
    private static byte[] ToJson(CollectionDeclaration collection, MapNode row, string id)
    {
        var resource = new MapNode(row.Place);
        resource.TryAdd("id", row.Place, new ScalarNode(row.Place, ScalarKind.String, id));
        foreach (var member in row.Members)
        {
            if (!collection.Children.Any(child => child.Name == member.Name)) resource.TryAdd(member.Name, member.Place, member.Value);
        }

        return NodeJson.ToUtf8(resource);
    }

    private static bool IsId(string id)
    {
        if (id.Length is 0 or > 128 || id[0] == '.') return false;

        foreach (char c in id)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '~' or '-')) return false;
        }

        return true;
    }
}

/// <summary>One resource of a seed.</summary>
/// <param name="Path">One id for each level, separated by <c>/</c>: <c>o1/1</c>.</param>
/// <param name="Json">The resource in UTF-8 with its <c>id</c>; times of the store only if the seed has them.</param>
public sealed record SeedRow(CollectionDeclaration Collection, string Path, ReadOnlyMemory<byte> Json)
{
    internal MapNode? Node { get; init; }
    internal string Pointer { get; init; } = "";
}

public sealed record SeedReading(IReadOnlyList<SeedRow> Rows, IReadOnlyList<DocumentError> Errors);
