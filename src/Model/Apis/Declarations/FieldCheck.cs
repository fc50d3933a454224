using System.Collections.Immutable;
using Stateway.Model.Apis.Documents;
using Stateway.Model.Apis.Text;
using Stateway.Model.Schemas;

namespace Stateway.Model.Apis.Declarations;

/// <summary>Checks that the fields a collection names exist in its schema and hold one value.</summary>
internal static class FieldCheck
{
    private const int DepthMax = 8;
    private const int ReferencesMax = 100;

    public static ImmutableArray<string> Read(ApiDocument document, Spot collection, string word, Shape shape)
    {
        var fields = ImmutableArray.CreateBuilder<string>();
        foreach (var item in collection[word]?.Items ?? [])
        {
            if (item.Text is not { Length: > 0 } field) continue;
            if (Wrong(shape, field, word) is { } message) document.Error(item, message);
            else fields.Add(field);
        }

        return fields.ToImmutable();
    }

    /// <returns>What is wrong with the field's path; null when nothing is.</returns>
    public static string? Wrong(Shape shape, string field, string word)
    {
        var at = shape;
        string way = "";
        foreach (string name in field.Split('.'))
        {
            if (at.Types.HasFlag(ShapeTypes.Array) && at.Properties.IsEmpty) return $"'{way}' is a list; {word} takes fields outside of lists.";
            if (at.Property(name) is not { } next)
            {
                if (at.Properties.IsEmpty && way.Length > 0) return $"'{way}' has no fields inside.";

                string inside = way.Length == 0 ? "" : $" in '{way}'";
                return $"The schema has no field '{name}'{inside}.{NameHint.For(name, [.. at.Properties.Select(property => property.Key)])}";
            }

            way = way.Length == 0 ? name : way + "." + name;
            if (next.WriteOnly) return $"'{way}' is writeOnly: lists by it would tell what nobody may read.";
            at = next;
        }

        if (at.Types == ShapeTypes.Any) return $"'{field}' can be anything; give it a type, such as string, to use it in {word}.";
        if ((at.Types & (ShapeTypes.Array | ShapeTypes.Object)) != 0)
        {
            return $"'{field}' is {(at.Types.HasFlag(ShapeTypes.Array) ? "a list" : "an object")}; {word} takes fields that hold one value.";
        }

        return null;
    }

    /// <summary>Reference fields outside of lists, by their paths; those inside lists are reported.</summary>
    public static ImmutableArray<KeyValuePair<string, string>> References(ApiDocument document, string pointer, Shape shape)
    {
        var references = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
        var leading = LeadingToReferences(shape);
        int found = 0;
        Walk(shape, "", inList: false, 0);
        if (found > ReferencesMax)
            document.Error(pointer, $"A resource has at most {ReferencesMax} references. A recursive schema has one on each of its paths: make what recurs a collection.");
        return references.ToImmutable();

        void Walk(Shape at, string path, bool inList, int depth)
        {
            // Recursive schemas never end, and those with several properties have more paths than anybody can walk.
            if (depth > DepthMax || found > ReferencesMax || !leading.Contains(at)) return;

            if (at.Reference is { } collection && path.Length > 0)
            {
                found++;
                if (inList)
                {
                    document.Error(pointer,
                        $"'{path}' refers to {collection} from inside a list. A reference is one text field; make the list a child collection.");
                }
                else if (at.Types != ShapeTypes.Any && (at.Types & ~(ShapeTypes.String | ShapeTypes.Null)) != 0)
                {
                    document.Error(pointer, $"'{path}' refers to {collection} by its id, so its type must be string.");
                }
                else
                {
                    references.Add(new(path, collection));
                }
            }

            foreach (var (name, property) in at.Properties) Walk(property, path.Length == 0 ? name : path + "." + name, inList, depth + 1);
            if (at.Items is { } items) Walk(items, path, inList: true, depth + 1);
        }
    }

    /// <summary>The shapes that have a reference in them, however deep.</summary>
    private static HashSet<Shape> LeadingToReferences(Shape root)
    {
        var all = new HashSet<Shape>(ReferenceEqualityComparer.Instance) { root };
        var pending = new Queue<Shape>(all);
        while (pending.TryDequeue(out var shape))
        {
            foreach (var (_, property) in shape.Properties)
            {
                if (all.Add(property)) pending.Enqueue(property);
            }

            if (shape.Items is { } items && all.Add(items)) pending.Enqueue(items);
        }

        var leading = new HashSet<Shape>(ReferenceEqualityComparer.Instance);
        for (bool changed = true; changed;)
        {
            changed = false;
            foreach (var shape in all)
            {
                bool leads = shape.Reference is not null || (shape.Items is { } items && leading.Contains(items)) || shape.Properties.Any(p => leading.Contains(p.Value));
                if (leads) changed |= leading.Add(shape);
            }
        }

        return leading;
    }
}
