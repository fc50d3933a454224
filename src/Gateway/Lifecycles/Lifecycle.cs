using System.Globalization;
using Microsoft.AspNetCore.Http;
using Stateway.Model.Apis;
using Stateway.Model.Problems;

namespace Stateway.Gateway.Lifecycles;

/// <summary>What an operation that is going away tells its callers: <c>Deprecation</c> (RFC 9745), <c>Sunset</c> (RFC 8594), and where to read more.</summary>
public sealed class Lifecycle
{
    private readonly LifecycleSpec _spec;
    private readonly string? _deprecation;
    private readonly string? _sunset;
    private readonly string? _link;

    public Lifecycle(LifecycleSpec spec)
    {
        _spec = spec;
        _deprecation = spec.DeprecatedAt is { } since ? "@" + since.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture) : null;
        _sunset = spec.SunsetAt?.ToUniversalTime().ToString("r", CultureInfo.InvariantCulture);
        if (spec.Link is null) return;

        string?[] relations = [_deprecation is null ? null : "deprecation", _sunset is null ? null : "sunset"];
        _link = string.Join(", ", relations.OfType<string>().Select(relation => $"<{spec.Link}>; rel=\"{relation}\""));
    }

    /// <summary>Marks an answer that is about to begin, a refusal too. What a service behind the operation says of its own gives way.</summary>
    public void Mark(IHeaderDictionary headers)
    {
        if (_deprecation is not null) headers["Deprecation"] = _deprecation;
        if (_sunset is not null) headers["Sunset"] = _sunset;
        if (_link is not null) headers.Append("Link", _link);
    }

    /// <returns>Null while the operation is served.</returns>
    public Problem? Refuse(TimeProvider time) =>
        _spec is { Enforce: true, SunsetAt: { } sunset } && time.GetUtcNow() >= sunset
            ? new(ProblemTypes.Retired, $"The operation was served until {_sunset}.{(_spec.Link is { } link ? $" Read {link}" : "")}")
            : null;
}
