using System.Collections.Immutable;
using Microsoft.AspNetCore.Http;

namespace Stateway.Gateway.Canaries;

/// <summary>
/// Which requests of a stage go to its canary: a share of the callers, or those with a certain value in a header field. A
/// pure function of the caller's key, so that a caller stays where it is: on every node, after every restart, and when the
/// share is raised, which only moves callers from the base to the canary.
/// </summary>
public sealed class CanarySplit
{
    private const int KeyCharsMax = 1024; // a longer key is told from others by its beginning

    private readonly ulong _salt;
    private readonly UInt128 _below;
    private readonly ImmutableArray<string> _values;

    private CanarySplit(string? header, ulong salt, UInt128 below, ImmutableArray<string> values) =>
        (Header, _salt, _below, _values) = (header, salt, below, values);

    /// <summary>The request's field that holds the key; null for the client's address.</summary>
    public string? Header { get; }

    /// <summary>A share of the callers.</summary>
    /// <param name="name">Of the canary, such as its stage's path: two of them take different callers.</param>
    /// <param name="percentage">0 to 100; counts in steps of 0.0001.</param>
    /// <param name="header">The field that tells callers apart, such as <c>Authorization</c>; null for the client's address.</param>
    public static CanarySplit ByShare(string name, double percentage, string? header = null)
    {
        if (percentage is not (>= 0 and <= 100)) throw new ArgumentOutOfRangeException(nameof(percentage), percentage, "A percentage is between 0 and 100.");

        var parts = (UInt128)Math.Round(percentage * 10_000);
        return new(header, HashOf(0, name), (parts << 64) / 1_000_000, []);
    }

    /// <summary>The requests whose field has one of the values, compared as they are.</summary>
    public static CanarySplit ByHeader(string header, ImmutableArray<string> values) => new(header, 0, 0, values);

    /// <param name="key">Of the caller: a field's value, an API key, an address. Empty when there is none: then it is the base's.</param>
    public bool TakesCanary(ReadOnlySpan<char> key)
    {
        if (key.IsEmpty) return false;
        if (_values.IsEmpty) return HashOf(_salt, key) < _below;

        foreach (string value in _values)
        {
            if (key.SequenceEqual(value)) return true;
        }

        return false;
    }

    /// <inheritdoc cref="TakesCanary(ReadOnlySpan{char})"/>
    public bool TakesCanary(HttpContext http)
    {
        if (Header is not null) return http.Request.Headers.TryGetValue(Header, out var values) && values is [{ } value] && TakesCanary(value);
        if (http.Connection.RemoteIpAddress is not { } address) return false;

        // As text: a caller that comes over IPv4 now and by a socket for both then is the same.
        Span<char> text = stackalloc char[64];
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        return address.TryFormat(text, out int length) && TakesCanary(text[..length]);
    }

    /// <summary>
    /// FNV-1a over UTF-16 and MurmurHash3's finish, which spreads keys that differ in their last digit over the whole range.
    /// Written out here, because it may never change: every caller would be dealt anew.
    /// </summary>
    private static ulong HashOf(ulong salt, ReadOnlySpan<char> key)
    {
        ulong hash = 0xcbf29ce484222325 ^ salt;
        foreach (char c in key.Length > KeyCharsMax ? key[..KeyCharsMax] : key)
        {
            hash = (hash ^ (byte)c) * 0x100000001b3;
            hash = (hash ^ (byte)(c >> 8)) * 0x100000001b3;
        }

        hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccd;
        hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53;
        return hash ^ (hash >> 33);
    }
}
