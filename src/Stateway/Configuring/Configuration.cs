using System.Net;
using Stateway.Gateway.Serving.Proxies;
using Stateway.Hosting;
using Stateway.Stores;

namespace Stateway.Configuring;

/// <summary>What a configuration file says; null where it says nothing.</summary>
internal sealed record Configuration
{
    public static readonly Configuration Empty = new();

    public IPEndPoint? Listen { get; init; }
    public IPEndPoint? Admin { get; init; }

    /// <summary>Where HTTPS is served.</summary>
    public IPEndPoint? Tls { get; init; }

    /// <summary>Whose word about the client is taken.</summary>
    public TrustedProxies? TrustedProxies { get; init; }

    /// <summary>Connections of those begin with a PROXY header.</summary>
    public bool HasProxyProtocol { get; init; }

    public StoreUrl? Store { get; init; }
    public HistoryPolicy History { get; init; } = new();
}
