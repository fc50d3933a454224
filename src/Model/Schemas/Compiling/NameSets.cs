namespace Stateway.Model.Schemas.Compiling;

/// <summary>Sets of names as numbers, so that equal sets are equal in a <see cref="Site"/>.</summary>
internal sealed class NameSets
{
    private readonly List<HashSet<string>> _sets = [[]];

    /// <summary>The empty set.</summary>
    public const int None = 0;

    public HashSet<string> this[int id] => _sets[id];

    public int IdOf(HashSet<string> names)
    {
        int id = _sets.FindIndex(names.SetEquals);
        if (id >= 0) return id;

        _sets.Add(names);
        return _sets.Count - 1;
    }
}
