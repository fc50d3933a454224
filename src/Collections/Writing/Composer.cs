using System.Globalization;
using System.Text;
using System.Text.Json;
using Stateway.Collections.Representations;
using Stateway.Gateway.Content;
using Stateway.Model.Schemas;

namespace Stateway.Collections.Writing;

/// <summary>
/// Makes the value that is stored of the body that came: drops what the store or the server owns (readOnly), keeps
/// those fields' present values, adds defaults, the id and the times. Everything else is copied byte for byte.
/// </summary>
internal sealed class Composer
{
    public const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    private readonly Mask _owned; // without what the server owns
    private readonly Defaults _defaults;

    public Composer(Shape shape)
    {
        _owned = Mask.Without(shape, property => property.ReadOnly) ?? Mask.All;
        _defaults = Defaults.Of(shape);
    }

    /// <param name="body">An object that the request schema accepts.</param>
    /// <param name="current">The stored value that is replaced; empty when there is none.</param>
    /// <param name="trusted">What the server owns may be given, too: a seed.</param>
    public byte[] Compose(ReadOnlySpan<byte> body, string id, ReadOnlySpan<byte> current, DateTimeOffset now, bool trusted = false)
    {
        using var output = new ByteBuffer(body.Length + current.Length + 160);
        output.Append("{\"id\":\""u8);
        WriteAscii(output, id);
        output.Append((byte)'"');

        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = 70 });
        reader.Read();
        CopyProperties(trusted ? Mask.All : _owned, ref reader, body, current, output, isRoot: true, first: false);

        if (_defaults.IsEmpty) return Finish(output, current, now);

        output.Append((byte)'}');
        using var completed = new ByteBuffer(output.Length + 160);
        _defaults.Apply(output.Written, completed);
        completed.Truncate(completed.Length - 1); // the brace
        return Finish(completed, current, now);
    }

    /// <summary>Adds the times and the closing brace.</summary>
    private static byte[] Finish(ByteBuffer output, ReadOnlySpan<byte> current, DateTimeOffset now)
    {
        output.Append(",\"create_time\":"u8);
        var created = current.IsEmpty ? default : JsonSlice.Find(current, "create_time");
        if (created.IsEmpty) WriteTime(output, now);
        else output.Append(created);
        output.Append(",\"update_time\":"u8);
        WriteTime(output, now);
        output.Append((byte)'}');
        return output.Written.ToArray();
    }

    public static string TextOf(DateTimeOffset time) => time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);

    /// <summary>The update time as it stands in a stored value.</summary>
    public static byte[] TimeOf(DateTimeOffset time)
    {
        using var output = new ByteBuffer(26);
        WriteTime(output, time);
        return output.Written.ToArray();
    }

    private static void WriteTime(ByteBuffer output, DateTimeOffset time)
    {
        output.Append((byte)'"');
        var span = output.GetSpan(24);
        time.UtcDateTime.TryFormat(span, out int written, TimeFormat, CultureInfo.InvariantCulture);
        output.Advance(written);
        output.Append((byte)'"');
    }

    private static void WriteAscii(ByteBuffer output, string text)
    {
        Ascii.FromUtf16(text, output.GetSpan(text.Length), out int written);
        output.Advance(written);
    }

    /// <summary>
    /// Copies an object's properties without its braces: what the server owns is left out, and present values of it are kept.
    /// </summary>
    /// <param name="reader">On the object's start; on its end afterwards.</param>
    /// <param name="isRoot">The store's own three fields are left away too, whatever the schema says of them.</param>
    /// <param name="first">Nothing stands in front in this object.</param>
    private static void CopyProperties(
        Mask mask, ref Utf8JsonReader reader, ReadOnlySpan<byte> json, ReadOnlySpan<byte> current, ByteBuffer output, bool isRoot, bool first)
    {
        var present = new PresentMembers(current);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = json.Slice((int)reader.TokenStartIndex, reader.ValueSpan.Length + 2);
            string? known = mask.IsAll ? null : reader.GetString();
            var part = known is null ? mask : mask.Part(known);
            if (part is null || (isRoot && IsStoreOwned(ref reader)))
            {
                reader.Skip();
                continue;
            }

            Separate(output, ref first);
            output.Append(name);
            output.Append((byte)':');
            reader.Read();
            Copy(part, ref reader, json, known is null || part.IsAll ? default : present.Find(known), output);
        }

        if (!present.IsEmpty) KeepPresent(mask, ref present, output, isRoot, ref first);
    }

    /// <summary>Copies a value without the white space between its tokens; the tokens stay as they were written.</summary>
    private static void Copy(Mask mask, ref Utf8JsonReader reader, ReadOnlySpan<byte> json, ReadOnlySpan<byte> current, ByteBuffer output)
    {
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            output.Append((byte)'{');
            CopyProperties(mask, ref reader, json, current, output, isRoot: false, first: true);
            output.Append((byte)'}');
        }
        else if (reader.TokenType == JsonTokenType.StartArray)
        {
            // Items have no identity, so what the server owns in them is kept only with the whole list as it was.
            if (!current.IsEmpty)
            {
                var end = reader;
                end.Skip();
                if (json[(int)reader.TokenStartIndex..(int)end.BytesConsumed].SequenceEqual(current))
                {
                    output.Append(current);
                    reader = end;
                    return;
                }
            }

            output.Append((byte)'[');
            bool first = true;
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                Separate(output, ref first);
                Copy(mask.Items, ref reader, json, default, output);
            }

            output.Append((byte)']');
        }
        else
        {
            output.Append(json[(int)reader.TokenStartIndex..(int)reader.BytesConsumed]);
        }
    }

    private static void KeepPresent(Mask mask, ref PresentMembers present, ByteBuffer output, bool isRoot, ref bool first)
    {
        foreach (string field in mask.Dropped)
        {
            if (isRoot && field is "id" or "create_time" or "update_time") continue;
            var value = present.Find(field);
            if (value.IsEmpty) continue;

            Separate(output, ref first);
            output.Append(JsonSerializer.SerializeToUtf8Bytes(field));
            output.Append((byte)':');
            output.Append(value);
        }
    }

    private static bool IsStoreOwned(ref Utf8JsonReader reader) =>
        reader.ValueTextEquals("id"u8) || reader.ValueTextEquals("create_time"u8) || reader.ValueTextEquals("update_time"u8);

    private static void Separate(ByteBuffer output, ref bool first)
    {
        if (!first) output.Append((byte)',');
        first = false;
    }
}
