using System.Collections.Immutable;
using System.Net;

namespace Stateway.Gateway.Serving.Proxies;

/// <summary>A short list of networks, such as those of one's own proxies. Immutable.</summary>
public sealed class Networks
{
    public const int CountMax = 200; // every one is looked at for every request

    private readonly ImmutableArray<IPNetwork> _networks;

    private Networks(ImmutableArray<IPNetwork> networks) => _networks = networks;

    /// <param name="texts">Each in CIDR form (<c>10.0.0.0/8</c>, <c>2001:db8::/32</c>) or one address.</param>
    /// <param name="error">Names the text that is wrong, and what would be right.</param>
    public static Networks? Parse(IReadOnlyCollection<string> texts, out string? error)
    {
        if (texts.Count > CountMax)
        {
            error = $"There are {texts.Count} networks; the limit is {CountMax}.";
            return null;
        }

        var networks = ImmutableArray.CreateBuilder<IPNetwork>(texts.Count);
        foreach (string text in texts)
        {
            if (Parse(text) is not { } network)
            {
                error = $"\"{text}\" is no network. Write an address with the length of its prefix, and zeros behind it, such as 10.0.0.0/8 or 2001:db8::/32; or one address.";
                return null;
            }

            networks.Add(network);
        }

        error = null;
        return new(networks.ToImmutable());
    }

    /// <summary>An IPv4 address that is written as an IPv6 one is the same address.</summary>
    public bool Contains(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        foreach (var network in _networks)
        {
            if (network.Contains(address)) return true;
        }

        return false;
    }

    private static IPNetwork? Parse(string text)
    {
        int slash = text.IndexOf('/');
        if (!NodeName.TryParseAddress(slash < 0 ? text : text.AsSpan(0, slash), out var address)) return null;

        int bits = address.GetAddressBytes().Length * 8;
        if (slash < 0) return new IPNetwork(address, bits);
        if (!NodeName.TryParseDecimal(text.AsSpan(slash + 1), bits, out int length)) return null;

        // A network with bits behind its prefix is more likely a slip than what was meant.
        var network = new IPNetwork(Masked(address, length), length);
        return network.BaseAddress.Equals(address) ? network : null;
    }

    private static IPAddress Masked(IPAddress address, int length)
    {
        byte[] bytes = address.GetAddressBytes();
        for (int bit = length; bit < bytes.Length * 8; bit++) bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        return new(bytes);
    }
}
