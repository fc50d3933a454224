using System.Collections.Immutable;
using Stateway.Store.Columns;

namespace Stateway.Store.Staging;

/// <summary>What was staged so far: for each key touched the entry that there would be, or that there would be none.</summary>
internal sealed class StagedEntries
{
    private readonly Dictionary<Key, Entry?> _entries = [];

    // Everything below these is gone, but for entries that were put there later.
    private readonly HashSet<(string Collection, string Parent)> _gone = [];
    private readonly HashSet<string> _collections = [];

    public bool Touches(string collection) => _collections.Contains(collection);

    /// <returns>True when the key was touched; the entry is null when it was deleted.</returns>
    public bool TryFind(Key key, out Entry? entry)
    {
        if (_entries.TryGetValue(key, out entry)) return true;
        if (_gone.Count == 0) return false;

        for (int slash = key.Path.IndexOf('/'); slash > 0; slash = key.Path.IndexOf('/', slash + 1))
        {
            if (_gone.Contains((key.Collection, key.Path[..slash]))) return true;
        }

        return false;
    }

    public IEnumerable<Entry> In(string collection)
    {
        foreach (var (key, entry) in _entries)
        {
            if (entry is not null && key.Collection == collection) yield return entry;
        }
    }

    /// <summary>The paths, or what they lie below, where an entry that is not staged does not count any more.</summary>
    public IEnumerable<string> PathsOf(string collection)
    {
        foreach (var key in _entries.Keys)
        {
            if (key.Collection == collection) yield return key.Path;
        }

        foreach (var gone in _gone)
        {
            if (gone.Collection == collection) yield return gone.Parent;
        }
    }

    /// <summary>Whether a staged entry breaks the precondition. Equal is what engines call equal.</summary>
    /// <param name="field">Null: no entry does.</param>
    public bool HasWith(Precondition.NoneWith none, IndexedField? field)
    {
        if (field is null) return false;

        var value = ColumnValue.Of(none.Value, field.IsTimestamp);
        if (value.Kind == ColumnKind.Other) return false;

        var reader = new FieldReader([field]);
        foreach (var entry in In(none.Collection))
        {
            if (!IsExcepted(entry.Key.Path, none.Except) && ColumnValue.Compare(reader.Read(entry.Value)[0], value) == 0) return true;
        }

        return false;
    }

    public void Apply(Write write, long revision)
    {
        switch (write)
        {
            case Write.Put put:
                _collections.Add(put.Key.Collection);
                _entries[put.Key] = new(put.Key, revision, put.UpdateTime.ToUniversalTime(), put.Value);
                break;

            case Write.Delete delete:
                _collections.Add(delete.Key.Collection);
                _entries[delete.Key] = null;
                break;

            case Write.DeleteBelow below:
                _collections.Add(below.Collection);
                string start = Paths.FirstBelow(below.Parent);
                foreach (var key in _entries.Keys)
                {
                    if (key.Collection == below.Collection && key.Path.StartsWith(start, StringComparison.Ordinal)) _entries.Remove(key);
                }

                _gone.Add((below.Collection, below.Parent));
                break;
        }
    }

    /// <summary>One write for each key; what went from below a parent goes before what was put there afterwards.</summary>
    public ImmutableArray<Write> ToWrites()
    {
        var writes = ImmutableArray.CreateBuilder<Write>(_gone.Count + _entries.Count);
        foreach (var (collection, parent) in _gone) writes.Add(new Write.DeleteBelow(collection, parent));
        foreach (var (key, entry) in _entries)
        {
            writes.Add(entry is null ? new Write.Delete(key) : new Write.Put(key, entry.UpdateTime, entry.Value));
        }

        return writes.MoveToImmutable();
    }

    private static bool IsExcepted(string path, ImmutableArray<string> excepts)
    {
        foreach (string except in excepts)
        {
            if (path == except || path.StartsWith(Paths.FirstBelow(except), StringComparison.Ordinal)) return true;
        }

        return false;
    }
}
