using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Stateway.Gateway.Tracing;

/// <summary>
/// Tells who may see how long the steps of a request took: who holds the administrator's key, and shows it by signing the request.
/// The field is <c>Stateway-Trace: t=UNIX_SECONDS;s=HEX</c>, with HMAC-SHA256 over <c>METHOD\nTARGET\nt</c>.
/// </summary>
public sealed class TraceKey
{
    public const string Field = "Stateway-Trace";

    private const int KeyBytes = 32;
    private const int SecondsDigitsMax = 12;
    private const int ClockDifferenceMax = 60; // seconds, either way: a signature is of use for so long, and clocks may differ by so much

    private static readonly byte[] Purpose = "stateway-trace"u8.ToArray();

    private readonly byte[] _key;

    /// <param name="keyHash">What nodes know of the administrator's key, and who holds the key can compute: see <see cref="Admission.AccessKey.HashOf"/>.</param>
    public TraceKey(ReadOnlySpan<byte> keyHash)
    {
        _key = new byte[KeyBytes];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, keyHash, _key, salt: [], Purpose);
    }

    /// <param name="target">As it is sent: the path with its query.</param>
    /// <returns>The field's value.</returns>
    public string Sign(string method, string target, DateTimeOffset now)
    {
        string seconds = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        return $"t={seconds};s={Convert.ToHexStringLower(Signature(method, target, seconds))}";
    }

    /// <param name="field">Null where there is none, or more than one.</param>
    public bool Allows(string method, string target, string? field, DateTimeOffset now)
    {
        if (field is null || !field.StartsWith("t=", StringComparison.Ordinal)) return false;

        int end = field.IndexOf(";s=", StringComparison.Ordinal);
        if (end is < 3 or > 2 + SecondsDigitsMax || field.Length != end + 3 + 2 * SHA256.HashSizeInBytes) return false;

        string seconds = field[2..end];
        if (!long.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out long at) || Math.Abs(now.ToUnixTimeSeconds() - at) > ClockDifferenceMax) return false;

        Span<byte> given = stackalloc byte[SHA256.HashSizeInBytes];
        return Convert.FromHexString(field.AsSpan(end + 3), given, out _, out _) == System.Buffers.OperationStatus.Done
            && CryptographicOperations.FixedTimeEquals(given, Signature(method, target, seconds));
    }

    private byte[] Signature(string method, string target, string seconds) => HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"{method}\n{target}\n{seconds}"));
}
