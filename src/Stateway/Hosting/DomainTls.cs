using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Stateway.Gateway.Serving.Tls;
using Stateway.Management.Domains;

namespace Stateway.Hosting;

/// <summary>
/// The files that domains name, read on this node and again when they change. What several domains name is read once, and what
/// did not change is kept with its sessions. Publishing never fails: files that are wrong are told in the log, and clients are
/// refused or go on with what was right before.
/// </summary>
internal sealed class DomainTls(TimeProvider time, ILogger logger) : IDisposable
{
    private readonly FileChecks _checks = new(time, logger);
    private Dictionary<(string File, string? Key), CertificateFile> _certificates = [];
    private Dictionary<string, ClientAuthorities> _authorities = new(StringComparer.Ordinal);
    private Dictionary<string, TlsHost> _hosts = new(StringComparer.Ordinal);

    /// <summary>What listeners show.</summary>
    public Certificates Certificates { get; } = new(time, logger);

    /// <summary>For one caller at a time.</summary>
    public void Publish(ImmutableArray<ServedDomain> domains)
    {
        var certificates = new Dictionary<(string File, string? Key), CertificateFile>();
        var authorities = new Dictionary<string, ClientAuthorities>(StringComparer.Ordinal);
        var hosts = new Dictionary<string, TlsHost>(StringComparer.Ordinal);
        foreach (var domain in domains)
        {
            if (domain.Spec.Certificate is not { } named || !HostName.IsValid(domain.Spec.Name)) continue;

            var certificate = Keep((named.File, named.Key), _certificates, certificates, () => new(named.File, named.Key, _checks, time, logger));
            var clients = domain.Spec.Clients is { } trust
                ? Keep(string.Join('\0', [trust.Authorities, .. trust.Revocation]), _authorities, authorities, () => new(trust.Authorities, trust.Revocation, _checks, time, logger))
                : null;
            hosts.Add(domain.Spec.Name, HostOf(domain.Spec, certificate, clients));
        }

        Certificates.Publish(hosts.Values, fallback: null);
        foreach (var gone in _certificates.Where(each => !certificates.ContainsKey(each.Key))) gone.Value.Dispose();
        foreach (var gone in _authorities.Where(each => !authorities.ContainsKey(each.Key))) gone.Value.Dispose();
        (_certificates, _authorities, _hosts) = (certificates, authorities, hosts);
    }

    public void Dispose()
    {
        foreach (var certificate in _certificates.Values) certificate.Dispose();
        foreach (var trust in _authorities.Values) trust.Dispose();
        _checks.Dispose();
    }

    private TlsHost HostOf(DomainSpec spec, CertificateFile certificate, ClientAuthorities? clients)
    {
        ImmutableArray<string> names = spec.HasSubdomains ? [spec.Name, "*." + spec.Name] : [spec.Name];
        bool areRequired = spec.Clients?.AreRequired ?? true;
        return _hosts.TryGetValue(spec.Name, out var known) && known.Certificate == certificate && known.Clients == clients
            && known.AreClientsRequired == areRequired && known.Names.SequenceEqual(names)
            ? known
            : new(certificate) { Names = names, Clients = clients, AreClientsRequired = areRequired };
    }

    private static T Keep<TKey, T>(TKey key, Dictionary<TKey, T> before, Dictionary<TKey, T> now, Func<T> make)
        where TKey : notnull
    {
        if (now.TryGetValue(key, out var value)) return value;

        value = before.TryGetValue(key, out var known) ? known : make();
        now.Add(key, value);
        return value;
    }
}
