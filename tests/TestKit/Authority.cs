using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Stateway.TestKit;

/// <summary>An authority that issues and revokes certificates, in memory.</summary>
public sealed class Authority
{
    private static readonly DateTimeOffset Long = new(2010, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly X509Certificate2? _parent;
    private int _crlNumber;

    public Authority(string name, Authority? parent = null, X509KeyUsageFlags use = X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(use, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        _parent = parent?.Certificate;
        Certificate = _parent is null
            ? request.CreateSelfSigned(Long, Long.AddYears(60))
            : request.Create(_parent, Long.AddDays(1), Long.AddYears(59), [1, 2, 3]).CopyWithPrivateKey(key);
    }

    public X509Certificate2 Certificate { get; }

    public string Pem => Certificate.ExportCertificatePem();

    public Issued Issue(string name, DateTimeOffset? notBefore = null, DateTimeOffset? notAfter = null, string use = "1.3.6.1.5.5.7.3.1", byte[]? serial = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + name.Replace("*", "any", StringComparison.Ordinal), key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(use)], critical: false));
        serial ??= RandomNumberGenerator.GetBytes(16);
        serial[0] &= 0x7F;
        using var certificate = request.Create(Certificate, notBefore ?? Long.AddDays(2), notAfter ?? Long.AddYears(50), serial);
        string chain = _parent is null ? "" : "\n" + Pem;
        return new(certificate.ExportCertificatePem() + chain, key.ExportPkcs8PrivateKeyPem(), serial);
    }

    public Issued IssueClient(string name, DateTimeOffset? notAfter = null) => Issue(name, notAfter: notAfter, use: "1.3.6.1.5.5.7.3.2");

    public byte[] Revoke(IEnumerable<byte[]> serials, DateTimeOffset thisUpdate, DateTimeOffset nextUpdate)
    {
        var builder = new CertificateRevocationListBuilder();
        foreach (byte[] serial in serials) builder.AddEntry(serial, thisUpdate.AddHours(-1));
        return builder.Build(Certificate, new BigInteger(++_crlNumber), nextUpdate, HashAlgorithmName.SHA256, thisUpdate: thisUpdate);
    }
}

/// <param name="Pem">The certificate, then those between it and the root.</param>
public sealed record Issued(string Pem, string Key, byte[] Serial)
{
    /// <summary>With its key, as a client shows it.</summary>
    public X509Certificate2 ToCertificate() => X509Certificate2.CreateFromPem(Pem, Key);
}
