namespace Stateway.Model.Apis.Changes;

/// <summary>What a served document says of servers: this one first, then those that its author named.</summary>
internal static class ServerPaths
{
    /// <summary>The path of the first server, variables put in by their defaults, without a slash at its end.</summary>
    public static string BaseOf(Side side)
    {
        if (side.Root["servers"]?.Items.FirstOrDefault() is not { IsMap: true } server) return "";

        string url = UrlOf(server);
        string path = Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" ? uri.AbsolutePath : "/" + url.TrimStart('.', '/');
        return path.TrimEnd('/');
    }

    /// <summary>By URL.</summary>
    public static Sayings OthersOf(Side side)
    {
        var servers = new Sayings();
        foreach (var server in (side.Root["servers"]?.Items ?? []).Skip(1)) servers.TryAdd(UrlOf(server), server);
        return servers;
    }

    private static string UrlOf(Piece server)
    {
        string url = server.TextOf("url") ?? "";
        foreach (var (name, variable) in server["variables"]?.Members ?? []) url = url.Replace($"{{{name}}}", variable.TextOf("default") ?? "", StringComparison.Ordinal);
        return url;
    }
}
