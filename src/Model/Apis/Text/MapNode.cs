namespace Stateway.Model.Apis.Text;

/// <summary>A member of a mapping. <see cref="Place"/> is where its name stands.</summary>
public readonly record struct Member(string Name, Place Place, Node Value);

/// <summary>A mapping, in the order of the text; every name once.</summary>
public sealed class MapNode(Place place) : Node(place)
{
    private const int IndexedFrom = 9; // below this a look at every name is quicker than hashing

    private readonly List<Member> _members = [];
    private Dictionary<string, int>? _index;

    public IReadOnlyList<Member> Members => _members;

    public override string Kind => "an object";

    public Node? this[string name] => IndexOf(name) is var i and >= 0 ? _members[i].Value : null;

    public Member? Find(string name) => IndexOf(name) is var i and >= 0 ? _members[i] : null;

    public bool Has(string name) => IndexOf(name) >= 0;

    /// <returns>False when there is such a member already; it stays as it is.</returns>
    public bool TryAdd(string name, Place place, Node value)
    {
        if (Has(name)) return false;

        _members.Add(new(name, place, value));
        if (_index is not null) _index.Add(name, _members.Count - 1);
        else if (_members.Count == IndexedFrom) _index = Index();
        return true;
    }

    /// <summary>Gives an existing member another value.</summary>
    public void Replace(string name, Node value)
    {
        int i = IndexOf(name);
        _members[i] = _members[i] with { Value = value };
    }

    public void Remove(string name)
    {
        _members.RemoveAt(IndexOf(name));
        if (_index is not null) _index = Index();
    }

    private int IndexOf(string name)
    {
        if (_index is not null) return _index.TryGetValue(name, out int found) ? found : -1;

        for (int i = 0; i < _members.Count; i++)
        {
            if (_members[i].Name == name) return i;
        }

        return -1;
    }

    private Dictionary<string, int> Index()
    {
        var index = new Dictionary<string, int>(_members.Count, StringComparer.Ordinal);
        for (int i = 0; i < _members.Count; i++) index.Add(_members[i].Name, i);
        return index;
    }
}
