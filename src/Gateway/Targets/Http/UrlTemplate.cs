using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Stateway.Gateway.Routing;
using Stateway.Model.Apis;

namespace Stateway.Gateway.Targets.Http;

/// <summary>
/// A service's URL with parameters in its path and query, cut into parts once, so that a request only
/// copies and encodes. <c>https://host/v1/{city}/now?of={city}</c> is: <c>/v1/</c>, city for a segment,
/// <c>/now?of=</c>, city for a query.
/// </summary>
internal sealed class UrlTemplate
{
    private static readonly SearchValues<char> Visible = SearchValues.Create(
        [.. Enumerable.Range(0x21, 0x7e - 0x20).Select(c => (char)c).Where(c => c != '#')]);

    private readonly ImmutableArray<Part> _parts;
    private readonly bool _hasQuery;

    private UrlTemplate(Origin origin, string authority, ImmutableArray<Part> parts, bool hasQuery)
    {
        Origin = origin;
        Authority = authority;
        _parts = parts;
        _hasQuery = hasQuery;
    }

    private enum Place { Literal, Segment, Greedy, Query }

    public Origin Origin { get; }

    /// <summary>The Host field's value: without the scheme's own port.</summary>
    public string Authority { get; }

    /// <param name="url">Absolute, <c>http</c> or <c>https</c>; parameters in the path and the query only.</param>
    /// <param name="path">The operation's path; its <c>{rest+}</c> is the parameter that keeps its slashes.</param>
    /// <exception cref="ArgumentException">Says what is wrong with the URL.</exception>
    public static UrlTemplate Parse(string url, string path)
    {
        int scheme = url.IndexOf("://", StringComparison.Ordinal);
        int target = scheme < 0 ? -1 : url.AsSpan(scheme + 3).IndexOfAny('/', '?', '#');
        string origin = target < 0 ? url : url[..(scheme + 3 + target)];
        if (!Uri.TryCreate(origin, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.UserInfo.Length > 0)
            throw new ArgumentException($"'{url}' is not an absolute http or https URL without user information and with a literal host.");

        string rest = target < 0 ? "/" : url[(scheme + 3 + target)..];
        if (rest[0] == '?') rest = "/" + rest;
        var parts = Cut(rest, path);

        string host = uri.HostNameType == UriHostNameType.IPv6 ? uri.DnsSafeHost : uri.IdnHost;
        string shown = host.Contains(':') ? $"[{host}]" : host;
        string authority = uri.IsDefaultPort ? shown : string.Create(CultureInfo.InvariantCulture, $"{shown}:{uri.Port}");
        return new(new(uri.Scheme == "https", host, uri.Port), authority, parts, rest.Contains('?'));
    }

    /// <summary>
    /// Writes the request target: the template with its parameters, then the client's query as it came
    /// (<paramref name="clientQuery"/> is empty or begins with '?').
    /// </summary>
    /// <returns>
    /// The name of a parameter that cannot be put in, because a service may read it as a way to
    /// another path (<c>..</c>, also behind an encoded slash); null when all is written.
    /// </returns>
    public string? Write(ByteWriter output, in RouteMatch match, ReadOnlySpan<char> clientQuery)
    {
        foreach (var part in _parts)
        {
            if (part.Place == Place.Literal)
            {
                output.Write(part.Literal.AsSpan());
                continue;
            }

            string value = match.Value(part.Name)
                ?? throw new InvalidOperationException($"The route has no parameter {part.Name}."); // Parse made sure of it
            if (part.Place != Place.Query && UrlBytes.HasDotSegment(value)) return part.Name;

            WriteEncoded(output, value, part.Place switch
            {
                Place.Segment => UrlBytes.Segment,
                Place.Greedy => UrlBytes.Path,
                _ => UrlBytes.Query,
            });
        }

        if (clientQuery.Length > 1)
        {
            output.Write(_hasQuery ? (byte)'&' : (byte)'?');
            WriteQuery(output, clientQuery[1..]);
        }

        return null;
    }

    private static ImmutableArray<Part> Cut(string rest, string path)
    {
        var parts = ImmutableArray.CreateBuilder<Part>();
        int query = rest.IndexOf('?');
        int at = 0;
        while (at < rest.Length)
        {
            int open = rest.IndexOf('{', at);
            string literal = open < 0 ? rest[at..] : rest[at..open];
            if (literal.AsSpan().ContainsAnyExcept(Visible) || literal.Contains('}'))
                throw new ArgumentException($"'{rest}' has a character in it that must be percent-encoded, or a brace too many.");
            if (literal.Length > 0) parts.Add(new(Place.Literal, "", [.. Encoding.ASCII.GetBytes(literal)]));
            if (open < 0) break;

            int close = rest.IndexOf('}', open);
            if (close < 0) throw new ArgumentException($"'{rest}' has a brace that is not closed.");
            string name = rest[(open + 1)..close].TrimEnd('+');
            bool isGreedy = path.EndsWith($"{{{name}+}}", StringComparison.Ordinal);
            if (!isGreedy && !path.Contains($"{{{name}}}", StringComparison.Ordinal))
                throw new ArgumentException($"'{rest}' uses {{{name}}}, which is not a parameter of '{path}'.");

            parts.Add(new(query >= 0 && open > query ? Place.Query : isGreedy ? Place.Greedy : Place.Segment, name, []));
            at = close + 1;
        }

        return parts.ToImmutable();
    }

    private static void WriteEncoded(ByteWriter output, string value, SearchValues<byte> kept)
    {
        int sizeMax = Encoding.UTF8.GetMaxByteCount(value.Length);
        byte[]? rented = sizeMax <= 512 ? null : ArrayPool<byte>.Shared.Rent(sizeMax);
        Span<byte> utf8 = rented ?? stackalloc byte[512];
        utf8 = utf8[..Encoding.UTF8.GetBytes(value, utf8)];

        // Nearly every value needs no encoding at all.
        if (!utf8.ContainsAnyExcept(kept))
        {
            output.Write(utf8);
        }
        else
        {
            foreach (byte b in utf8)
            {
                if (kept.Contains(b)) output.Write(b);
                else WritePercent(output, b);
            }
        }

        if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
    }

    private static void WriteQuery(ByteWriter output, ReadOnlySpan<char> query)
    {
        if (!query.ContainsAnyExcept(Visible))
        {
            output.WriteLatin1(query);
            return;
        }

        // Spaces, controls, '#' and bytes above ASCII do not belong into a request target; the server lets some pass.
        foreach (char c in query)
        {
            if (Visible.Contains(c)) output.Write((byte)c);
            else WritePercent(output, (byte)c);
        }
    }

    private static void WritePercent(ByteWriter output, byte value)
    {
        output.Write((byte)'%');
        output.Write((byte)"0123456789ABCDEF"[value >> 4]);
        output.Write((byte)"0123456789ABCDEF"[value & 15]);
    }

    private readonly record struct Part(Place Place, string Name, ImmutableArray<byte> Literal);
}
