using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Stateway.Gateway.Serving.Proxies;

/// <summary>Which fields the operator's proxies write. One kind only: of the other kind anything may come from a client, through a proxy that doesn't know it.</summary>
public enum ForwardedFields
{
    /// <summary><c>X-Forwarded-For</c>, <c>X-Forwarded-Proto</c>, <c>X-Forwarded-Host</c>: what nearly all proxies write.</summary>
    XForwarded,

    /// <summary><c>Forwarded</c> (RFC 7239).</summary>
    Forwarded,
}

/// <summary>
/// The proxies whose word about the client is taken, on one listener. A feature of its connections.
/// <para>Each of them must write or remove every field of the kind it writes: what it leaves alone is the client's word.</para>
/// </summary>
public sealed record TrustedProxies(Networks Networks)
{
    public ForwardedFields Fields { get; init; } = ForwardedFields.XForwarded;

    /// <summary>False where the proxies leave <c>Host</c> as it was and do not write <c>X-Forwarded-Host</c>.</summary>
    public bool IsHostBelieved { get; init; } = true;

    public void UseOn(ListenOptions listen) => listen.Use(next => connection =>
    {
        connection.Features.Set(this);
        return next(connection);
    });
}
