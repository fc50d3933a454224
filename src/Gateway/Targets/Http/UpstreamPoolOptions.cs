using System.Security.Cryptography.X509Certificates;

namespace Stateway.Gateway.Targets.Http;

/// <summary>Limits of the connections to one service (scheme, host and port).</summary>
public sealed record UpstreamPoolOptions
{
    /// <summary>Open connections, upgraded ones included.</summary>
    public int ConnectionsMax { get; init; } = 1024;

    /// <summary>Requests that may wait for a connection when all are in use; one more is refused with 503.</summary>
    public int WaitersMax { get; init; } = 4096;

    /// <summary>The longest such wait; then 503.</summary>
    public TimeSpan WaitTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Name resolution, connecting and the TLS handshake together.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>One address gets this long when there are others to try.</summary>
    public TimeSpan AddressTimeout { get; init; } = TimeSpan.FromSeconds(2);

    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>A connection that is older is not used again, so that changes of DNS are noticed.</summary>
    public TimeSpan LifetimeMax { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Roots that a service's certificate may chain to. Null: the system's.</summary>
    public X509Certificate2Collection? TrustedRoots { get; init; }

    /// <exception cref="ArgumentException">Names the setting, its value and what would be right.</exception>
    public void Validate()
    {
        if (ConnectionsMax < 1)
            throw new ArgumentException($"ConnectionsMax is {ConnectionsMax}; it must be 1 or more.");
        if (WaitersMax < 0)
            throw new ArgumentException($"WaitersMax is {WaitersMax}; it must be 0 or more.");
        if (WaitTimeout <= TimeSpan.Zero || ConnectTimeout <= TimeSpan.Zero || AddressTimeout <= TimeSpan.Zero
            || IdleTimeout <= TimeSpan.Zero || LifetimeMax <= TimeSpan.Zero)
            throw new ArgumentException("WaitTimeout, ConnectTimeout, AddressTimeout, IdleTimeout and LifetimeMax must be above zero.");
    }
}
