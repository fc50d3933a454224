using System.Buffers;
using System.Text.Json;

namespace Stateway.Store.Etcd;

/// <summary>A request of etcd's JSON gateway being written. Keys and values are base64 there.</summary>
internal sealed class RequestBody
{
    private readonly ArrayBufferWriter<byte> _buffer = new(1_024);

    public RequestBody() => Json = new(_buffer, new() { SkipValidation = true });

    public Utf8JsonWriter Json { get; }

    /// <param name="revision">0: the newest.</param>
    /// <param name="limit">0: all.</param>
    public static ReadOnlyMemory<byte> Range(byte[] key, byte[]? end = null, long revision = 0, int limit = 0)
    {
        var body = new RequestBody();
        body.WriteRange(key, end, revision, limit);
        return body.Finish();
    }

    public static ReadOnlyMemory<byte> Watch(KeyRange range, long start, bool withBefore)
    {
        var body = new RequestBody();
        body.Json.WriteStartObject();
        body.Json.WriteStartObject("create_request"u8);
        body.Json.WriteBase64String("key"u8, range.Start);
        body.Json.WriteBase64String("range_end"u8, range.End);
        body.Json.WriteNumber("start_revision"u8, start);
        if (withBefore) body.Json.WriteBoolean("prev_kv"u8, true);
        body.Json.WriteEndObject();
        body.Json.WriteEndObject();
        return body.Finish();
    }

    /// <summary>A request of a few members, all of them numbers.</summary>
    public static ReadOnlyMemory<byte> Numbers(params ReadOnlySpan<(string Name, long Value)> members)
    {
        var body = new RequestBody();
        body.Json.WriteStartObject();
        foreach (var (name, value) in members) body.Json.WriteNumber(name, value);
        body.Json.WriteEndObject();
        return body.Finish();
    }

    public static ReadOnlyMemory<byte> Credentials(string user, string password)
    {
        var body = new RequestBody();
        body.Json.WriteStartObject();
        body.Json.WriteString("name"u8, user);
        body.Json.WriteString("password"u8, password);
        body.Json.WriteEndObject();
        return body.Finish();
    }

    public void WriteRange(byte[] key, byte[]? end = null, long revision = 0, int limit = 0)
    {
        Json.WriteStartObject();
        Json.WriteBase64String("key"u8, key);
        if (end is not null) Json.WriteBase64String("range_end"u8, end);
        if (revision != 0) Json.WriteNumber("revision"u8, revision);
        if (limit != 0) Json.WriteNumber("limit"u8, limit);
        Json.WriteEndObject();
    }

    public void WriteRangeOperation(byte[] key, long revision = 0)
    {
        Json.WriteStartObject();
        Json.WritePropertyName("request_range"u8);
        WriteRange(key, revision: revision);
        Json.WriteEndObject();
    }

    /// <param name="lease">0: none.</param>
    public void WritePut(byte[] key, byte[] value, long lease = 0)
    {
        Json.WriteStartObject();
        Json.WriteStartObject("request_put"u8);
        Json.WriteBase64String("key"u8, key);
        Json.WriteBase64String("value"u8, value);
        if (lease != 0) Json.WriteNumber("lease"u8, lease);
        Json.WriteEndObject();
        Json.WriteEndObject();
    }

    public void WriteDelete(byte[] key, byte[]? end = null)
    {
        Json.WriteStartObject();
        Json.WriteStartObject("request_delete_range"u8);
        Json.WriteBase64String("key"u8, key);
        if (end is not null) Json.WriteBase64String("range_end"u8, end);
        Json.WriteEndObject();
        Json.WriteEndObject();
    }

    public void WriteModifiedAt(byte[] key, long revision)
    {
        Json.WriteStartObject();
        Json.WriteBase64String("key"u8, key);
        Json.WriteString("target"u8, "MOD"u8);
        Json.WriteNumber("mod_revision"u8, revision);
        Json.WriteEndObject();
    }

    public void WriteCreatedAt(byte[] key, long revision)
    {
        Json.WriteStartObject();
        Json.WriteBase64String("key"u8, key);
        Json.WriteString("target"u8, "CREATE"u8);
        Json.WriteNumber("create_revision"u8, revision);
        Json.WriteEndObject();
    }

    public ReadOnlyMemory<byte> Finish()
    {
        Json.Flush();
        return _buffer.WrittenMemory;
    }
}
