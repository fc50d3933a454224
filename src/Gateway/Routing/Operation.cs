using Stateway.Gateway.Cors;
using Stateway.Gateway.Lifecycles;
using Stateway.Gateway.Stages;
using Stateway.Gateway.Targets;
using Stateway.Gateway.Validation;
using Stateway.Model.Apis;

namespace Stateway.Gateway.Routing;

/// <summary>An operation as the gateway runs it: what it demands of a request, and what answers.</summary>
/// <param name="Path">Full template, base path included: <c>/v1/weather/{city}</c>.</param>
/// <param name="Validation">Null when nothing is checked before the target (a collection checks its own input).</param>
public sealed record Operation(string Method, string Path, string OperationId, ITarget Target, RequestValidation? Validation = null)
{
    /// <summary>Answers OPTIONS on every path that has an operation.</summary>
    public static Operation Options { get; } = new("OPTIONS", "*", "options", new OptionsTarget());

    /// <summary>Answers all requests that must come over HTTPS and have not.</summary>
    public static Operation ToHttps { get; } = new("*", "*", "toHttps", new HttpsTarget());

    /// <summary>Which pages of other origins may call; null for none.</summary>
    public CorsPolicy? Cors { get; init; }

    /// <summary>What it tells its callers of its end; null when none is in sight.</summary>
    public Lifecycle? Lifecycle { get; init; }

    /// <summary>Null for what belongs to no stage alone.</summary>
    public ServedAs? ServedAs { get; init; }

    /// <summary>What its stage does beyond answering; null for nothing.</summary>
    public StageTraffic? Stage { get; init; }

    /// <summary>It is of the stage's canary.</summary>
    public bool IsCanary { get; init; }

    public static Operation Of(ApiSpec api, OperationSpec spec, ITarget target) =>
        new(spec.Method, api.BasePath + spec.Path, spec.OperationId, target,
            spec.Target is TargetSpec.Collection ? null : RequestValidation.Of(spec))
        {
            Lifecycle = spec.Lifecycle is { } lifecycle ? new(lifecycle) : null,
        };
}
