using System.Text.Json;

namespace Stateway.Collections.Writing;

/// <summary>
/// The members of a stored object. They are found together when the first is asked for: to search the text for each of them
/// would take time with the square of its size.
/// </summary>
/// <param name="json">What is there; empty, or no object, has no members.</param>
internal ref struct PresentMembers(ReadOnlySpan<byte> json)
{
    private readonly ReadOnlySpan<byte> _json = json is [(byte)'{', ..] ? json : default;
    private Dictionary<string, Range>? _members;

    public readonly bool IsEmpty => _json.IsEmpty;

    /// <summary>The bytes of a member's value; empty when there is none.</summary>
    public ReadOnlySpan<byte> Find(string name)
    {
        if (_json.IsEmpty) return default;

        _members ??= Read(_json);
        return _members.TryGetValue(name, out var range) ? _json[range] : default;
    }

    private static Dictionary<string, Range> Read(ReadOnlySpan<byte> json)
    {
        var members = new Dictionary<string, Range>(StringComparer.Ordinal);
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            reader.Read();
            int start = (int)reader.TokenStartIndex;
            reader.Skip();
            members[name] = start..(int)reader.BytesConsumed;
        }

        return members;
    }
}
