namespace Stateway.Gateway.Targets.Http;

/// <summary>Where a service listens: what connections are pooled by.</summary>
/// <param name="Host">As TLS and DNS take it: a name, or an address without brackets.</param>
internal readonly record struct Origin(bool IsTls, string Host, int Port)
{
    public override string ToString() =>
        $"{(IsTls ? "https" : "http")}://{(Host.Contains(':') ? $"[{Host}]" : Host)}:{Port}";
}
