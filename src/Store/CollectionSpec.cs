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
}

/// <summary>A scalar field, by its path from the root: <c>["address", "city"]</c>.</summary>
/// <param name="IsTimestamp">RFC 3339 text that is kept and compared as an instant.</param>
public sealed record IndexedField(ImmutableArray<string> Path, bool IsTimestamp)
{
    /// <summary>The path with dots: <c>address.city</c>. Unique in its collection.</summary>
    public string Name { get; } = string.Join('.', Path);
}
