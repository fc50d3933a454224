using System.Text.Json;
using Stateway.Hosting;
using Stateway.Store;
using Stateway.Stores;

namespace Stateway.Copying;

/// <summary>
/// The entry that a store holds while it is being filled by a copy. A store that has it is not whole: it is not served, and a
/// copy into it begins again.
/// </summary>
internal static class CopyMark
{
    public static readonly Key Key = new(Settings.Collection.Name, "copying");

    /// <exception cref="StoreUnavailableException"/>
    public static async Task<bool> IsOnAsync(IStore store, CancellationToken ct) => await store.GetAsync(Key, ct) is not null;

    public static string WhyNotServed(StoreUrl store) =>
        $"The store {store} was only partly filled by a copy that did not end; run stateway store copy FROM {store} again, or choose another.";

    /// <param name="from">Without a password.</param>
    public static Write.Put Put(StoreUrl from, DateTimeOffset now) =>
        new(Key, now, JsonSerializer.SerializeToUtf8Bytes(new { from = from.ToString(), started = now }));
}
