namespace Stateway.Collections.Representations;

/// <summary>What an entity tag says of a resource, apart from the form it is served in.</summary>
/// <param name="Generation">Of a platform kind: how often its spec has changed, from 1; 0 for all others.</param>
/// <param name="Birth">
/// Of a platform kind: when it was created, in milliseconds of Unix time. Generations begin anew when a resource is deleted and
/// created again, and a tag of the one must not be taken for one of the other.
/// </param>
internal readonly record struct ResourceVersion(long Revision, long Generation = 0, long Birth = 0)
{
    public bool IsOfKind => Generation > 0;
}
