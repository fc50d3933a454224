using Stateway.Model.Apis.Operations;

namespace Stateway.Model.Apis.Changes;

/// <summary>One operation of one side.</summary>
internal sealed class Operation(Side side, string method, string path, Piece item, Piece json)
{
    public Side Side { get; } = side;

    /// <summary>In capitals.</summary>
    public string Method { get; } = method;

    /// <summary>As the document writes it, below the base path.</summary>
    public string Path { get; } = path;

    /// <summary>The path's own.</summary>
    public Piece Item { get; } = item;

    public Piece Json { get; } = json;

    /// <summary><c>GET /orders/{order_id}</c></summary>
    public string Name { get; } = $"{method} {path}";
}

/// <summary>Finds the operations that both sides have, and tells those that only one has.</summary>
internal static class OperationPairs
{
    private static readonly string[] Methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

    /// <returns>In the order of the new document.</returns>
    public static List<(Operation Old, Operation New)> Match(Side old, Side @new, ChangeList list)
    {
        CompareServers(old, @new, list);
        var (oldBase, newBase) = (ServerPaths.BaseOf(old), ServerPaths.BaseOf(@new));
        var before = Of(old);
        var after = Of(@new);

        // An operation may go from /v1 + /a to /a under another base path, and stay what it is. What is left when the
        // base path changed has moved with it.
        var found = new Dictionary<Operation, Operation>();
        Find(operation => operation.Side == old ? oldBase : newBase);
        bool hasMoved = oldBase != newBase && Find(static _ => "") > 0;
        if (hasMoved) list.Add(ChangeRules.BasePathChanged, "/servers/0/url", null, $"The base path was '{oldBase}/' and is '{newBase}/'. Breaks all clients that call the old one.");

        var pairs = new List<(Operation, Operation)>();
        foreach (var operation in after)
        {
            if (found.TryGetValue(operation, out var same)) pairs.Add((same, operation));
            else list.Add(ChangeRules.OperationAdded, operation.Json.Pointer, operation.Name, $"{operation.Name} is new.");
        }

        foreach (var operation in before.Except(pairs.Select(pair => pair.Item1)))
            list.Add(ChangeRules.OperationRemoved, operation.Json.Pointer, operation.Name, $"{operation.Name} is gone. Breaks clients that call it.");

        return pairs;

        int Find(Func<Operation, string> basePath)
        {
            var waiting = new Dictionary<string, Operation>();
            foreach (var operation in before.Except(found.Values)) waiting.TryAdd(Key(operation), operation);

            int count = found.Count;
            foreach (var operation in after)
            {
                if (!found.ContainsKey(operation) && waiting.Remove(Key(operation), out var same)) found.Add(operation, same);
            }

            return found.Count - count;

            string Key(Operation operation) => $"{operation.Method} {PathTemplate.Normal(basePath(operation) + operation.Path)}";
        }
    }

    private static List<Operation> Of(Side side)
    {
        var operations = new List<Operation>();
        foreach (var (path, written) in side.Root["paths"]?.Members ?? [])
        {
            if (!path.StartsWith('/')) continue; // x-…

            var item = side.Resolve(written);
            foreach (string method in Methods)
            {
                if (item[method] is { IsMap: true } operation) operations.Add(new(side, method.ToUpperInvariant(), path, item, operation));
            }
        }

        return operations;
    }

    private static void CompareServers(Side old, Side @new, ChangeList list)
    {
        // The first is this very server: its path is the base path, which is compared by what stands under it.
        var before = ServerPaths.OthersOf(old);
        var after = ServerPaths.OthersOf(@new);
        foreach (var (url, at) in before)
        {
            if (!after.ContainsKey(url)) list.Add(ChangeRules.ServerRemoved, at.Pointer, null, $"The server {url} is gone. Clients that call it may find nothing.");
        }

        foreach (var (url, at) in after)
        {
            if (!before.ContainsKey(url)) list.Add(ChangeRules.ServerAdded, at.Pointer, null, $"The server {url} is new.");
        }
    }
}
