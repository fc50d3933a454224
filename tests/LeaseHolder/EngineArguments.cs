using Stateway.Store;
using Stateway.Store.Sqlite;

namespace Stateway.LeaseHolder;

/// <summary>Opens a store that the command line tells of: an engine's name, then its options.</summary>
internal static class EngineArguments
{
    /// <returns>Null when the arguments are wrong.</returns>
    /// <exception cref="IOException">The store refuses.</exception>
    public static async Task<IStore?> OpenAsync(string[] arguments)
    {
        StoreOpening? opening = arguments switch
        {
            ["sqlite", var folder] => await SqliteStore.OpenAsync(folder, new SqliteStoreOptions()),
            _ => null,
        };

        return opening switch
        {
            StoreOpening.Opened opened => opened.Store,
            StoreOpening.Refused refused => throw new IOException(refused.Message),
            _ => null,
        };
    }
}
