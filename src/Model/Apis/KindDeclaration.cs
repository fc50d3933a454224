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
/// <param name="IsRecord">What happened, written once: it has no spec and no status, and <c>revision</c> says which commit it was.</param>
public sealed record KindDeclaration(bool IsReadOnly, bool IsRecord = false)
{
    /// <summary>The field of a record that holds the revision of its own commit. It is served, and not stored.</summary>
    public const string RevisionField = "revision";

    /// <summary>The fields of a kind that are no part of its spec; what a client sends for them is ignored.</summary>
    public static ImmutableArray<string> OwnedFields { get; } =
        ["id", "generation", "create_time", "update_time", "delete_time", "finalizers", "owner", "status"];
}
