using Stateway.Model.Schemas.Json;

namespace Stateway.Model.Schemas.Checks;

/// <summary>The names that an object schema knows, in the order of the document, found by their UTF-8 bytes.</summary>
internal sealed class NameTable
{
    private readonly ulong[] _keys;
    private readonly byte[][] _names;

    public NameTable(IReadOnlyList<string> names)
    {
        Texts = [.. names];
        _names = [.. names.Select(System.Text.Encoding.UTF8.GetBytes)];
        _keys = [.. _names.Select(name => JsonName.KeyOf(name))];
    }

    public string[] Texts { get; }
    public int Count => _keys.Length;

    /// <param name="name">Index of a name token.</param>
    /// <param name="expected">Where to look first: after the last one found, as members mostly stand in the schema's order.</param>
    /// <returns>Index of the name, or -1.</returns>
    public int Find(in JsonText text, int name, int expected)
    {
        ulong key = text.Tokens[name].Key;
        if ((uint)expected < (uint)_keys.Length && Matches(text, name, key, expected)) return expected;

        int from = 0;
        while (_keys.AsSpan(from).IndexOf(key) is var found and >= 0)
        {
            if (Matches(text, name, key, from + found)) return from + found;
            from += found + 1;
        }

        return -1;
    }

    private bool Matches(in JsonText text, int name, ulong key, int index) => _keys[index] == key
        && (JsonName.IsExact(key) || text.StringAt(name).SequenceEqual(_names[index]));
}
