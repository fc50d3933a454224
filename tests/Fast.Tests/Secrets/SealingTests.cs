using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Stateway.Secrets;
using Xunit;

namespace Stateway.Fast.Tests.Secrets;

/// <summary>The form in which secrets and their keys are stored.</summary>
public sealed class SealingTests
{
    private static readonly byte[] Key = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    /// <summary>The Galois/Counter Mode of Operation (McGrew, Viega), test cases 13 and 14: no associated data, which here is one empty part.</summary>
    [Theory]
    [InlineData("", "530f8afbc74536b9a963b4f1c4cb738b")]
    [InlineData("00000000000000000000000000000000", "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919")]
    public void It_is_aes_256_gcm(string plain, string sealedText) =>
        Assert.Equal("01" + new string('0', 24) + sealedText, Hex(Sealing.Seal(new byte[32], new byte[12], Convert.FromHexString(plain), [""])));

    /// <summary>What another implementation (OpenSSL's, by Python's cryptography) makes of the same, with the parts between NULs as associated data.</summary>
    [Fact]
    public void Its_owner_is_the_associated_data()
    {
        byte[] nonce = [.. Enumerable.Range(100, 12).Select(i => (byte)i)];

        string sealedText = Sealing.Seal(Key, nonce, "plain text"u8, ["secrets", "pay", "1"]);

        Assert.Equal("016465666768696a6b6c6d6e6f" + "3877bf0f17c922fb4616" + "5b9ee5da09b95a75f110c12ddc5bb7b9", Hex(sealedText));
        Assert.Equal("plain text"u8.ToArray(), Sealing.TryOpen(Key, sealedText, "secrets", "pay", "1"));
    }

    [Fact]
    public void What_was_sealed_opens_whatever_it_is()
    {
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), ArbMap.Default.ArbFor<NonNull<string>>(), (plain, owner) =>
        {
            string sealedText = Sealing.Seal(Key, plain, "secrets", owner.Get);
            Assert.Equal(plain, Sealing.TryOpen(Key, sealedText, "secrets", owner.Get));
        }));
    }

    [Fact]
    public void A_change_of_any_bit_is_noticed()
    {
        byte[] bytes = Convert.FromBase64String(Sealing.Seal(Key, "plain text"u8, "secrets", "a"));
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Null(Sealing.TryOpen(Key, Convert.ToBase64String(bytes), "secrets", "a"));
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        for (int length = 0; length < bytes.Length; length++) Assert.Null(Sealing.TryOpen(Key, Convert.ToBase64String(bytes[..length]), "secrets", "a"));
        Assert.Null(Sealing.TryOpen(Key, "no base64!", "secrets", "a"));
        Assert.NotNull(Sealing.TryOpen(Key, Convert.ToBase64String(bytes), "secrets", "a"));
    }

    [Theory]
    [InlineData("secrets", "b")]
    [InlineData("secret-keys", "a")]
    [InlineData("secrets", "a", "1")]
    [InlineData("secrets")]
    public void It_opens_for_its_owner_only(params string[] owner) =>
        Assert.Null(Sealing.TryOpen(Key, Sealing.Seal(Key, "plain text"u8, "secrets", "a"), owner));

    [Fact]
    public void The_same_is_never_sealed_the_same()
    {
        var texts = Enumerable.Range(0, 1_000).Select(_ => Sealing.Seal(Key, "plain text"u8, "secrets", "a")).ToHashSet();

        Assert.Equal(1_000, texts.Count);
        Assert.DoesNotContain(texts, text => Encoding.Latin1.GetString(Convert.FromBase64String(text)).Contains("plain", StringComparison.Ordinal));
    }

    private static string Hex(string sealedText) => Convert.ToHexStringLower(Convert.FromBase64String(sealedText));
}
