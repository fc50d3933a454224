using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Stateway.Secrets;

/// <summary>The key that the store's secret keys are wrapped with. It is never in the store.</summary>
internal sealed class MasterKey
{
    public const string Rule = "a master key is 32 bytes, in base64 or hex, as `openssl rand -base64 32` makes them";

    private readonly byte[] _key;

    private MasterKey(byte[] key, string? id = null)
    {
        _key = key;
        Id = id ?? Convert.ToHexStringLower(HMACSHA256.HashData(key, "stateway master key"u8))[..16];
    }

    /// <summary>
    /// A secret key in the place of a master key: while keys change, it wraps the one after it, so that a node that runs takes that whatever
    /// master key it was started with.
    /// </summary>
    public static MasterKey Of(byte[] secretKey) => new(secretKey, SecretKeyText.CheckOf(secretKey));

    /// <summary>Tells it from others, and tells nothing of it.</summary>
    public string Id { get; }

    public static MasterKey New() => new(RandomNumberGenerator.GetBytes(Sealing.KeyBytes));

    public static bool TryParse(string text, [NotNullWhen(true)] out MasterKey? key)
    {
        text = text.Trim();
        byte[] bytes = new byte[Sealing.KeyBytes];
        bool isRight = text.Length == Sealing.KeyBytes * 2
            ? Convert.FromHexString(text, bytes, out _, out int count) == System.Buffers.OperationStatus.Done && count == Sealing.KeyBytes
            : text.Length <= 44 && Convert.TryFromBase64String(text.Replace('-', '+').Replace('_', '/').PadRight(44, '='), bytes, out count) && count == Sealing.KeyBytes;
        key = isRight ? new(bytes) : null;
        return isRight;
    }

    /// <summary>As a key's file has it.</summary>
    public string ToText() => Convert.ToBase64String(_key);

    public string Wrap(byte[] secretKey, string id) => Sealing.Seal(_key, secretKey, Management.Kinds.SecretKey, id, Id);

    /// <returns>Null when this master key did not wrap it.</returns>
    public byte[]? TryUnwrap(string wrapped, string id) => Sealing.TryOpen(_key, wrapped, Management.Kinds.SecretKey, id, Id) is { Length: Sealing.KeyBytes } key ? key : null;
}
