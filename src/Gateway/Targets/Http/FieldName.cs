using System.Text;
using Microsoft.Net.Http.Headers;
using Stateway.Gateway.Tracing;

namespace Stateway.Gateway.Targets.Http;

/// <summary>What a forwarder does with a field.</summary>
internal enum FieldRole : byte
{
    /// <summary>Passed on.</summary>
    EndToEnd,

    /// <summary>About this connection only (RFC 9110, section 7.6.1), or about who forwarded: dropped, or written anew.</summary>
    Dropped,

    Connection,
    ContentLength,
    TransferEncoding,
    Te,
    Upgrade,
    Expect,
    Host,
    Cookie,
    Via,
    Trailer,
}

/// <summary>A field name that is known in advance: one string for all of its occurrences, and its role.</summary>
internal sealed class FieldName
{
    private const int TableSize = 512;

    private static readonly FieldName[] Known =
    [
        new(HeaderNames.Connection, FieldRole.Connection),
        new(HeaderNames.ContentLength, FieldRole.ContentLength),
        new(HeaderNames.TransferEncoding, FieldRole.TransferEncoding),
        new(HeaderNames.TE, FieldRole.Te),
        new(HeaderNames.Upgrade, FieldRole.Upgrade),
        new(HeaderNames.Expect, FieldRole.Expect),
        new(HeaderNames.Host, FieldRole.Host),
        new(HeaderNames.Cookie, FieldRole.Cookie),
        new(HeaderNames.Via, FieldRole.Via),
        new(HeaderNames.Trailer, FieldRole.Trailer),
        new(HeaderNames.KeepAlive, FieldRole.Dropped),
        new(HeaderNames.ProxyConnection, FieldRole.Dropped),
        new(HeaderNames.ProxyAuthenticate, FieldRole.Dropped),
        new(HeaderNames.ProxyAuthorization, FieldRole.Dropped),
        new("Proxy-Authentication-Info", FieldRole.Dropped),
        new("HTTP2-Settings", FieldRole.Dropped),
        new("Forwarded", FieldRole.Dropped),
        new(TraceKey.Field, FieldRole.Dropped),
        .. new[]
        {
            HeaderNames.Accept, HeaderNames.AcceptEncoding, HeaderNames.AcceptLanguage, HeaderNames.AcceptRanges,
            HeaderNames.AccessControlAllowCredentials, HeaderNames.AccessControlAllowHeaders, HeaderNames.AccessControlAllowMethods,
            HeaderNames.AccessControlAllowOrigin, HeaderNames.AccessControlExposeHeaders, HeaderNames.AccessControlMaxAge,
            HeaderNames.Age, HeaderNames.Allow, HeaderNames.AltSvc, HeaderNames.Authorization, HeaderNames.CacheControl,
            HeaderNames.ContentDisposition, HeaderNames.ContentEncoding, HeaderNames.ContentLanguage, HeaderNames.ContentLocation,
            HeaderNames.ContentRange, HeaderNames.ContentSecurityPolicy, HeaderNames.ContentType, HeaderNames.Date, HeaderNames.ETag,
            HeaderNames.Expires, HeaderNames.LastModified, HeaderNames.Link, HeaderNames.Location, HeaderNames.Origin,
            HeaderNames.Pragma, HeaderNames.Referer, HeaderNames.RetryAfter, HeaderNames.SecWebSocketAccept,
            HeaderNames.SecWebSocketExtensions, HeaderNames.SecWebSocketProtocol, HeaderNames.Server, HeaderNames.SetCookie,
            HeaderNames.StrictTransportSecurity, HeaderNames.UserAgent, HeaderNames.Vary,
            HeaderNames.WWWAuthenticate, HeaderNames.XContentTypeOptions, HeaderNames.XFrameOptions, HeaderNames.XPoweredBy,
            HeaderNames.XXSSProtection, HeaderNames.RequestId, "X-Request-Id", "Referrer-Policy", "Permissions-Policy",
        }.Select(text => new FieldName(text, FieldRole.EndToEnd)),
    ];

    private static readonly FieldName?[] Table = BuildTable();

    private readonly byte[] _bytes;
    private FieldName? _next; // the next in the same place of the table

    private FieldName(string text, FieldRole role)
    {
        Text = text;
        Role = role;
        _bytes = Encoding.ASCII.GetBytes(text);
    }

    public string Text { get; }
    public FieldRole Role { get; }

    /// <summary>Null for a name that is not known in advance.</summary>
    public static FieldName? Find(ReadOnlySpan<byte> name)
    {
        for (var known = Table[Place(name.Length, name[0], name[^1])]; known is not null; known = known._next)
        {
            if (Ascii.EqualsIgnoreCase(name, known._bytes)) return known;
        }

        return null;
    }

    /// <inheritdoc cref="Find(ReadOnlySpan{byte})"/>
    public static FieldName? Find(string name)
    {
        for (var known = Table[Place(name.Length, name[0], name[^1])]; known is not null; known = known._next)
        {
            if (ReferenceEquals(name, known.Text) || string.Equals(name, known.Text, StringComparison.OrdinalIgnoreCase)) return known;
        }

        return null;
    }

    /// <summary>The role, the family <c>X-Forwarded-…</c> included, which only this gateway may set.</summary>
    public static FieldRole RoleOf(string name)
    {
        if (Find(name) is { } known) return known.Role;

        return name.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase) ? FieldRole.Dropped : FieldRole.EndToEnd;
    }

    /// <summary>Fields that change how a message is framed or routed have no place in trailers (RFC 9110, section 6.5.1).</summary>
    public static bool IsAllowedInTrailers(string name) =>
        RoleOf(name) == FieldRole.EndToEnd
        && !name.Equals(HeaderNames.Authorization, StringComparison.OrdinalIgnoreCase)
        && !name.Equals(HeaderNames.SetCookie, StringComparison.OrdinalIgnoreCase)
        && !name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase)
        && name[0] != ':';

    // Characters outside ASCII land in some place too, and match nothing there.
    private static int Place(int length, int first, int last) =>
        (length * 37 + (first | 0x20) * 11 + (last | 0x20)) & (TableSize - 1);

    private static FieldName?[] BuildTable()
    {
        var table = new FieldName?[TableSize];
        foreach (var name in Known)
        {
            ref var place = ref table[Place(name.Text.Length, name.Text[0], name.Text[^1])];
            name._next = place;
            place = name;
        }

        return table;
    }
}
