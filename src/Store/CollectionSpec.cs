using System.Collections.Immutable;

namespace Stateway.Store;

/// <summary>What a collection declares to the store.</summary>
/// <param name="Name"><c>shop/products</c>; a child's name begins with its parent's: <c>shop/orders/items</c>.</param>
/// <param name="Fields">Fields that filters, orders, uniqueness and references need an index for.</param>
public sealed record CollectionSpec(string Name, ImmutableArray<IndexedField> Fields)
{
    public const int FieldsMax = 64;

    /// <summary>Nesting of a value's JSON.</summary>
    internal const int DepthMax = 128;

    /// <exception cref="ArgumentException">A collection or a field is declared twice, too many fields are, or a name is empty or has a colon.</exception>
    internal static void Check(IReadOnlyList<CollectionSpec> collections)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var collection in collections)
        {
            if (!names.Add(collection.Name)) throw new ArgumentException($"The collection '{collection.Name}' is declared twice.");
            if (collection.Name.Length == 0 || collection.Name.Contains(':'))
                throw new ArgumentException($"A collection can't be named '{collection.Name}'.");

            int fields = collection.Fields.Select(field => field.Name).Distinct(StringComparer.Ordinal).Count();
            if (fields != collection.Fields.Length)
                throw new ArgumentException($"The collection '{collection.Name}' declares a field twice.");
            if (fields > FieldsMax)
                throw new ArgumentException($"The collection '{collection.Name}' declares {fields} fields; {FieldsMax} can be indexed.");
        }
    }
}

/// <summary>A scalar field, by its path from the root: <c>["address", "city"]</c>.</summary>
/// <param name="IsTimestamp">RFC 3339 text that is kept and compared as an instant.</param>
public sealed record IndexedField(ImmutableArray<string> Path, bool IsTimestamp)
{
    /// <summary>The path with dots: <c>address.city</c>. Unique in its collection.</summary>
    public string Name { get; } = string.Join('.', Path);
}
