using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json;
using Stateway.Collections.Representations;
using Stateway.Gateway;
using Stateway.Model.Expressions;
using Stateway.Model.Problems;
using Stateway.Store;

namespace Stateway.Collections.Writing;

/// <summary>What must stay true between resources: unique fields, references that lead somewhere, parents that exist.</summary>
internal sealed class Integrity(Collection collection)
{
    /// <summary>What must be true for a value to be stored.</summary>
    public void OfPut(ReadOnlySpan<byte> value, string path, ImmutableArray<Precondition>.Builder preconditions)
    {
        foreach (var field in collection.UniqueFields)
        {
            var slice = JsonSlice.Find(value, field.Segments);
            if (slice.IsEmpty || slice is [(byte)'n', ..]) continue; // missing and null are nobody's
            preconditions.Add(new Precondition.NoneWith(collection.StoreName, field.Name, ValueOf(slice, field), path));
        }

        foreach (var reference in collection.References)
        {
            if (JsonSlice.AsString(JsonSlice.Find(value, reference.Field.Segments)) is { } id)
                preconditions.Add(new Precondition.Exists(new(reference.Target, id)));
        }
    }

    /// <summary>What must be true for a resource to go: nothing refers to it.</summary>
    public IEnumerable<Precondition> OfDelete(string id) =>
        collection.Referrers.Select(referrer => new Precondition.NoneWith(referrer.Collection, referrer.Field, Value.Of(id), null));

    /// <summary>Everything that can keep a commit from happening, apart from a conflict on the resource itself.</summary>
    public Problem ToProblem(CommitResult result) => result switch
    {
        CommitResult.Conflict { Precondition: Precondition.Exists exists } => Missing(exists.Key),
        CommitResult.Conflict { Precondition: Precondition.NoneWith none } when none.Collection == collection.StoreName && none.Except is not null =>
            new(ProblemTypes.NotUnique, $"{none.Field} must be unique among {collection.Declaration.Name}.")
            {
                Errors = [new("NOT_UNIQUE", "Another resource has this value.") { Pointer = PointerOf(none.Field) }],
            },
        CommitResult.Conflict { Precondition: Precondition.NoneWith none } =>
            new(ProblemTypes.StillReferenced, $"At least one resource of {none.Collection[(none.Collection.IndexOf('/') + 1)..]} refers to it by {none.Field}."),
        CommitResult.Full => new(ProblemTypes.StorageFull) { Cause = "The disk is full." },
        CommitResult.Unavailable unavailable => new Problem(ProblemTypes.Unavailable) { Cause = unavailable.Reason }.With("Retry-After", "1"),
        _ => throw new UnreachableException(result.ToString()),
    };

    private Problem Missing(Key key)
    {
        if (collection.Parent is { } parent && parent.StoreName == key.Collection && !collection.References.Any(r => r.Target == key.Collection))
            return Paths.NotFound(parent, key.Path);

        string target = key.Collection[(key.Collection.LastIndexOf('/') + 1)..];
        return new(ProblemTypes.InvalidBody, Wording.Count(1, "field"))
        {
            Errors = [.. collection.References.Where(r => r.Target == key.Collection)
                .Select(r => new ProblemError("REFERENCE", $"There is no {target} resource \"{key.Path}\".") { Pointer = r.Field.Pointer })],
        };
    }

    private string PointerOf(string field) => collection.UniqueFields.First(f => f.Name == field).Pointer;

    private static Value ValueOf(ReadOnlySpan<byte> slice, FieldPath field)
    {
        var reader = new Utf8JsonReader(slice);
        var value = Value.FromJson(JsonElement.ParseValue(ref reader));
        return field.IsTimestamp && value.Kind == ValueKind.String && DateTimeOffset.TryParse(value.AsString, out var time) ? Value.Of(time) : value;
    }
}
