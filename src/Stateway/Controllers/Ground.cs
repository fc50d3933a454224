using Microsoft.Extensions.Logging;
using Stateway.Store;

namespace Stateway.Controllers;

/// <summary>What all controllers of a node stand on.</summary>
/// <param name="Follower">The node's one.</param>
/// <param name="Node">Names this node uniquely, a restart of it included: the holder of its leases.</param>
internal sealed record Ground(IStore Store, ChangeFollower Follower, string Node, TimeProvider Time, ILogger Logger);
