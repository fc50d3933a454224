using System.Collections.Immutable;
using Stateway.Model.Schemas;

namespace Stateway.Collections;

/// <summary>A field by its path from the resource's root, and what the schema says of it.</summary>
public sealed record FieldPath(string Name, ImmutableArray<string> Segments, Shape Shape)
{
    public bool IsTimestamp => Shape.Format == "date-time";

    /// <summary>The pointer of the field (RFC 6901).</summary>
    public string Pointer { get; } = string.Concat(Segments.Select(s => "/" + s.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)));

    /// <param name="name">A path with dots that the document reader has checked.</param>
    public static FieldPath Of(string name, Shape root) => TryFind(name, root, out var found) ? found : new(name, [.. name.Split('.')], Shape.Any);

    public static bool TryFind(string name, Shape root, out FieldPath field)
    {
        var segments = name.Split('.');
        var shape = root;
        foreach (string segment in segments)
        {
            while (shape is { Items: { } items, Properties.IsEmpty: true }) shape = items; // a path goes through arrays
            if (shape.Property(segment) is { } property)
            {
                shape = property;
            }
            else if (shape.AdditionalProperties is { } additional)
            {
                shape = additional;
            }
            else if (shape.Properties.IsEmpty)
            {
                shape = Shape.Any; // free-form: any name may be there
            }
            else
            {
                field = null!;
                return false;
            }
        }

        field = new(name, [.. segments], shape);
        return true;
    }
}
