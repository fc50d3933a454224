using System.Text.Json;
using Stateway.Gateway.Content;

namespace Stateway.Collections.Patches;

/// <summary>
/// A value of the document being patched. It stays a slice of its text until an operation reaches into it, so that
/// what no operation touches keeps its bytes.
/// </summary>
internal sealed class PatchNode(ReadOnlyMemory<byte> json)
{
    private OrderedDictionary<string, Member>? _members;
    private List<PatchNode>? _items;

    private readonly record struct Member(ReadOnlyMemory<byte> Name, PatchNode Value);

    public bool IsObject { get; } = json.Span[0] == (byte)'{';
    public bool IsArray { get; } = json.Span[0] == (byte)'[';

    /// <returns>Null when there is none, or when this is neither an object nor an array.</returns>
    public PatchNode? Find(string token)
    {
        Expand();
        if (_members is not null) return _members.TryGetValue(token, out var member) ? member.Value : null;
        return _items is not null && JsonPointer.TryParseIndex(token, out int index) && index < _items.Count ? _items[index] : null;
    }

    /// <summary>Adds a member, or replaces it in its place; inserts an item, or appends it at <c>-</c>.</summary>
    /// <returns>False when there is no such place.</returns>
    public bool TryAdd(string token, PatchNode value)
    {
        Expand();
        if (_members is not null)
        {
            _members[token] = new Member(_members.TryGetValue(token, out var old) ? old.Name : Quote(token), value);
            return true;
        }

        if (_items is null) return false;

        int index = _items.Count;
        if (token != "-" && (!JsonPointer.TryParseIndex(token, out index) || index > _items.Count)) return false;
        _items.Insert(index, value);
        return true;
    }

    public bool TryReplace(string token, PatchNode value)
    {
        if (Find(token) is null) return false;
        if (_members is not null) return TryAdd(token, value);

        JsonPointer.TryParseIndex(token, out int index);
        _items![index] = value;
        return true;
    }

    public bool TryRemove(string token)
    {
        if (Find(token) is null) return false;
        if (_members is not null) return _members.Remove(token);

        JsonPointer.TryParseIndex(token, out int index);
        _items!.RemoveAt(index);
        return true;
    }

    /// <summary>Equal as RFC 6902, section 4.6, says: members in any order, numbers by value.</summary>
    public bool IsEqualTo(PatchNode other)
    {
        if (IsObject != other.IsObject || IsArray != other.IsArray) return false;

        Expand();
        other.Expand();
        if (_members is not null)
        {
            if (_members.Count != other._members!.Count) return false;
            foreach (var (name, member) in _members)
            {
                if (!other._members.TryGetValue(name, out var its) || !member.Value.IsEqualTo(its.Value)) return false;
            }

            return true;
        }

        if (_items is not null)
        {
            if (_items.Count != other._items!.Count) return false;
            for (int i = 0; i < _items.Count; i++)
            {
                if (!_items[i].IsEqualTo(other._items[i])) return false;
            }

            return true;
        }

        return AreScalarsEqual(json.Span, other.Json.Span);
    }

    /// <returns>Why it can't be written: it is larger or deeper than the limits. Null when it was.</returns>
    public PatchFailure? Write(ByteBuffer output, int bytesMax, int depth = 0)
    {
        if (depth > PatchText.DepthMax) return PatchFailure.TooDeep;

        if (_members is not null)
        {
            char separator = '{';
            foreach (var member in _members.Values)
            {
                output.Append((byte)separator);
                separator = ',';
                output.Append(member.Name.Span);
                output.Append((byte)':');
                if (member.Value.Write(output, bytesMax, depth + 1) is { } failure) return failure;
            }

            if (separator == '{') output.Append((byte)'{');
            output.Append((byte)'}');
        }
        else if (_items is not null)
        {
            output.Append((byte)'[');
            for (int i = 0; i < _items.Count; i++)
            {
                if (i > 0) output.Append((byte)',');
                if (_items[i].Write(output, bytesMax, depth + 1) is { } failure) return failure;
            }

            output.Append((byte)']');
        }
        else
        {
            if (json.Length > bytesMax - output.Length) return PatchFailure.TooLarge;
            output.Append(json.Span);
        }

        return output.Length > bytesMax ? PatchFailure.TooLarge : null;
    }

    /// <summary>A value of its own with the same text.</summary>
    /// <returns>Why there is none: it would be larger or deeper than the limits.</returns>
    public PatchFailure? Copy(int bytesMax, out PatchNode copy, out int bytes)
    {
        copy = this;
        bytes = json.Length;
        if (_members is null && _items is null)
        {
            copy = new PatchNode(json); // a slice may be shared: nothing writes into it
            return bytes > bytesMax ? PatchFailure.TooLarge : null;
        }

        using var text = new ByteBuffer();
        if (Write(text, bytesMax) is { } failure) return failure;
        if (!PatchText.IsShallow(text.Written)) return PatchFailure.TooDeep;

        bytes = text.Length;
        copy = new PatchNode(text.Written.ToArray());
        return null;
    }

    private ReadOnlyMemory<byte> Json => json;

    private void Expand()
    {
        if (_members is not null || _items is not null) return;
        if (IsObject) _members = [];
        else if (IsArray) _items = [];
        else return;

        var reader = new Utf8JsonReader(json.Span, PatchText.Options);
        reader.Read();
        while (reader.Read() && reader.TokenType is not (JsonTokenType.EndObject or JsonTokenType.EndArray))
        {
            if (_items is not null)
            {
                _items.Add(Next(ref reader));
                continue;
            }

            string name = PatchText.Text(ref reader);
            var quoted = json.Slice((int)reader.TokenStartIndex, reader.ValueSpan.Length + 2);
            reader.Read();
            _members![name] = new Member(quoted, Next(ref reader));
        }
    }

    private PatchNode Next(ref Utf8JsonReader reader)
    {
        int start = (int)reader.TokenStartIndex;
        reader.Skip();
        return new PatchNode(json[start..(int)reader.BytesConsumed]);
    }

    private static bool AreScalarsEqual(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        if (a.SequenceEqual(b)) return true;

        return (a[0], b[0]) switch
        {
            ((byte)'"', (byte)'"') => Text(a) == Text(b),
            ((byte)'-' or (>= (byte)'0' and <= (byte)'9'), (byte)'-' or (>= (byte)'0' and <= (byte)'9')) => JsonNumber.AreEqual(a, b),
            _ => false,
        };
    }

    private static string Text(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        return PatchText.Text(ref reader);
    }

    private static ReadOnlyMemory<byte> Quote(string name)
    {
        using var text = new ByteBuffer(name.Length + 16);
        JsonText.WriteString(text, name);
        return text.Written.ToArray();
    }
}
