using System.Net;
using Stateway.Gateway.Serving;
using Stateway.Gateway.Serving.Proxies;
using Stateway.Secrets;
using Stateway.Stores;

namespace Stateway.Hosting;

/// <param name="Listen">Port 0 takes a free one.</param>
/// <param name="Admin">Where the management API listens; port 0 takes a free one.</param>
/// <param name="ServedFolder">Of the documents; absolute.</param>
/// <param name="DataFolder">For what belongs to this node and not into the store.</param>
internal sealed record ServerOptions(IPEndPoint Listen, IPEndPoint Admin, string ServedFolder, StoreUrl Store, string DataFolder)
{
    /// <summary>Otherwise any free port will do when <see cref="Admin"/> is taken.</summary>
    public bool IsAdminChosen { get; init; }

    /// <summary>Where HTTPS is served, by the domains' certificates; null for nowhere.</summary>
    public IPEndPoint? Tls { get; init; }

    /// <summary>Whose word about the client is taken; null for nobody's.</summary>
    public TrustedProxies? TrustedProxies { get; init; }

    /// <summary>Connections of those proxies begin with a PROXY header.</summary>
    public bool HasProxyProtocol { get; init; }

    /// <summary>How connections of users begin.</summary>
    public ListenerOptions Listener => new() { TrustedProxies = TrustedProxies, ProxyProtocolFrom = HasProxyProtocol ? TrustedProxies?.Networks : null };

    /// <summary>Of this node; none until the first secret comes.</summary>
    public IReadOnlyList<MasterKey> MasterKeys { get; init; } = [];

    /// <summary>They were chosen, and not found in <see cref="DataFolder"/>.</summary>
    public bool AreMasterKeysChosen { get; init; }

    public HistoryPolicy History { get; init; } = new();

    /// <summary>For how long a store that can't be reached at the start is tried again.</summary>
    public TimeSpan StorePatience { get; init; } = TimeSpan.Zero;
}
