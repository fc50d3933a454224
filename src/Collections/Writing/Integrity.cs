using System.Collections.Immutable;
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
            preconditions.Add(new Precondition.NoneWith(collection.StoreName, field.Name, ValueOf(slice, field), [path]));
        }

        foreach (var reference in collection.References)
        {
            if (JsonSlice.AsString(JsonSlice.Find(value, reference.Field.Segments)) is { } id && (reference.Target != collection.StoreName || id != path))
                preconditions.Add(new Precondition.Exists(new(reference.Target, id)));
        }
    }

    /// <summary>What must be true for a resource to go: nothing refers to it.</summary>
    /// <param name="path">The resource's own references, and those of the children that go with it, don't hold it.</param>
    public IEnumerable<Precondition> OfDelete(string path) => collection.Referrers.Select(referrer =>
        new Precondition.NoneWith(referrer.Collection, referrer.Field, Value.Of(path[(path.LastIndexOf('/') + 1)..]),
            Except: referrer.Collection == collection.StoreName || collection.Descendants.Contains(referrer.Collection) ? [path] : []));

    /// <summary>The resource goes, and everything below it.</summary>
    public ImmutableArray<Write> Deletion(Key key) =>
        [new Write.Delete(key), .. collection.Descendants.Select(below => new Write.DeleteBelow(below, key.Path))];

    /// <summary>Everything that can keep a commit from happening, apart from a conflict on the resource itself.</summary>
    /// <param name="value">What was to be stored; empty when it was to be deleted.</param>
    public async ValueTask<Problem> ToProblemAsync(CommitResult result, string path, ReadOnlyMemory<byte> value, IResources store) => result switch
    {
        CommitResult.Conflict { Precondition: Precondition.Exists exists } when exists.Key == ParentOf(path) => Paths.NotFound(collection.Parent!, exists.Key.Path),
        CommitResult.Conflict { Precondition: Precondition.Exists exists } => await MissingAsync(exists.Key, value, store),
        CommitResult.Conflict { Precondition: Precondition.NoneWith none } when !value.IsEmpty => await NotUniqueAsync(none, path, value, store),
        CommitResult.Conflict { Precondition: Precondition.NoneWith none } =>
            new(ProblemTypes.StillReferenced, $"At least one resource of {none.Collection[(none.Collection.IndexOf('/') + 1)..]} refers to it by {none.Field}."),
        _ => CommitRefusals.Of(result),
    };

    private Key? ParentOf(string path) => collection.Parent is { } parent ? new(parent.StoreName, path[..path.LastIndexOf('/')]) : null;

    /// <summary>The commit names the first reference that leads nowhere; the client hears of every one.</summary>
    private async ValueTask<Problem> MissingAsync(Key first, ReadOnlyMemory<byte> value, IResources store)
    {
        var errors = ImmutableArray.CreateBuilder<ProblemError>();
        foreach (var reference in collection.References)
        {
            if (JsonSlice.AsString(JsonSlice.Find(value.Span, reference.Field.Segments)) is not { } id) continue;

            var key = new Key(reference.Target, id);
            if (key != first && await store.GetAsync(key, CancellationToken.None) is not null) continue;

            string target = key.Collection[(key.Collection.LastIndexOf('/') + 1)..];
            errors.Add(new("REFERENCE", $"{target} has no resource \"{id}\".") { Pointer = reference.Field.Pointer });
        }

        return new(ProblemTypes.InvalidBody, Wording.Count(errors.Count, "field")) { Errors = errors.ToImmutable() };
    }

    /// <summary>The commit names the first value that is taken; the client hears of every one.</summary>
    private async ValueTask<Problem> NotUniqueAsync(Precondition.NoneWith first, string path, ReadOnlyMemory<byte> value, IResources store)
    {
        var errors = ImmutableArray.CreateBuilder<ProblemError>();
        foreach (var field in collection.UniqueFields)
        {
            if (field.Name != first.Field && !await IsTakenAsync(field, path, value, store)) continue;
            errors.Add(new("NOT_UNIQUE", "Another resource has this value.") { Pointer = field.Pointer });
        }

        string names = string.Join(", ", collection.UniqueFields.Where(f => errors.Any(e => e.Pointer == f.Pointer)).Select(f => f.Name));
        return new(ProblemTypes.NotUnique, $"{names} must be unique among {collection.Declaration.Name}.") { Errors = errors.ToImmutable() };
    }

    private async ValueTask<bool> IsTakenAsync(FieldPath field, string path, ReadOnlyMemory<byte> value, IResources store)
    {
        var slice = JsonSlice.Find(value.Span, field.Segments);
        if (slice.IsEmpty || slice is [(byte)'n', ..]) return false;

        var query = new Query(collection.StoreName)
        {
            Filter = new Expression.Binary(0, BinaryOperator.Equal,
                new Expression.Field(0, field.Segments, field.IsTimestamp), new Expression.Literal(0, ValueOf(slice, field))),
            Limit = 2,
        };
        return await store.QueryAsync(query, CancellationToken.None) is QueryResult.Page page && page.Entries.Any(e => e.Key.Path != path);
    }

    private static Value ValueOf(ReadOnlySpan<byte> slice, FieldPath field)
    {
        var reader = new Utf8JsonReader(slice);
        return Value.FromJson(JsonElement.ParseValue(ref reader), field.IsTimestamp);
    }
}
