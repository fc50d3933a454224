using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using static Stateway.Store.Tests.Stores;

namespace Stateway.Store.Tests;

/// <summary>
/// One step of a generated history. Revisions and epochs are told as the oracle counts them; one that the oracle has not
/// come to is one that the engine has not come to either.
/// </summary>
internal abstract record Step
{
    private const string One = "one";

    private static readonly CollectionSpec _allFields = Collection(Generated.Collection, "a", "b", "o.x", "@t");

    private Step() { } // closed

    public static Gen<Step> Any { get; } = Gen.Frequency(
        (12, from writes in Gen.Choose(0, 4).SelectMany(count => Gen.ListOf(Writes, count))
             from preconditions in Gen.Choose(0, 2).SelectMany(count => Gen.ListOf(Preconditions, count))
             select (Step)new Commit(new([.. preconditions], [.. writes]))),
        (4, Keys.Select(key => (Step)new Get(key))),
        (5, from key in Keys from revision in Revisions select (Step)new GetPast(key, revision)),
        (4, from query in Generated.QueryOf(_allFields)
            from revision in Gen.Frequency((1, Gen.Constant((int?)null)), (2, Revisions.Select(revision => (int?)revision)))
            select (Step)new List(query, revision)),
        (3, from key in Keys
            from before in Gen.Frequency((2, Gen.Constant((int?)null)), (1, Revisions.Select(revision => (int?)revision)))
            from limit in Gen.Elements(1, 2, 1_000)
            select (Step)new Versions(key, before, limit)),
        (4, from after in Revisions from changesMax in Gen.Elements(1, 2, 5, 1_000) select (Step)new Log(after, changesMax)),
        (1, Revisions.Select(revision => (Step)new Compact(revision))),
        (2, from name in Names from holder in Gen.Elements(One, "two") select (Step)new Take(name, holder)),
        (1, from name in Names from epoch in Gen.Choose(0, 6) select (Step)new Release(name, epoch)),
        (1, Generated.Spec.Select(spec => (Step)new Declare(spec))),
        (1, Gen.Constant((Step)new Reopen())));

    private static Gen<int> Revisions => Gen.Choose(0, 30);

    private static Gen<string> Names => Gen.Elements("lease", "lease/0");

    private static Gen<Key> Keys =>
        from collection in Gen.Frequency((5, Gen.Constant(Generated.Collection)), (1, Gen.Constant(Generated.OtherCollection)))
        from path in Generated.Path
        select new Key(collection, path);

    private static Gen<Write> Writes => Gen.Frequency(
        (6, from key in Keys
            from json in Generated.Json
            from seconds in Gen.Choose(0, 100_000)
            select Put(key.Collection, key.Path, json, Noon.AddSeconds(seconds))),
        (2, Keys.Select(key => Delete(key.Collection, key.Path))),
        (1, from key in Keys
            from parent in Gen.Elements("p0", "p10", "p")
            select (Write)new Write.DeleteBelow(key.Collection, parent)));

    private static Gen<Precondition> Preconditions => Gen.Frequency(
        (2, from key in Keys
            from revision in Gen.Frequency((3, Gen.Constant(0)), (2, Revisions))
            select (Precondition)new Precondition.AtRevision(key, revision)),
        (1, Keys.Select(key => (Precondition)new Precondition.Exists(key))),
        (2, from indexed in Gen.Elements("a", "b", "o.x", "t")
            from value in Generated.FieldValue
            from except in Gen.OneOf(
                Gen.Constant<string[]>([]), Generated.Path.Select(path => new[] { path }), Gen.ArrayOf(Generated.Path, 3),
                Gen.Constant<string[]>(["p10", "p2"]))
            select (Precondition)new Precondition.NoneWith(Generated.Collection, indexed, value, [.. except])),
        (1, from name in Names
            from epoch in Gen.Choose(0, 6)
            select (Precondition)new Precondition.Leased(name, epoch)));

    public abstract Task RunAsync(Twins twins);

    public sealed record Commit(Transaction Transaction) : Step
    {
        public override Task RunAsync(Twins twins) => twins.CommitAsync(Transaction);

        public override string ToString() =>
            $"Commit if {Join(Transaction.Preconditions)}: {string.Join(", ", Transaction.Writes.Select(Text))}";

        private static string Join(ImmutableArray<Precondition> preconditions) => string.Join(", ", preconditions.Select(precondition =>
            precondition is Precondition.NoneWith none ? $"{none} except {string.Join(' ', none.Except)}" : precondition.ToString()));

        private static string Text(Write write) =>
            write is Write.Put put ? $"Put {put.Key} {System.Text.Encoding.UTF8.GetString(put.Value.Span)}" : write.ToString();
    }

    public sealed record Get(Key Key) : Step
    {
        public override Task RunAsync(Twins twins) => twins.GetAsync(Key);
    }

    public sealed record GetPast(Key Key, int Revision) : Step
    {
        public override Task RunAsync(Twins twins) => twins.GetAsync(Key, Revision);
    }

    public sealed record List(Query Query, int? Revision) : Step
    {
        public override Task RunAsync(Twins twins) => twins.ListAsync(Query, Revision);

        public override string ToString() => $"List at {Revision} {Query} by {string.Join(' ', Query.Order)}";
    }

    public sealed record Versions(Key Key, int? Before, int Limit) : Step
    {
        public override Task RunAsync(Twins twins) => twins.ReadVersionsAsync(Key, Before, Limit);
    }

    public sealed record Log(int After, int ChangesMax) : Step
    {
        public override Task RunAsync(Twins twins) => twins.ReadLogAsync(After, ChangesMax);
    }

    /// <summary>Does nothing when the store has not come so far.</summary>
    public sealed record Compact(int Revision) : Step
    {
        public override Task RunAsync(Twins twins) => twins.CompactAsync(Revision);
    }

    /// <summary>For so long that it never runs out.</summary>
    public sealed record Take(string Name, string Holder) : Step
    {
        public override Task RunAsync(Twins twins) => twins.TakeLeaseAsync(Name, Holder);
    }

    public sealed record Release(string Name, int Epoch) : Step
    {
        public override Task RunAsync(Twins twins) => twins.ReleaseLeaseAsync(Name, Epoch);
    }

    public sealed record Declare(CollectionSpec Spec) : Step
    {
        public override Task RunAsync(Twins twins) => twins.DeclareAsync(Spec);

        public override string ToString() => $"Declare {string.Join(' ', Spec.Fields)}";
    }

    public sealed record Reopen : Step
    {
        public override Task RunAsync(Twins twins) => twins.ReopenAsync();
    }
}
