using System.Net;
using Stateway.Stores;

namespace Stateway.Hosting;

/// <param name="Listen">Port 0 takes a free one.</param>
internal sealed record ServerOptions(IPEndPoint Listen, StoreUrl Store)
{
    public HistoryPolicy History { get; init; } = new();

    /// <summary>For how long a store that can't be reached at the start is tried again.</summary>
    public TimeSpan StorePatience { get; init; } = TimeSpan.Zero;
}
