using System.Collections.ObjectModel;
using Stateway.Collections.Writing.Repeating;
using Stateway.Store;
using Stateway.Store.Staging;

namespace Stateway.Collections.Writing;

/// <summary>On what a write is made, and how.</summary>
/// <param name="Store">The store itself, or what is staged over it.</param>
/// <param name="Once">Null when the request has no idempotency key.</param>
internal readonly record struct Terms(IResources Store, Once? Once = null)
{
    /// <summary>A write that is only to be tried is made on a stage of its own, which nobody seals.</summary>
    public Terms Following(Preferences preferences) => preferences.ValidateOnly
        ? new(new StagedResources(Store, ReadOnlyDictionary<string, CollectionSpec>.Empty)) // one transaction: nothing is ever compared with what is staged
        : this;
}
