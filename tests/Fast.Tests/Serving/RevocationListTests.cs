using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FsCheck;
using FsCheck.Fluent;
using Stateway.Fast.Tests.Content;
using Stateway.Gateway.Serving.Tls;
using Stateway.TestKit;
using Xunit;

namespace Stateway.Fast.Tests.Serving;

public sealed class RevocationListTests
{
    private static readonly DateTimeOffset Now = new(2024, 5, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly Authority Root = new("Test root");

    [Fact]
    public void A_list_names_exactly_the_serial_numbers_that_were_put_on_it()
    {
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(60), Prop.ForAll(Seeds.All, seed =>
        {
            var random = new Random(seed);
            var all = Enumerable.Range(0, random.Next(1, 60)).Select(_ => Serial(random)).DistinctBy(Convert.ToHexString).ToArray();
            byte[][] revoked = [.. all.Where((_, i) => i % 2 == 0)];
            var list = RevocationList.Read(Root.Revoke(revoked, Now.AddDays(-1), Now.AddDays(1)), out string? error);

            Assert.Null(error);
            Assert.Equal(revoked.Length, list!.Count);
            Assert.Equal((Now.AddDays(-1), Now.AddDays(1)), (list.ThisUpdate, list.NextUpdate));
            Assert.True(list.IsSignedBy(Root.Certificate));
            for (int i = 0; i < all.Length; i++)
            {
                Assert.True(SerialNumber.TryParse(all[i], out var serial));
                Assert.Equal(i % 2 == 0, list.Lists(serial));
            }
        }));
    }

    [Fact]
    public void A_list_with_one_bit_changed_or_its_end_cut_off_is_refused_or_not_signed()
    {
        byte[] good = Root.Revoke([[1, 2, 3], [4, 5, 6]], Now.AddDays(-1), Now.AddDays(1));
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(1000), Prop.ForAll(Seeds.All, seed =>
        {
            var random = new Random(seed);
            byte[] bad = [.. good];
            if (random.Next(4) == 0) bad = bad[..random.Next(bad.Length)];
            else bad[random.Next(bad.Length)] ^= (byte)(1 << random.Next(8));

            var list = RevocationList.Read(bad, out string? error);
            Assert.Equal(list is null, error is not null);
            if (list is not null) Assert.False(list.IsSignedBy(Root.Certificate));
        }));
    }

    [Fact]
    public void Only_the_issuer_signs_and_only_with_the_right_to()
    {
        var list = RevocationList.Read(Root.Revoke([], Now.AddDays(-1), Now.AddDays(1)), out _)!;
        Assert.False(list.IsSignedBy(new Authority("Test root").Certificate)); // the same name, another key
        Assert.False(list.IsSignedBy(new Authority("Another").Certificate));

        var silent = new Authority("Test root", use: X509KeyUsageFlags.KeyCertSign);
        var own = Sign(silent.Certificate, Tbs(silent.Certificate, "1.2.840.10045.4.3.2"));
        Assert.False(RevocationList.Read(own, out _)!.IsSignedBy(silent.Certificate));
    }

    [Theory]
    [InlineData("2.5.29.27", true, "delta")]
    [InlineData("2.5.29.27", false, "delta")]
    [InlineData("1.2.3.4", true, "critical extension 1.2.3.4")]
    [InlineData("1.2.3.4", false, null)]
    public void A_list_that_says_more_than_is_understood_is_refused(string oid, bool isCritical, string? expected)
    {
        var list = RevocationList.Read(Sign(Root.Certificate, Tbs(Root.Certificate, "1.2.840.10045.4.3.2", extensions: w => WriteExtension(w, oid, isCritical, [5, 0]))), out string? error);
        if (expected is null) Assert.True(list!.IsSignedBy(Root.Certificate));
        else Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, null)]
    [InlineData(2, null)]
    [InlineData(4, "indirect")]
    [InlineData(5, "attribute")]
    public void A_list_about_a_part_of_the_certificates_says_which(int member, string? expected)
    {
        byte[] point = Encoded(w =>
        {
            using (w.PushSequence()) w.WriteBoolean(true, new Asn1Tag(TagClass.ContextSpecific, member));
        });
        var list = RevocationList.Read(Sign(Root.Certificate, Tbs(Root.Certificate, "1.2.840.10045.4.3.2", extensions: w => WriteExtension(w, "2.5.29.28", true, point))), out string? error);
        if (expected is not null) Assert.Contains(expected, error, StringComparison.Ordinal);
        else Assert.Equal(member == 1 ? RevocationScope.EndEntities : RevocationScope.Authorities, list!.Scope);
    }

    [Fact]
    public void A_list_without_an_end_or_with_two_algorithms_is_refused()
    {
        Assert.Null(RevocationList.Read(Sign(Root.Certificate, Tbs(Root.Certificate, "1.2.840.10045.4.3.2", hasEnd: false)), out string? noEnd));
        Assert.Contains("nextUpdate", noEnd, StringComparison.Ordinal);
        Assert.Null(RevocationList.Read(Sign(Root.Certificate, Tbs(Root.Certificate, "1.2.840.10045.4.3.3")), out string? two));
        Assert.Contains("two signature algorithms", two, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SHA256", false)]
    [InlineData("SHA384", false)]
    [InlineData("SHA512", true)]
    [InlineData("SHA256", true)]
    public void Rsa_signatures_are_checked_in_both_forms(string hash, bool isPss)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=Rsa", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        using var root = request.CreateSelfSigned(Now.AddYears(-1), Now.AddYears(10));
        byte[] made = new CertificateRevocationListBuilder().Build(
            root, 1, Now.AddDays(1), new HashAlgorithmName(hash), isPss ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1, Now);

        Assert.True(RevocationList.Read(made, out _)!.IsSignedBy(root));
        made[^1] ^= 1;
        Assert.False(RevocationList.Read(made, out _)!.IsSignedBy(root));
    }

    [Fact]
    public async Task A_list_made_by_openssl_is_read_and_its_certificates_are_known()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.File("ca.pem"), Root.Pem);
        File.WriteAllText(folder.File("ca.key"), Root.Certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(folder.File("crlnumber"), "07\n");
        File.WriteAllText(folder.File("index.txt"),
            "R\t490101000000Z\t240401000000Z,keyCompromise\t0A1B2C3D4E5F60718293A4B5C6D7E8F90A1B2C3D\tunknown\t/CN=a\nR\t490101000000Z\t240401000000Z\t7F\tunknown\t/CN=b\nV\t490101000000Z\t\t80\tunknown\t/CN=c\n");
        File.WriteAllText(folder.File("ca.cnf"),
            $"[ca]\ndefault_ca=d\n[d]\ndatabase={folder.File("index.txt")}\ncrlnumber={folder.File("crlnumber")}\ndefault_md=sha256\ndefault_crl_days=3650\ncrl_extensions=x\n[x]\nauthorityKeyIdentifier=keyid:always\n");
        await RunAsync(["ca", "-gencrl", "-config", folder.File("ca.cnf"), "-cert", folder.File("ca.pem"), "-keyfile", folder.File("ca.key"), "-out", folder.File("list.pem")]);

        var trust = ClientTrust.Read(File.ReadAllBytes(folder.File("ca.pem")), [File.ReadAllBytes(folder.File("list.pem"))], out string? error);
        Assert.Null(error);
        var list = Assert.Single(trust!.Lists).List;
        Assert.Equal((2, true, true, false), (list.Count, Lists("0A1B2C3D4E5F60718293A4B5C6D7E8F90A1B2C3D"), Lists("7F"), Lists("80")));

        bool Lists(string hex) => SerialNumber.TryParse(Convert.FromHexString(hex), out var serial) && list.Lists(serial);
    }

    [Fact]
    public void Files_that_are_no_authorities_or_no_lists_are_refused_with_the_reason()
    {
        byte[] root = System.Text.Encoding.ASCII.GetBytes(Root.Pem);
        Assert.Contains("no root", Refusal([], []), StringComparison.Ordinal);
        Assert.Contains("is no authority", Refusal(System.Text.Encoding.ASCII.GetBytes(NotAnAuthority()), []), StringComparison.Ordinal);
        Assert.Contains("neither DER nor PEM", Refusal(root, ["hello"u8.ToArray()]), StringComparison.Ordinal);
        Assert.Contains("no certificate revocation list", Refusal(root, [[0x30, 0x03, 2, 1, 1]]), StringComparison.Ordinal);
        Assert.Contains("not signed by one of the authorities", Refusal(root, [new Authority("Other").Revoke([], Now, Now.AddDays(1))]), StringComparison.Ordinal);

        static string? Refusal(byte[] bundle, byte[][] lists)
        {
            Assert.Null(ClientTrust.Read(bundle, lists, out string? error));
            return error;
        }
    }

    private static string NotAnAuthority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=leaf", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        using var leaf = request.CreateSelfSigned(Now, Now.AddDays(1));
        return leaf.ExportCertificatePem();
    }

    private static byte[] Serial(Random random)
    {
        byte[] serial = new byte[random.Next(1, 21)];
        random.NextBytes(serial);
        serial[0] = (byte)(serial[0] & 0x7F | 1);
        return serial;
    }

    private static async Task RunAsync(string[] arguments)
    {
        var (code, _, error) = await StatewayProgram.CallToolAsync("openssl", arguments);
        Assert.True(code == 0, error);
    }

    /// <summary>What is signed of a list, written by hand, for lists that no tool makes.</summary>
    private static byte[] Tbs(X509Certificate2 issuer, string algorithm, bool hasEnd = true, Action<AsnWriter>? extensions = null) => Encoded(w =>
    {
        using (w.PushSequence())
        {
            w.WriteInteger(1);
            using (w.PushSequence()) w.WriteObjectIdentifier(algorithm);
            w.WriteEncodedValue(issuer.SubjectName.RawData);
            w.WriteUtcTime(Now.AddDays(-1));
            if (hasEnd) w.WriteGeneralizedTime(Now.AddYears(30), omitFractionalSeconds: true);
            if (extensions is null) return;
            using (w.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
            using (w.PushSequence())
                extensions(w);
        }
    });

    private static void WriteExtension(AsnWriter writer, string oid, bool isCritical, byte[] value)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(oid);
            if (isCritical) writer.WriteBoolean(true);
            writer.WriteOctetString(value);
        }
    }

    private static byte[] Sign(X509Certificate2 issuer, byte[] tbs) => Encoded(w =>
    {
        using (w.PushSequence())
        {
            w.WriteEncodedValue(tbs);
            using (w.PushSequence()) w.WriteObjectIdentifier("1.2.840.10045.4.3.2");
            w.WriteBitString(issuer.GetECDsaPrivateKey()!.SignData(tbs, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
        }
    });

    private static byte[] Encoded(Action<AsnWriter> write)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        write(writer);
        return writer.Encode();
    }
}
