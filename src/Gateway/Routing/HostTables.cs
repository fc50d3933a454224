using System.Collections.Frozen;

namespace Stateway.Gateway.Routing;

/// <summary>The hosts that have paths of their own, by name. Immutable.</summary>
public sealed class HostTables
{
    private readonly FrozenDictionary<string, HostRoutes>.AlternateLookup<ReadOnlySpan<char>> _names;
    private readonly FrozenDictionary<string, HostRoutes>.AlternateLookup<ReadOnlySpan<char>> _parents;

    /// <param name="names">Without ports, in any case, each once.</param>
    /// <param name="parents">Hosts exactly one label below these, unless they have a name of their own.</param>
    public HostTables(IEnumerable<KeyValuePair<string, HostRoutes>> names, IEnumerable<KeyValuePair<string, HostRoutes>> parents)
    {
        _names = names.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();
        _parents = parents.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <param name="host">As a request has it: perhaps with a port, or a dot at its end.</param>
    /// <returns>Null when none of them is meant.</returns>
    public HostRoutes? Find(ReadOnlySpan<char> host)
    {
        var name = NameOf(host);
        if (name.IsEmpty) return null;
        if (_names.TryGetValue(name, out var routes)) return routes;

        int dot = name.IndexOf('.');
        return dot > 0 && IsLabel(name[..dot]) && _parents.TryGetValue(name[(dot + 1)..], out routes) ? routes : null;
    }

    /// <summary>Without a port, and without the dot of a name from the root. An IPv6 address comes out as no name.</summary>
    public static ReadOnlySpan<char> NameOf(ReadOnlySpan<char> host)
    {
        int colon = host.IndexOf(':');
        if (colon >= 0) host = host[..colon];
        return host.EndsWith(".") ? host[..^1] : host;
    }

    private static bool IsLabel(ReadOnlySpan<char> label)
    {
        foreach (char c in label)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_')) return false;
        }

        return true;
    }
}
