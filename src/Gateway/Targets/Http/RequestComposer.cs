using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Stateway.Gateway.Routing;
using Stateway.Gateway.Serving.Proxies;
using Stateway.Model.Apis;

namespace Stateway.Gateway.Targets.Http;

/// <summary>Writes the header section that goes to the service. Made once for each target; holds nothing of a request.</summary>
internal sealed class RequestComposer
{
    private readonly UrlTemplate _url;
    private readonly HeaderChanges _changes;
    private readonly bool _preserveHost;
    private readonly bool _hasHost;
    private readonly bool _hasForwarded;
    private readonly bool _hasForwardedFor;
    private readonly bool _hasForwardedProto;
    private readonly bool _hasForwardedHost;
    private readonly bool _isOwn;
    private readonly string _viaName;

    /// <param name="isOwn">The request goes to this server itself, which is to serve it at the URL's host, and not at the client's.</param>
    public RequestComposer(TargetSpec.Http spec, UrlTemplate url, HttpTargetOptions options, bool isOwn = false)
    {
        _url = url;
        _isOwn = isOwn;
        _changes = new(spec.RequestHeaders, isRequest: true);
        _preserveHost = spec.PreserveHost;
        _viaName = options.ViaName;
        _hasHost = !_changes.Replaces("Host");
        _hasForwarded = !_changes.Replaces("Forwarded");
        _hasForwardedFor = !_changes.Replaces("X-Forwarded-For");
        _hasForwardedProto = !_changes.Replaces("X-Forwarded-Proto");
        _hasForwardedHost = !_changes.Replaces("X-Forwarded-Host");
        if (!_hasHost && !spec.RequestHeaders.Set.Any(rule => rule.Key.Equals("Host", StringComparison.OrdinalIgnoreCase)))
            throw new ArgumentException("Host cannot be removed: a request without it is not valid (RFC 9112, section 3.2).");
    }

    /// <returns>The name of a path parameter that cannot be put into the URL; null when all is written.</returns>
    /// <param name="client">Who asked for what; the service is told it in place of what came in such fields.</param>
    public string? Write(HttpContext http, in ForwardedClient client, in RouteMatch match, ByteWriter output, out RequestShape shape)
    {
        var request = http.Request;
        string protocol = request.Protocol;
        bool isHttp1 = HttpProtocol.IsHttp11(protocol) || HttpProtocol.IsHttp10(protocol);
        shape = new() { IsHead = HttpMethods.IsHead(request.Method), IsIdempotent = IsIdempotent(request.Method) };

        output.WriteLatin1(request.Method);
        output.Write((byte)' ');
        if (_url.Write(output, match, request.QueryString.Value) is { } wrong) return wrong;
        output.Write(" HTTP/1.1\r\n"u8);

        string clientHost = client.Host;
        if (_hasHost) WriteField(output, "Host", _preserveHost && clientHost.Length > 0 ? clientHost : _url.Authority);

        string? upgrade = CopyFields(request, isHttp1, output, ref shape);
        WriteFraming(http, isHttp1, output, ref shape);
        WriteConnection(upgrade, HttpProtocol.IsHttp11(protocol), output, ref shape);
        WriteForwarded(client, protocol, output);
        output.Write(_changes.Lines.AsSpan());
        output.Write("\r\n"u8);
        return null;
    }

    /// <returns>The client's Upgrade field, if its Connection field names it.</returns>
    private string? CopyFields(HttpRequest request, bool isHttp1, ByteWriter output, ref RequestShape shape)
    {
        var headers = request.Headers;
        var connection = isHttp1 ? headers.Connection : default;
        bool namesFields = NamesFields(connection); // the server hides other names where close, keep-alive or upgrade stands among them
        string? upgrade = null;

        foreach (var (name, values) in headers)
        {
            switch (FieldName.RoleOf(name))
            {
                case FieldRole.EndToEnd or FieldRole.Via or FieldRole.Trailer:
                    if (name[0] == ':' || _changes.Replaces(name) || (namesFields && Names(connection, name))) continue;
                    foreach (string? value in values) WriteField(output, name, value);
                    break;
                case FieldRole.Cookie when !_changes.Replaces(name):
                    // HTTP/2 may have cut it in pieces (RFC 9113, section 8.2.3).
                    WriteField(output, name, values.Count == 1 ? values[0] : string.Join("; ", values.AsEnumerable()));
                    break;
                case FieldRole.Upgrade when Names(connection, "Upgrade"):
                    upgrade = values.ToString();
                    break;
                case FieldRole.Te:
                    shape.AcceptsTrailers = Names(values, "trailers");
                    break;
                case FieldRole.Expect:
                    shape.ExpectsContinue = !HttpProtocol.IsHttp10(request.Protocol)
                        && values.ToString().Equals("100-continue", StringComparison.OrdinalIgnoreCase);
                    break;
            }
        }

        return upgrade;
    }

    private static void WriteFraming(HttpContext http, bool isHttp1, ByteWriter output, ref RequestShape shape)
    {
        var headers = http.Request.Headers;
        if (headers.ContentLength is { } length)
        {
            shape.Body = length > 0 ? Framing.Length : Framing.None;
            shape.BodyBytes = length;
            output.Write("Content-Length: "u8);
            output.WriteDecimal(length);
            output.Write("\r\n"u8);
        }
        else if (isHttp1 ? headers.TransferEncoding.Count > 0 : http.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody is true)
        {
            shape.Body = Framing.Chunked;
            output.Write("Transfer-Encoding: chunked\r\n"u8);
        }
        else if (HttpMethods.IsPost(http.Request.Method) || HttpMethods.IsPut(http.Request.Method) || HttpMethods.IsPatch(http.Request.Method))
        {
            output.Write("Content-Length: 0\r\n"u8); // RFC 9110, section 8.6
        }

        if (shape.Body == Framing.None) shape.ExpectsContinue = false;
        if (shape.ExpectsContinue) output.Write("Expect: 100-continue\r\n"u8);
    }

    private static void WriteConnection(string? upgrade, bool isHttp11, ByteWriter output, ref RequestShape shape)
    {
        // A tunnel of HTTP/2 would carry requests past every step of the gateway, so that one is never offered.
        shape.IsUpgrade = upgrade is not null && isHttp11 && shape.Body == Framing.None && !NamesHttp(upgrade);
        if (shape.IsUpgrade) WriteField(output, "Upgrade", upgrade);
        if (shape.AcceptsTrailers) output.Write("TE: trailers\r\n"u8);
        if (shape.IsUpgrade) output.Write(shape.AcceptsTrailers ? "Connection: Upgrade, TE\r\n"u8 : "Connection: Upgrade\r\n"u8);
        else if (shape.AcceptsTrailers) output.Write("Connection: TE\r\n"u8);
    }

    /// <summary>RFC 7239, the three fields that were there before it, and RFC 9110, section 7.6.3.</summary>
    private void WriteForwarded(in ForwardedClient from, string protocol, ByteWriter output)
    {
        var (address, scheme, clientHost) = from;
        string? client = address?.ToString();
        bool hasClientHost = !_isOwn && clientHost.Length > 0 && clientHost.AsSpan().IndexOfAny('"', '\\') < 0;

        if (_hasForwarded)
        {
            output.Write("Forwarded: for="u8);
            bool isV6 = address?.AddressFamily == AddressFamily.InterNetworkV6;
            if (isV6) output.Write("\"["u8);
            output.WriteLatin1(client ?? "unknown");
            if (isV6) output.Write("]\""u8);
            if (hasClientHost)
            {
                output.Write(";host=\""u8);
                output.WriteLatin1(clientHost);
                output.Write((byte)'"');
            }

            output.Write(";proto="u8);
            output.WriteLatin1(scheme);
            output.Write("\r\n"u8);
        }

        if (_hasForwardedFor && client is not null) WriteField(output, "X-Forwarded-For", client);
        if (_hasForwardedProto) WriteField(output, "X-Forwarded-Proto", scheme);
        if (_hasForwardedHost && hasClientHost) WriteField(output, "X-Forwarded-Host", clientHost);
        output.Write("Via: "u8);
        output.WriteLatin1(protocol.AsSpan(protocol.IndexOf('/') + 1));
        output.Write((byte)' ');
        output.WriteLatin1(_viaName);
        output.Write("\r\n"u8);
    }

    private static void WriteField(ByteWriter output, string name, string? value)
    {
        value ??= "";
        var free = output.Free(name.Length + value.Length + 4);
        int count = Encoding.Latin1.GetBytes(name, free);
        free[count++] = (byte)':';
        free[count++] = (byte)' ';
        count += Encoding.Latin1.GetBytes(value, free[count..]);
        free[count++] = (byte)'\r';
        free[count++] = (byte)'\n';
        output.Advance(count);
    }

    private static bool IsIdempotent(string method) =>
        HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsPut(method) || HttpMethods.IsDelete(method)
        || HttpMethods.IsOptions(method) || HttpMethods.IsTrace(method);

    private static bool Names(StringValues lists, string member)
    {
        foreach (string? text in lists)
        {
            ReadOnlySpan<char> list = text;
            while (FieldText.TryTakeMember(ref list, out var candidate))
            {
                if (candidate.Equals(member, StringComparison.OrdinalIgnoreCase)) return true;
            }
        }

        return false;
    }

    /// <summary>The Connection field names more than its own options.</summary>
    private static bool NamesFields(StringValues connection)
    {
        foreach (string? text in connection)
        {
            ReadOnlySpan<char> list = text;
            while (FieldText.TryTakeMember(ref list, out var member))
            {
                if (!member.Equals("keep-alive", StringComparison.OrdinalIgnoreCase)
                    && !member.Equals("close", StringComparison.OrdinalIgnoreCase)
                    && !member.Equals("upgrade", StringComparison.OrdinalIgnoreCase))
                    return true;
            }
        }

        return false;
    }

    private static bool NamesHttp(ReadOnlySpan<char> upgrade)
    {
        while (FieldText.TryTakeMember(ref upgrade, out var protocol))
        {
            if (protocol.StartsWith("h2", StringComparison.OrdinalIgnoreCase) || protocol.StartsWith("HTTP/", StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }
}
