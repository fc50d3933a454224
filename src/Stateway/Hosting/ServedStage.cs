using Stateway.Model.Apis;

namespace Stateway.Hosting;

/// <summary>A stage as it is served: its deployment, compiled for its place.</summary>
/// <param name="Stage">Its id: <c>live</c>.</param>
/// <param name="Deployment">The deployment's id.</param>
/// <param name="Prefix">Stands before all of the API's paths, and is in its <see cref="ApiSpec.BasePath"/> already.</param>
internal sealed record ServedStage(string Stage, string Deployment, string Prefix, ApiSpec Api)
{
    /// <summary>The stage whose collections are the API's own, for other APIs and for who watches across a change.</summary>
    public const string Live = "live";

    /// <summary>Of its variables; the <see cref="Api"/>'s targets have them.</summary>
    public StageValues Values { get; init; } = StageValues.None;

    /// <summary>As in the store: <c>shop/live</c>.</summary>
    public string Path => $"{Api.Name}/{Stage}";
}
