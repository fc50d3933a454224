using System.Security.Cryptography;
using System.Text;

namespace Stateway.Secrets;

/// <summary>
/// Encrypts with AES-256-GCM (NIST SP 800-38D): one byte of format, a random nonce of 96 bits, the ciphertext, a tag of 128 bits;
/// in base64. What the text belongs to is authenticated along, so that it opens nowhere else.
/// </summary>
internal static class Sealing
{
    public const int KeyBytes = 32;

    private const byte Format = 1;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    /// <param name="owner">What it belongs to, in parts none of which has a NUL.</param>
    public static string Seal(ReadOnlySpan<byte> key, ReadOnlySpan<byte> plain, params ReadOnlySpan<string> owner) =>
        Seal(key, RandomNumberGenerator.GetBytes(NonceBytes), plain, owner);

    /// <param name="nonce">Never twice with one key.</param>
    internal static string Seal(ReadOnlySpan<byte> key, byte[] nonce, ReadOnlySpan<byte> plain, ReadOnlySpan<string> owner)
    {
        byte[] text = new byte[1 + NonceBytes + plain.Length + TagBytes];
        text[0] = Format;
        nonce.CopyTo(text, 1);
        using var cipher = new AesGcm(key, TagBytes);
        cipher.Encrypt(nonce, plain, text.AsSpan(1 + NonceBytes, plain.Length), text.AsSpan(1 + NonceBytes + plain.Length), Associated(owner));
        return Convert.ToBase64String(text);
    }

    /// <returns>Null when it was not sealed with this key for this owner, or is not what it was.</returns>
    public static byte[]? TryOpen(ReadOnlySpan<byte> key, string text, params ReadOnlySpan<string> owner)
    {
        byte[] bytes = new byte[text.Length]; // more than enough
        if (!Convert.TryFromBase64String(text, bytes, out int count) || count < 1 + NonceBytes + TagBytes || bytes[0] != Format) return null;

        byte[] plain = new byte[count - 1 - NonceBytes - TagBytes];
        using var cipher = new AesGcm(key, TagBytes);
        try
        {
            cipher.Decrypt(bytes.AsSpan(1, NonceBytes), bytes.AsSpan(1 + NonceBytes, plain.Length), bytes.AsSpan(count - TagBytes, TagBytes), plain, Associated(owner));
            return plain;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }

    private static byte[] Associated(ReadOnlySpan<string> owner) => Encoding.UTF8.GetBytes(string.Join('\0', owner!));
}
