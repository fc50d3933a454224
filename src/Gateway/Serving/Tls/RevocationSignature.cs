using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Stateway.Gateway.Serving.Tls;

/// <summary>Checks signatures by the algorithms of RFC 4055, RFC 5758 and RFC 8017: RSA (PKCS #1 v1.5 and PSS) and ECDSA, over SHA-256 or longer. SHA-1 is none.</summary>
internal static class RevocationSignature
{
    private const string Pss = "1.2.840.113549.1.1.10";

    private static readonly Asn1Tag HashTag = new(TagClass.ContextSpecific, 0);
    private static readonly Asn1Tag SaltTag = new(TagClass.ContextSpecific, 2);

    /// <param name="algorithm">An AlgorithmIdentifier.</param>
    /// <returns>False also when the algorithm is not one of these, or not one for the authority's key.</returns>
    /// <exception cref="AsnContentException">The algorithm is malformed.</exception>
    public static bool IsBy(X509Certificate2 authority, ReadOnlyMemory<byte> signed, ReadOnlyMemory<byte> algorithm, byte[] signature)
    {
        var reader = new AsnReader(algorithm, AsnEncodingRules.DER).ReadSequence();
        string oid = reader.ReadObjectIdentifier();
        try
        {
            if (oid == Pss) return reader.HasData && PssHash(reader.ReadSequence()) is { } pssHash && IsByRsa(pssHash, RSASignaturePadding.Pss);
            if (RsaHash(oid) is { } rsaHash) return IsByRsa(rsaHash, RSASignaturePadding.Pkcs1);
            if (EcHash(oid) is not { } ecHash) return false;

            using var key = authority.GetECDsaPublicKey();
            return key is not null && key.VerifyData(signed.Span, signature, ecHash, DSASignatureFormat.Rfc3279DerSequence);
        }
        catch (CryptographicException)
        {
            return false; // a key or a signature that the library can't make sense of
        }

        bool IsByRsa(HashAlgorithmName hash, RSASignaturePadding padding)
        {
            using var key = authority.GetRSAPublicKey();
            return key is not null && key.VerifyData(signed.Span, signature, hash, padding);
        }
    }

    private static HashAlgorithmName? RsaHash(string oid) => oid switch
    {
        "1.2.840.113549.1.1.11" => HashAlgorithmName.SHA256,
        "1.2.840.113549.1.1.12" => HashAlgorithmName.SHA384,
        "1.2.840.113549.1.1.13" => HashAlgorithmName.SHA512,
        _ => null,
    };

    private static HashAlgorithmName? EcHash(string oid) => oid switch
    {
        "1.2.840.10045.4.3.2" => HashAlgorithmName.SHA256,
        "1.2.840.10045.4.3.3" => HashAlgorithmName.SHA384,
        "1.2.840.10045.4.3.4" => HashAlgorithmName.SHA512,
        _ => null,
    };

    /// <summary>RFC 4055, section 3.1. The library's check takes a salt as long as the hash, which is what everybody writes.</summary>
    private static HashAlgorithmName? PssHash(AsnReader parameters)
    {
        if (!parameters.HasData || !parameters.PeekTag().HasSameClassAndValue(HashTag)) return null; // SHA-1

        string hash = parameters.ReadSequence(HashTag).ReadSequence().ReadObjectIdentifier();
        while (parameters.HasData && !parameters.PeekTag().HasSameClassAndValue(SaltTag)) parameters.ReadEncodedValue();
        if (!parameters.HasData || !parameters.ReadSequence(SaltTag).TryReadInt32(out int salt)) return null;

        return (hash, salt) switch
        {
            ("2.16.840.1.101.3.4.2.1", 32) => HashAlgorithmName.SHA256,
            ("2.16.840.1.101.3.4.2.2", 48) => HashAlgorithmName.SHA384,
            ("2.16.840.1.101.3.4.2.3", 64) => HashAlgorithmName.SHA512,
            _ => null,
        };
    }
}
