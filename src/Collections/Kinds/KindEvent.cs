using System.Collections.Immutable;
using System.Text.Json;
using Stateway.Store;
using Stateway.Store.Staging;

namespace Stateway.Collections.Kinds;

/// <summary>A change of one of the platform's own resources that somebody asked for.</summary>
internal sealed record KindEvent
{
    public required Key Key { get; init; }

    /// <summary><c>created</c>, <c>changed</c>, <c>deleting</c> (it was asked for, and others have to clean up first) or <c>deleted</c>.</summary>
    public required string Action { get; init; }

    /// <summary>Of the resource afterwards; of a deletion: before.</summary>
    public required long Generation { get; init; }

    /// <summary>Null when there was none, or when it is of the same transaction.</summary>
    public long? FromRevision { get; init; }

    /// <summary>Names of the spec's fields that are different; empty where all are, or none.</summary>
    public ImmutableArray<string> Fields { get; init; } = [];

    public required string By { get; init; }

    /// <summary>The id of the request that asked for it; null when it was none.</summary>
    public string? Request { get; init; }

    /// <param name="before">Null when it was created.</param>
    /// <param name="after">Null when it was deleted.</param>
    public static KindEvent Of(KindResource? before, KindResource? after, string by, string? request)
    {
        var known = (after ?? before)!;
        return new()
        {
            Key = known.Key,
            Action = before is null ? "created" : after is null ? "deleted" : before.DeleteTime is null && after.DeleteTime is not null ? "deleting" : "changed",
            Generation = known.Generation,
            FromRevision = before is null || StagedResources.IsStaged(before.Revision) ? null : before.Revision,
            Fields = before is null || after is null ? [] : Different(before.Spec, after.Spec),
            By = by,
            Request = request,
        };
    }

    private static ImmutableArray<string> Different(ReadOnlyMemory<byte> before, ReadOnlyMemory<byte> after)
    {
        using var old = JsonDocument.Parse(before, Deep);
        using var now = JsonDocument.Parse(after, Deep);
        var (was, becomes) = (old.RootElement, now.RootElement);
        return
        [
            .. becomes.EnumerateObject().Where(field => !was.TryGetProperty(field.Name, out var value) || !JsonElement.DeepEquals(value, field.Value)).Select(field => field.Name),
            .. was.EnumerateObject().Where(field => !becomes.TryGetProperty(field.Name, out _)).Select(field => field.Name),
        ];
    }

    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 128 };
}
