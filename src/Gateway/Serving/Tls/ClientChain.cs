using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;

namespace Stateway.Gateway.Serving.Tls;

/// <summary>
/// What of a client's verified chain is needed to judge it again when the authorities or their lists change. The
/// certificates themselves are gone with the handshake.
/// </summary>
/// <param name="Links">The client's own certificate first; the root is not among them, unless it is all there is.</param>
/// <param name="Root">The certificate that all trust comes from, DER.</param>
internal sealed record ClientChain(ImmutableArray<ClientChain.Link> Links, ReadOnlyMemory<byte> Root)
{
    /// <param name="Serial">Null when it is longer than serial numbers may be.</param>
    /// <param name="IssuerKey">SubjectPublicKeyInfo of the certificate that signed this one.</param>
    public readonly record struct Link(ReadOnlyMemory<byte> IssuerName, ReadOnlyMemory<byte> IssuerKey, SerialNumber? Serial, DateTimeOffset NotAfter);

    /// <param name="chain">Verified, without errors.</param>
    public static ClientChain Of(X509Chain chain)
    {
        var elements = chain.ChainElements;
        var links = ImmutableArray.CreateBuilder<Link>(elements.Count);
        for (int i = 0; i == 0 || i < elements.Count - 1; i++)
        {
            var certificate = elements[i].Certificate;
            var issuer = elements[Math.Min(i + 1, elements.Count - 1)].Certificate;
            SerialNumber? serial = SerialNumber.TryParse(certificate.SerialNumberBytes.Span, out var number) ? number : null;
            links.Add(new(certificate.IssuerName.RawData, issuer.PublicKey.ExportSubjectPublicKeyInfo(), serial, certificate.NotAfter.ToUniversalTime()));
        }

        return new(links.ToImmutable(), elements[^1].Certificate.RawData);
    }
}
