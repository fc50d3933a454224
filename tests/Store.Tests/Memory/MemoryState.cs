using System.Collections.Immutable;

namespace Stateway.Store.Tests;

/// <summary>All that a store had at one revision.</summary>
/// <param name="Entries">By collection and path: <c>shop/products:p1</c>.</param>
internal sealed record MemoryState(long Revision, DateTimeOffset Time, ImmutableSortedDictionary<string, Entry> Entries)
{
    public static MemoryState Empty { get; } = new(
        0, DateTimeOffset.MinValue, ImmutableSortedDictionary.Create<string, Entry>(StringComparer.Ordinal));

    public Entry? Find(Key key) => Entries.GetValueOrDefault(key.ToString());

    public IEnumerable<Entry> In(string collection) => Entries.Values.Where(entry => entry.Key.Collection == collection);

    public MemoryState After(ImmutableArray<Write> writes, DateTimeOffset time)
    {
        var next = Entries.ToBuilder();
        foreach (var write in writes)
        {
            switch (write)
            {
                case Write.Put put:
                    next[put.Key.ToString()] = new(put.Key, Revision + 1, put.UpdateTime.ToUniversalTime(), put.Value);
                    break;
                case Write.Delete delete:
                    next.Remove(delete.Key.ToString());
                    break;
                case Write.DeleteBelow below:
                    string start = $"{below.Collection}:{below.Parent}/";
                    next.RemoveRange(next.Keys.Where(key => key.StartsWith(start, StringComparison.Ordinal)).ToList());
                    break;
            }
        }

        return new(Revision + 1, time, next.ToImmutable());
    }

    public Commit ChangesSince(MemoryState before)
    {
        var changes =
            from key in before.Entries.Keys.Union(Entries.Keys)
            let old = before.Entries.GetValueOrDefault(key)
            let now = Entries.GetValueOrDefault(key)
            where old?.Revision != now?.Revision
            select new Change((now ?? old)!.Key, old, now); // one of the two has the key

        return new(Revision, Time, [.. changes]);
    }
}
