namespace Stateway.Gateway.Content.Xml;

/// <summary>
/// What an object being read has so far. The items of an unwrapped array may stand anywhere among the other elements:
/// <c>&lt;tag/&gt;&lt;name/&gt;&lt;tag/&gt;</c>. The first run of them becomes the array; the strays are kept aside,
/// and <see cref="End"/> puts them at its end.
/// </summary>
internal sealed class XmlMembers(XmlNode node, ByteBuffer json) : IDisposable
{
    private readonly bool[] _seen = node.Properties.Length == 0 ? [] : new bool[node.Properties.Length];
    private HashSet<string>? _others;
    private bool _isFirst = true;

    private XmlProperty? _running;
    private int[]? _ends; // by property: where in the JSON its run ends, just before the bracket; 0 for none
    private ByteBuffer? _strays;
    private List<(XmlProperty Property, int Start, int Length)>? _strayItems;

    /// <summary>Read with the start tag, in the order of the shape.</summary>
    public List<(XmlProperty Property, string Value)> Attributes { get; } = [];

    public int AttributesDone { get; set; }

    /// <summary>Attributes of properties below this index come first, whatever else there is.</summary>
    public int LeadingAttributes
    {
        get
        {
            int i = 0;
            while (i < node.Properties.Length && node.Properties[i].Attribute is not null) i++;
            return i;
        }
    }

    /// <returns>False when the object has one of this name.</returns>
    public bool TryAdd(XmlProperty? property, string name)
    {
        if (property is null) return (_others ??= []).Add(name);
        if (_seen[property.Index]) return false;
        return _seen[property.Index] = true;
    }

    /// <summary>Ends what came before the next member.</summary>
    public void Begin(XmlProperty? next)
    {
        if (_running != next) EndRun();
        if (!_isFirst) json.Append((byte)',');
        _isFirst = false;
    }

    public void Run(XmlProperty property)
    {
        _running = property;
        json.Append((byte)'[');
    }

    public bool IsRunning(XmlProperty property) => _running == property;

    /// <summary>Its items came before, and something else after them.</summary>
    public bool HasRun(XmlProperty property) => _ends is not null && _ends[property.Index] > 0;

    /// <summary>Where a stray item is to be written.</summary>
    public ByteBuffer Stray(XmlProperty property)
    {
        EndRun();
        _strays ??= new ByteBuffer();
        (_strayItems ??= []).Add((property, _strays.Length, 0));
        return _strays;
    }

    public void EndStray(ByteBuffer strays)
    {
        var (property, start, _) = _strayItems![^1];
        _strayItems[^1] = (property, start, strays.Length - start);
    }

    public void End()
    {
        EndRun();
        if (_strayItems is null) return;

        // Stable, so that the items keep their order; one copy of what stands behind the first array.
        var items = _strayItems.OrderBy(item => _ends![item.Property.Index]).ToArray();
        int copied = _ends![items[0].Property.Index];
        using var tail = new ByteBuffer(json.Length - copied + 1);
        tail.Append(json.Written[copied..]);
        json.Truncate(copied);
        int tailStart = copied;
        foreach (var (property, start, length) in items)
        {
            int end = _ends[property.Index];
            json.Append(tail.Written[(copied - tailStart)..(end - tailStart)]);
            copied = end;
            json.Append((byte)',');
            json.Append(_strays!.Written.Slice(start, length));
        }

        json.Append(tail.Written[(copied - tailStart)..]);
    }

    public void Dispose() => _strays?.Dispose();

    private void EndRun()
    {
        if (_running is null) return;

        (_ends ??= new int[node.Properties.Length])[_running.Index] = json.Length;
        json.Append((byte)']');
        _running = null;
    }
}
