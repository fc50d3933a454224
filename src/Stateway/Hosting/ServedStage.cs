using Stateway.Collections;
using Stateway.Management;
using Stateway.Model.Apis;
using Stateway.Store;

namespace Stateway.Hosting;

/// <summary>A stage as it is served: its deployment, compiled for its place.</summary>
/// <param name="Stage">Its id: <c>live</c>.</param>
/// <param name="Deployment">The deployment's id.</param>
/// <param name="Prefix">Stands before all of the API's paths, and is in its <see cref="ApiSpec.BasePath"/> already.</param>
internal sealed record ServedStage(string Stage, string Deployment, string Prefix, ApiSpec Api)
{
    /// <summary>The stage whose collections are the API's own, for other APIs and for who watches across a change.</summary>
    public const string Live = "live";

    public StageSettings Settings { get; init; } = StageSettings.None;

    /// <summary>The canary's deployment, compiled for the same place; null without one.</summary>
    public ApiSpec? Canary { get; init; }

    /// <summary>The mirror's.</summary>
    public ApiSpec? Mirror { get; init; }

    /// <summary>All that it serves, seen or unseen.</summary>
    public IEnumerable<ApiSpec> Apis => new[] { Api, Canary, Mirror }.OfType<ApiSpec>();

    /// <summary>Of its variables; the <see cref="Api"/>'s targets have them.</summary>
    public StageValues Values { get; init; } = StageValues.None;

    /// <summary>As the <see cref="Canary"/> and the <see cref="Mirror"/> have them.</summary>
    public (StageValues Canary, StageValues Mirror) OtherValues { get; init; } = (StageValues.None, StageValues.None);

    /// <summary>As in the store: <c>shop/live</c>.</summary>
    public string Path { get; } = $"{Api.Name}/{Stage}";

    /// <summary>What the store has to know for it.</summary>
    public IReadOnlyList<CollectionSpec> Collections { get; } = new Catalog([Api]).ToSpecs();
}
