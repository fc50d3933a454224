using System.Text.Json;

namespace Stateway.Store.Etcd;

/// <summary>A watch of a range of keys: answers in order, each with whole revisions of etcd.</summary>
internal sealed class WatchStream : IAsyncDisposable
{
    private const int LineBytesMax = 1 << 30;

    private readonly EtcdClient _client;
    private readonly HttpResponseMessage _response;
    private readonly Stream _stream;
    private byte[] _buffer = new byte[16 << 10];
    private int _start;
    private int _end;

    private WatchStream(EtcdClient client, HttpResponseMessage response, Stream stream) =>
        (_client, _response, _stream) = (client, response, stream);

    /// <param name="start">The first revision that is wanted.</param>
    /// <param name="withBefore">Events bring what the key was before.</param>
    /// <exception cref="EtcdException"/>
    public static async Task<WatchStream> OpenAsync(EtcdClient client, KeyRange range, long start, bool withBefore, TimeSpan timeout, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(timeout);
        try
        {
            var response = await client.StreamAsync("/v3/watch", RequestBody.Watch(range, start, withBefore), limit.Token);
            return new(client, response, await response.Content.ReadAsStreamAsync(ct));
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            client.LeaveEndpoint();
            throw new EtcdException(EtcdFailure.Broken, "etcd does not begin a watch in time.");
        }
    }

    /// <summary>The events of the next answer, which may be none.</summary>
    /// <param name="known">Events of revisions up to this one come without values; asked when they are there.</param>
    /// <exception cref="EtcdException">The watch has ended.</exception>
    public async Task ReadAsync(List<WatchEvent> events, Func<long> known, CancellationToken ct)
    {
        events.Clear();
        int scanned = 0;
        while (true)
        {
            int line = _buffer.AsSpan(_start + scanned, _end - _start - scanned).IndexOf((byte)'\n');
            if (line >= 0)
            {
                int length = scanned + line;
                try
                {
                    Parse(_buffer.AsSpan(_start, length), events, known());
                }
                catch (JsonException e)
                {
                    throw new EtcdException(EtcdFailure.Broken, "A watch gave no JSON: " + e.Message);
                }

                _start += length + 1;
                return;
            }

            scanned = _end - _start;
            await FillAsync(ct);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        _response.Dispose();
    }

    private async ValueTask FillAsync(CancellationToken ct)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
        {
            if (_end >= LineBytesMax) throw new EtcdException(EtcdFailure.Broken, $"An answer of a watch has more than {LineBytesMax} bytes.");
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        int read;
        try
        {
            read = await _stream.ReadAsync(_buffer.AsMemory(_end), ct);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw new EtcdException(EtcdFailure.Broken, "A watch broke: " + e.Message);
        }

        if (read == 0) throw new EtcdException(EtcdFailure.Broken, "etcd ended a watch.");
        _end += read;
    }

    private void Parse(ReadOnlySpan<byte> line, List<WatchEvent> events, long known)
    {
        var reader = new Utf8JsonReader(line);
        reader.Read();
        bool isCancelled = false;
        long compacted = 0;
        string reason = "it was cancelled";
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName) continue; // the objects that "result" and "error" are
            if (reader.ValueTextEquals("result"u8) || reader.ValueTextEquals("error"u8))
            {
                isCancelled |= reader.ValueTextEquals("error"u8);
                reader.Read();
            }
            else if (reader.ValueTextEquals("events"u8)) ReadEvents(ref reader, events, known);
            else if (reader.ValueTextEquals("compact_revision"u8)) compacted = GatewayJson.ReadInt64(ref reader);
            else if (reader.ValueTextEquals("canceled"u8))
            {
                reader.Read();
                isCancelled |= reader.GetBoolean();
            }
            else if (reader.ValueTextEquals("cancel_reason"u8) || reader.ValueTextEquals("message"u8))
            {
                reader.Read();
                reason = reader.GetString() ?? reason;
            }
            else GatewayJson.SkipValue(ref reader);
        }

        if (compacted > 0) throw new EtcdException(EtcdFailure.Compacted, $"etcd has compacted its history up to {compacted}.");
        if (isCancelled) throw _client.StreamFailure(reason);
    }

    private static void ReadEvents(ref Utf8JsonReader reader, List<WatchEvent> events, long known)
    {
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            bool isDeletion = false;
            KeyValue pair = default;
            KeyValue? before = null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("type"u8))
                {
                    reader.Read();
                    isDeletion = reader.ValueTextEquals("DELETE"u8);
                }
                else if (reader.ValueTextEquals("kv"u8))
                {
                    reader.Read();
                    pair = KeyValue.Read(ref reader, known);
                }
                else if (reader.ValueTextEquals("prev_kv"u8))
                {
                    reader.Read();
                    before = KeyValue.Read(ref reader);
                }
                else GatewayJson.SkipValue(ref reader);
            }

            events.Add(new(isDeletion, pair, before));
        }
    }
}

/// <param name="Pair">Of a deletion the key and the revision.</param>
/// <param name="Before">Only when it was asked for; null when there was nothing.</param>
internal readonly record struct WatchEvent(bool IsDeletion, KeyValue Pair, KeyValue? Before);
