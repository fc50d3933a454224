using System.Collections.Immutable;
using System.Net.Security;
using System.Security.Authentication;

namespace Stateway.Gateway.Serving.Tls;

/// <summary>
/// What clients of some host names are shown, and what they must show. To be kept while nothing of it changes: sessions are
/// resumed only with the same one.
/// </summary>
public sealed class TlsHost(CertificateFile certificate)
{
    private volatile Ready? _ready;

    /// <summary>Names of hosts in lower or upper case, without a port; <c>*.</c> before one stands for exactly one label.</summary>
    public required ImmutableArray<string> Names { get; init; }

    public CertificateFile Certificate { get; } = certificate;

    /// <summary>Null: clients are not asked for certificates.</summary>
    public ClientAuthorities? Clients { get; init; }

    /// <summary>With <see cref="Clients"/>: a client without a certificate is refused. A wrong certificate is refused in any case.</summary>
    public bool AreClientsRequired { get; init; } = true;

    /// <returns>Null while the certificate's files have never been right.</returns>
    internal SslServerAuthenticationOptions? OptionsFor(TlsPeer peer)
    {
        if (Certificate.Current is not { } certificate) return null;

        var trust = Clients?.Current;
        var ready = _ready;
        if (ready is null || !ReferenceEquals(ready.Certificate, certificate) || !ReferenceEquals(ready.Trust, trust))
            _ready = ready = new(certificate, trust);

        return Clients is null ? ready.Options : ready.OptionsAsking(peer);
    }

    /// <summary>Made once for a certificate and the authorities in force: the library keeps its own state, sessions too, beside the context.</summary>
    private sealed class Ready
    {
        private readonly SslStreamCertificateContext _context;

        public Ready(ServerCertificate certificate, ClientTrust? trust)
        {
            Certificate = certificate;
            Trust = trust;

            // The names of the authorities are sent along, so that a client with several certificates knows which one is meant.
            var named = trust is null ? null : SslCertificateTrust.CreateForX509Collection(trust.Roots, sendTrustInHandshake: true);
            _context = SslStreamCertificateContext.Create(certificate.Leaf, certificate.Chain, offline: true, named);
            Options = NewOptions();
        }

        public ServerCertificate Certificate { get; }
        public ClientTrust? Trust { get; }
        public SslServerAuthenticationOptions Options { get; }

        public SslServerAuthenticationOptions OptionsAsking(TlsPeer peer)
        {
            var options = NewOptions();
            options.ClientCertificateRequired = true; // "asked for"; the callback decides
            options.CertificateChainPolicy = Trust?.ToPolicy();
            options.RemoteCertificateValidationCallback = (_, certificate, chain, errors) => peer.Accept(certificate, chain, errors, Trust);
            options.AllowTlsResume = false; // a resumed session would carry a revoked client in
            return options;
        }

        private SslServerAuthenticationOptions NewOptions() => new()
        {
            ServerCertificateContext = _context,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
            AllowRenegotiation = false,
        };
    }
}
