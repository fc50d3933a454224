using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Stateway.Gateway.Serving.Tls;

/// <summary>What the handshake of a connection has found out. A feature of the connection.</summary>
internal sealed class TlsPeer(Certificates certificates, TlsHost host)
{
    private volatile Judgement? _judgement;

    public Certificates Certificates => certificates;

    public TlsHost Host => host;

    public bool HasCertificate => _judgement is not null;

    private sealed record Judgement(ClientChain Chain, ClientTrust Trust, string? Refusal);

    /// <summary>Called by the handshake.</summary>
    public bool Accept(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors, ClientTrust? trust)
    {
        if (certificate is null) return !host.AreClientsRequired || Refuse("it has no certificate");
        if (trust is null) return Refuse("the authorities' files are wrong");
        if (errors != SslPolicyErrors.None || chain is null) return Refuse("its certificate is not valid: " + Describe(chain));

        var links = ClientChain.Of(chain);
        string? refusal = trust.Refuse(links, certificates.Time.GetUtcNow());
        _judgement = new(links, trust, refusal);
        return refusal is null || Refuse(refusal);
    }

    /// <summary>The certificate that was accepted once is so still: it is judged anew when the authorities or their lists have changed.</summary>
    public bool IsStillAccepted()
    {
        if (_judgement is not { } judgement) return true;

        if (host.Clients?.Current is { } trust && !ReferenceEquals(trust, judgement.Trust))
            _judgement = judgement = new(judgement.Chain, trust, trust.Refuse(judgement.Chain, certificates.Time.GetUtcNow()));
        return judgement.Refusal is null;
    }

    private bool Refuse(string why)
    {
        certificates.TellRefusal(host, why);
        return false;
    }

    private static string Describe(X509Chain? chain)
    {
        if (chain is null) return "no chain";

        var statuses = chain.ChainElements.SelectMany(element => element.ChainElementStatus).Concat(chain.ChainStatus);
        return string.Join(", ", statuses.Select(status => status.Status.ToString()).Distinct());
    }
}
