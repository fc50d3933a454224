using Stateway.Store;
using Stateway.Store.Etcd;
using Stateway.Store.Postgres;

namespace Stateway.LeaseHolder;

/// <summary>
/// Opens a store that the command line tells of, in an engine that several processes can share:
/// <code>
/// postgres CONNECTION-STRING SCHEMA
/// etcd HOST:PORT PREFIX
/// </code>
/// </summary>
internal static class EngineArguments
{
    /// <returns>Null when the arguments are wrong.</returns>
    /// <exception cref="IOException">The store refuses.</exception>
    public static async Task<IStore?> OpenAsync(string[] arguments)
    {
        StoreOpening? opening = arguments switch
        {
            ["postgres", var connection, var schema] => await PostgresStore.OpenAsync(new() { ConnectionString = connection, Schema = schema }),
            ["etcd", var endpoint, var prefix] => await EtcdStore.OpenAsync(new() { Endpoints = [endpoint], Prefix = prefix }),
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
