using System.Buffers;
using System.Text.Json;

namespace Stateway.Collections.Writing;

/// <summary>New values of single fields, however deep, of a stored value. Everything else is copied byte for byte.</summary>
internal sealed class Changes
{
    private readonly Dictionary<string, (byte[]? Value, Changes? Inside)> _fields = new(StringComparer.Ordinal);

    /// <param name="path">With dots; objects that are missing on the way are made.</param>
    /// <param name="value">JSON; null removes the field.</param>
    public void Set(string path, byte[]? value)
    {
        int dot = path.IndexOf('.');
        if (dot < 0)
        {
            _fields[path] = (value, null);
            return;
        }

        if (!_fields.TryGetValue(path[..dot], out var field) || field.Inside is null) _fields[path[..dot]] = field = (null, new());
        field.Inside!.Set(path[(dot + 1)..], value);
    }

    public byte[] ApplyTo(ReadOnlySpan<byte> json)
    {
        var output = new ArrayBufferWriter<byte>(json.Length + 128);
        Write(json, output);
        return output.WrittenSpan.ToArray();
    }

    /// <param name="json">What is there; when it is no object, one takes its place.</param>
    private void Write(ReadOnlySpan<byte> json, IBufferWriter<byte> output)
    {
        var left = new HashSet<string>(_fields.Keys, StringComparer.Ordinal);
        bool first = true;
        output.Write("{"u8);
        if (!json.IsEmpty && json[0] == '{') WritePresent(json, output, left, ref first);
        foreach (string name in left)
        {
            var (value, inside) = _fields[name];
            if (value is null && inside is not { IsRemoval: false }) continue;

            Separate(output, ref first);
            output.Write(JsonSerializer.SerializeToUtf8Bytes(name));
            output.Write(":"u8);
            if (inside is null) output.Write(value);
            else inside.Write(default, output);
        }

        output.Write("}"u8);
    }

    private void WritePresent(ReadOnlySpan<byte> json, IBufferWriter<byte> output, HashSet<string> left, ref bool first)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            int nameStart = (int)reader.TokenStartIndex;
            reader.Read();
            int valueStart = (int)reader.TokenStartIndex;
            reader.Skip();
            bool isChanged = left.Remove(name);
            var (value, inside) = isChanged ? _fields[name] : default;
            if (isChanged && value is null && inside is null) continue;

            Separate(output, ref first);
            output.Write(json[nameStart..valueStart]);
            var present = json[valueStart..(int)reader.BytesConsumed];
            if (inside is not null) inside.Write(present, output);
            else output.Write(isChanged ? value : present);
        }
    }

    /// <summary>Nothing is set, only removed: no object has to be made for that.</summary>
    private bool IsRemoval => _fields.Values.All(f => f.Value is null && f.Inside is not { IsRemoval: false });

    private static void Separate(IBufferWriter<byte> output, ref bool first)
    {
        if (!first) output.Write(","u8);
        first = false;
    }
}
