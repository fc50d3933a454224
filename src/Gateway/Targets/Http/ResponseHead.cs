using System.Buffers.Text;
using System.Text;

namespace Stateway.Gateway.Targets.Http;

internal enum Framing { None, Length, Chunked, ToClose }

/// <summary>
/// The status line and header section of one answer, and what they say about its body (RFC 9112, sections 4 to 6).
/// Kept and used again by one connection.
/// </summary>
internal sealed class ResponseHead(int bytesMax, int fieldsMax)
{
    private int _scanned;
    private bool _hasStatus;
    private string? _error;

    public FieldSection Fields { get; } = new(bytesMax, fieldsMax);

    public int Status { get; private set; }
    public bool IsHttp10 { get; private set; }
    public Framing Framing { get; private set; }

    /// <summary>The body's length when <see cref="Framing"/> says so; of a body that is not there (HEAD, 304) the length it would have; else null.</summary>
    public long? ContentLength { get; private set; }

    /// <summary>The connection can be used again once the body is read.</summary>
    public bool KeepsAlive { get; private set; }

    /// <summary>A Connection field names other fields than its own options.</summary>
    public bool HasConnectionFields { get; private set; }

    /// <summary>Trailers are announced.</summary>
    public bool HasTrailer { get; private set; }

    public int Length => Fields.Length;

    public string Error => _error ?? Fields.Error ?? "";

    public void Begin()
    {
        _scanned = 0;
        _hasStatus = false;
        _error = null;
    }

    /// <summary>Goes on where it stopped: <paramref name="bytes"/> is what it was before, and more.</summary>
    public SectionState Read(ReadOnlySpan<byte> bytes, bool isHead)
    {
        if (!_hasStatus)
        {
            var state = ReadStatusLine(bytes);
            if (state != SectionState.Complete) return state;
            _hasStatus = true;
        }

        var fields = Fields.Read(bytes);
        if (fields != SectionState.Complete) return fields;

        _error = Understand(bytes, isHead);
        return _error is null ? SectionState.Complete : SectionState.Malformed;
    }

    private SectionState ReadStatusLine(ReadOnlySpan<byte> bytes)
    {
        // A wrong start is refused as soon as it is seen: what is no HTTP may never send a line's end.
        var prefix = "HTTP/1."u8;
        int seen = Math.Min(bytes.Length, prefix.Length);
        if (!bytes[..seen].SequenceEqual(prefix[..seen])) return Fail("something that is not an HTTP/1 answer");

        var state = FieldSection.TryFindLine(bytes, 0, ref _scanned, out int length);
        if (state == SectionState.Incomplete && bytes.Length > bytesMax) return Fail("a status line without an end");
        if (state == SectionState.Incomplete) return state;

        // HTTP/1.1 200 OK; the space and the reason may be missing
        var line = bytes[..length];
        if (state == SectionState.Malformed || length < 12
            || line[7] is not ((byte)'0' or (byte)'1') || line[8] != ' '
            || !Utf8Parser.TryParse(line.Slice(9, 3), out ushort status, out int digits) || digits != 3 || line[9] is < (byte)'1' or > (byte)'5'
            || (length > 12 && line[12] != ' ') || !FieldText.IsValue(line))
            return Fail("an invalid status line");

        IsHttp10 = line[7] == '0';
        Status = status;
        Fields.Begin(length + 2);
        return SectionState.Complete;
    }

    private string? Understand(ReadOnlySpan<byte> bytes, bool isHead)
    {
        bool close = false, keepAlive = false, isChunked = false;
        ContentLength = null;
        HasConnectionFields = HasTrailer = false;

        for (int i = 0; i < Fields.Count; i++)
        {
            switch (Fields[i].Role)
            {
                case FieldRole.Connection:
                    ReadConnection(Fields.Value(bytes, i), ref close, ref keepAlive);
                    break;
                case FieldRole.ContentLength:
                    if (!TryReadLength(Fields.Value(bytes, i))) return "an invalid Content-Length, or two that differ";
                    break;
                case FieldRole.TransferEncoding:
                    if (isChunked || !Ascii.EqualsIgnoreCase(Fields.Value(bytes, i), "chunked"u8))
                        return "a Transfer-Encoding that is not just chunked";
                    isChunked = true;
                    break;
                case FieldRole.Trailer:
                    HasTrailer = true;
                    break;
            }
        }

        // Each of the two could be what the next reader believes (RFC 9112, sections 6.1 and 6.3).
        if (isChunked && ContentLength is not null) return "both Content-Length and Transfer-Encoding";
        if (isChunked && IsHttp10) return "Transfer-Encoding in HTTP/1.0";

        bool hasNoBody = isHead || Status is < 200 or 204 or 205 or 304;
        Framing = hasNoBody ? Framing.None
            : isChunked ? Framing.Chunked
            : ContentLength is not null ? Framing.Length
            : Framing.ToClose;

        // A body that must not be there may come all the same: nothing behind such a head can be trusted.
        bool isSuspect = !isHead && Status switch
        {
            204 or < 200 => isChunked || ContentLength > 0,
            205 => ContentLength is not 0,
            _ => false,
        };
        KeepsAlive = !close && !isSuspect && Framing != Framing.ToClose && (!IsHttp10 || keepAlive);
        return null;
    }

    private void ReadConnection(ReadOnlySpan<byte> list, ref bool close, ref bool keepAlive)
    {
        while (FieldText.TryTakeMember(ref list, out var member))
        {
            if (Ascii.EqualsIgnoreCase(member, "close"u8)) close = true;
            else if (Ascii.EqualsIgnoreCase(member, "keep-alive"u8)) keepAlive = true;
            else if (!Ascii.EqualsIgnoreCase(member, "upgrade"u8)) HasConnectionFields = true;
        }
    }

    /// <summary>One number, or a list of the same number (RFC 9110, section 8.6).</summary>
    private bool TryReadLength(ReadOnlySpan<byte> value)
    {
        if (value.Length == 0) return false;

        while (FieldText.TryTakeMember(ref value, out var member))
        {
            if (member.ContainsAnyExceptInRange((byte)'0', (byte)'9')
                || !Utf8Parser.TryParse(member, out long length, out int digits) || digits != member.Length
                || (ContentLength is { } other && other != length))
                return false;

            ContentLength = length;
        }

        return ContentLength is not null;
    }

    private SectionState Fail(string error)
    {
        _error = error;
        return SectionState.Malformed;
    }
}
