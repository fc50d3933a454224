using System.Buffers.Text;
using System.Text.Json;

namespace Stateway.Store.Etcd;

/// <summary>The gateway's JSON: 64-bit integers come as text, members of the value 0 are left out.</summary>
internal static class GatewayJson
{
    /// <summary>The reader stands on the name; afterwards on the value.</summary>
    public static long ReadInt64(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Number) return reader.GetInt64();
        if (reader.TokenType == JsonTokenType.String && Utf8Parser.TryParse(reader.ValueSpan, out long value, out int read) && read == reader.ValueSpan.Length)
            return value;
        throw new JsonException("An integer was expected.");
    }

    public static void SkipValue(ref Utf8JsonReader reader)
    {
        reader.Read();
        reader.Skip();
    }

    public static RangeAnswer ReadRange(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        return ReadRange(ref reader);
    }

    public static TxnAnswer ReadTxn(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        bool succeeded = false;
        long revision = 0;
        var ranges = new List<RangeAnswer>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("header"u8)) revision = ReadHeader(ref reader);
            else if (reader.ValueTextEquals("succeeded"u8))
            {
                reader.Read();
                succeeded = reader.GetBoolean();
            }
            else if (reader.ValueTextEquals("responses"u8)) ReadResponses(ref reader, ranges);
            else SkipValue(ref reader);
        }

        return new(succeeded, revision, ranges);
    }

    /// <summary>One integer of an answer's top level, or of its <c>result</c>; 0 when it is not there.</summary>
    public static long ReadInt64(ReadOnlySpan<byte> json, ReadOnlySpan<byte> name)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals(name)) return ReadInt64(ref reader);
            if (reader.ValueTextEquals("result"u8)) reader.Read(); // its members follow
            else SkipValue(ref reader);
        }

        return 0;
    }

    /// <summary>The revision; the reader stands on the header's name.</summary>
    public static long ReadHeader(ref Utf8JsonReader reader)
    {
        long revision = 0;
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("revision"u8)) revision = ReadInt64(ref reader);
            else SkipValue(ref reader);
        }

        return revision;
    }

    private static void ReadResponses(ref Utf8JsonReader reader, List<RangeAnswer> ranges)
    {
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isRange = reader.ValueTextEquals("response_range"u8);
                reader.Read();
                if (isRange) ranges.Add(ReadRange(ref reader));
                else reader.Skip();
            }
        }
    }

    private static RangeAnswer ReadRange(ref Utf8JsonReader reader)
    {
        long revision = 0;
        bool more = false;
        var pairs = new List<KeyValue>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("header"u8)) revision = ReadHeader(ref reader);
            else if (reader.ValueTextEquals("more"u8))
            {
                reader.Read();
                more = reader.GetBoolean();
            }
            else if (reader.ValueTextEquals("kvs"u8))
            {
                reader.Read();
                while (reader.Read() && reader.TokenType == JsonTokenType.StartObject) pairs.Add(KeyValue.Read(ref reader));
            }
            else SkipValue(ref reader);
        }

        return new(revision, pairs, more);
    }
}

/// <param name="Revision">etcd's own, when it answered.</param>
/// <param name="More">The limit cut it off.</param>
internal sealed record RangeAnswer(long Revision, List<KeyValue> Pairs, bool More);

/// <param name="Ranges">Of the operations that were ranges, in their order.</param>
internal sealed record TxnAnswer(bool Succeeded, long Revision, List<RangeAnswer> Ranges);
