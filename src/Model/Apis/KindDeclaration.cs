using System.Collections.Immutable;

namespace Stateway.Model.Apis;

/// <summary>
/// What makes a collection a platform kind. Its resources are flat: the schema's fields are what the owner asks for (the
/// spec), <c>status</c> is what is true now, the rest is the store's.
/// <code>
/// { "id": "web", "generation": 3, "create_time": "…", "update_time": "…", "finalizers": [], "owner": null,
///   "path": "/shop",                                          the spec
///   "status": { "observed_generation": 3, "conditions": […] } }
/// </code>
/// </summary>
/// <param name="IsReadOnly">Clients can't write it: the program alone does.</param>
public sealed record KindDeclaration(bool IsReadOnly)
{
    /// <summary>The fields of a kind that are no part of its spec; what a client sends for them is ignored.</summary>
    public static ImmutableArray<string> OwnedFields { get; } =
        ["id", "generation", "create_time", "update_time", "delete_time", "finalizers", "owner", "status"];
}
