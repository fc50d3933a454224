using Stateway.Store;

namespace Stateway.Controllers;

/// <summary>All controllers of a node.</summary>
internal sealed class ControllerHosts(Ground ground) : IAsyncDisposable
{
    private readonly List<ControllerHost> _hosts = []; // complete before they start

    public ControllerHost Add(IReconciler reconciler, ControllerOptions options)
    {
        var host = new ControllerHost(ground, reconciler, options);
        _hosts.Add(host);
        return host;
    }

    public void Start() => _hosts.ForEach(static host => host.Start());

    /// <summary>Those that work on an entry of a collection, with the path that stands for it.</summary>
    public IEnumerable<(ControllerHost Host, string Path)> Of(Key key) =>
        _hosts.Where(host => host.Reconciler.Kind == key.Collection).SelectMany(host => host.Reconciler.PathsFor(key).Select(path => (host, path)));

    /// <summary>All at once; each waits for its work under way, and gives its lease back.</summary>
    public async ValueTask DisposeAsync() => await Task.WhenAll(_hosts.Select(static host => host.DisposeAsync().AsTask()));
}
