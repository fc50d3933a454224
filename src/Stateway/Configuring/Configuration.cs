using System.Net;
using Stateway.Hosting;
using Stateway.Stores;

namespace Stateway.Configuring;

/// <summary>What a configuration file says; null where it says nothing.</summary>
internal sealed record Configuration
{
    public static readonly Configuration Empty = new();

    public IPEndPoint? Listen { get; init; }
    public IPEndPoint? Admin { get; init; }
    public StoreUrl? Store { get; init; }
    public HistoryPolicy History { get; init; } = new();
}
