using System.Net;
using Microsoft.AspNetCore.Http;

namespace Stateway.Gateway.Serving.Proxies;

/// <summary>
/// Who really asked, for what: the connection's own answer, or that of trusted proxies, walked from the nearest to the first
/// that is not trusted. Each proxy says who asked it; so its word about the one before it counts when it is trusted itself.
/// <code>
/// trusted 10.0.0.0/8, the connection is from 10.0.0.2:
/// X-Forwarded-For: 6.6.6.6, 203.0.113.7, 10.0.0.1      the client is 203.0.113.7; 6.6.6.6 is only its word
/// </code>
/// A member that is malformed ends the walk, and so does a client that a proxy keeps to itself (<c>for=unknown</c>): the
/// address is then the nearest that is known.
/// </summary>
/// <param name="Address">Never an IPv4 address in IPv6's clothes. Null when the connection has none.</param>
/// <param name="Scheme"><c>http</c> or <c>https</c>.</param>
/// <param name="Host">With its port, if one was given; empty without Host.</param>
public readonly record struct ForwardedClient(IPAddress? Address, string Scheme, string Host)
{
    /// <summary>Members that are looked at, counted from the nearest.</summary>
    public const int HopsMax = 32;

    private const int HostLengthMax = 255 + 6;

    /// <summary>Computed anew with each call; keep it.</summary>
    public static ForwardedClient Of(HttpContext http)
    {
        var request = http.Request;
        var direct = new ForwardedClient(Plain(http.Connection.RemoteIpAddress), request.Scheme, request.Host.Value ?? "");
        if (direct.Address is not { } peer || http.Features.Get<TrustedProxies>() is not { } trusted || !trusted.Networks.Contains(peer)) return direct;

        return Walk(direct, trusted, request.Headers);
    }

    /// <param name="direct">What the connection says; its address is a trusted proxy's.</param>
    internal static ForwardedClient Walk(ForwardedClient direct, TrustedProxies trusted, IHeaderDictionary headers) =>
        trusted.Fields == ForwardedFields.Forwarded ? WalkForwarded(direct, trusted, headers) : WalkXForwarded(direct, trusted, headers);

    private static ForwardedClient WalkForwarded(ForwardedClient client, TrustedProxies trusted, IHeaderDictionary headers)
    {
        var members = new MembersFromRight(headers["Forwarded"], isQuoted: true);
        for (int hop = 0; hop < HopsMax && members.TryTake(out var member); hop++)
        {
            if (!ForwardedElement.TryParse(member, out var element)) break;
            if (element.Scheme is { } scheme) client = client with { Scheme = scheme };
            if (trusted.IsHostBelieved && !element.Host.IsEmpty) client = client with { Host = element.Host.ToString() };
            if (element.Address is not { } address) break;

            client = client with { Address = Plain(address) };
            if (!trusted.Networks.Contains(address)) break;
        }

        return client;
    }

    private static ForwardedClient WalkXForwarded(ForwardedClient client, TrustedProxies trusted, IHeaderDictionary headers)
    {
        var addresses = new MembersFromRight(headers["X-Forwarded-For"], isQuoted: false);
        var schemes = new MembersFromRight(headers["X-Forwarded-Proto"], isQuoted: false);
        var hosts = new MembersFromRight(trusted.IsHostBelieved ? headers["X-Forwarded-Host"] : default, isQuoted: false);

        // The members of the three fields belong together, counted from the right. Many proxies write one scheme and one host
        // in place of a list: those hold for all hops.
        bool isSchemeGood = true, isHostGood = true;
        for (int hop = 0; hop < HopsMax; hop++)
        {
            if (isSchemeGood && (isSchemeGood = schemes.TryTake(out var text) && SchemeOf(text) is not null)) client = client with { Scheme = SchemeOf(text)! };
            if (isHostGood && (isHostGood = hosts.TryTake(out var host) && IsHost(host))) client = client with { Host = host.ToString() };
            if (!addresses.TryTake(out var member) || !NodeName.TryParseNode(member, bareV6: true, out var address)) break;

            client = client with { Address = Plain(address) };
            if (!trusted.Networks.Contains(address)) break;
        }

        return client;
    }

    internal static string? SchemeOf(ReadOnlySpan<char> text) =>
        text.Equals("https", StringComparison.OrdinalIgnoreCase) ? "https"
        : text.Equals("http", StringComparison.OrdinalIgnoreCase) ? "http"
        : null;

    internal static bool IsHost(ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > HostLengthMax) return false;

        foreach (char c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '-' or '_' or ':' or '[' or ']')) return false;
        }

        return true;
    }

    private static IPAddress? Plain(IPAddress? address) => address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;
}
