namespace Stateway.Model.Apis;

/// <summary>Since when an operation is deprecated, and until when it is served. At least one of the two times is there.</summary>
/// <param name="DeprecatedAt">May lie ahead (RFC 9745, section 2.1).</param>
/// <param name="SunsetAt">Not before <paramref name="DeprecatedAt"/> (RFC 9745, section 4).</param>
/// <param name="Link">Where clients read what to do: a URL, or a path on this server.</param>
/// <param name="Enforce">From the sunset on the operation is refused. Otherwise the sunset only announces (RFC 8594).</param>
public sealed record LifecycleSpec(DateTimeOffset? DeprecatedAt, DateTimeOffset? SunsetAt, string? Link, bool Enforce);
