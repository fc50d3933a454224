using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Stateway.Model.Problems;

namespace Stateway.Gateway.Admission;

/// <summary>The one key that opens a listener, as a bearer token (RFC 6750, section 2.1). Only its hash is known here.</summary>
/// <param name="hash">See <see cref="HashOf"/>.</param>
public sealed class AccessKey(ReadOnlyMemory<byte> hash)
{
    private const string Scheme = "Bearer ";

    /// <summary>SHA-256; a key is random and long, so that nothing slower is needed.</summary>
    public static byte[] HashOf(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));

    /// <returns>Null when the request carries the key.</returns>
    public Problem? Refuses(HttpRequest request)
    {
        string? given = request.Headers.Authorization;
        if (given is null) return Unauthenticated("Send the key: Authorization: Bearer KEY.", "Bearer");

        return given.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            && CryptographicOperations.FixedTimeEquals(HashOf(given[Scheme.Length..].Trim()), hash.Span)
            ? null
            : Unauthenticated("This is not the key.", "Bearer error=\"invalid_token\"");
    }

    private static Problem Unauthenticated(string detail, string challenge) =>
        new Problem(ProblemTypes.Unauthenticated, detail).With("WWW-Authenticate", challenge);
}
