using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Stateway.Gateway.Routing;
using Stateway.Model.Problems;

namespace Stateway.Gateway.Targets;

/// <summary>Sends a client to the same host and target over HTTPS with 308, which keeps method and content (RFC 9110, section 15.4.9).</summary>
internal sealed class HttpsTarget : ITarget
{
    private const int DefaultPort = 443;

    public ValueTask<Problem?> AnswerAsync(Exchange exchange)
    {
        string host = exchange.Client.Host;
        string target = exchange.Http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        exchange.Response.StatusCode = StatusCodes.Status308PermanentRedirect;
        exchange.Response.Headers.Location = $"https://{HostTables.NameOf(host)}{PortFor(host, exchange.Host!.HttpsPort)}{Escaped(OriginForm(target))}";
        return default;
    }

    /// <summary>Who asked the usual port of HTTP is sent to the usual one of HTTPS, whatever stands between; who gave a port, to this node's own.</summary>
    private static string PortFor(ReadOnlySpan<char> host, int? port) =>
        host.Contains(':') && port is { } own and not DefaultPort ? string.Create(CultureInfo.InvariantCulture, $":{own}") : "";

    /// <summary>Path and query of a target that may be in absolute form (RFC 9112, section 3.2).</summary>
    private static string OriginForm(string target)
    {
        int authority = target.StartsWith('/') ? -1 : target.IndexOf("://", StringComparison.Ordinal);
        if (authority < 0) return target;

        int end = target.AsSpan(authority + 3).IndexOfAny('/', '?');
        if (end < 0) return "/";
        end += authority + 3;
        return target[end] == '/' ? target[end..] : "/" + target[end..];
    }

    /// <summary>A field's value has no control characters, nor is any beyond ASCII sure to arrive.</summary>
    private static string Escaped(string target)
    {
        if (!target.AsSpan().ContainsAnyExceptInRange('!', '~')) return target;

        return string.Concat(target.Select(c => c is >= '!' and <= '~' ? c.ToString() : Uri.HexEscape((char)(c & 0xFF))));
    }
}
