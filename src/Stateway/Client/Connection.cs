namespace Stateway.Client;

/// <summary>Where a management API is, and how it is spoken to.</summary>
/// <param name="Url">Without a slash at its end.</param>
/// <param name="Key">The administrator's; null for none.</param>
/// <param name="CaFile">PEM file of the authorities that may vouch for the server, instead of the system's; null for those.</param>
internal sealed record Connection(Uri Url, string? Key, string? CaFile)
{
    public const string Default = "http://127.0.0.1:8081";
    public const string Rule = "a server is http://HOST:PORT or https://HOST[:PORT], with a path where the API stands under one";

    public static bool TryParseUrl(string text, out Uri url)
    {
        url = null!;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var parsed) || parsed.Scheme is not ("http" or "https")
            || parsed.Query.Length > 0 || parsed.Fragment.Length > 0 || parsed.UserInfo.Length > 0 || parsed.Host.Length == 0) return false;

        url = parsed;
        return true;
    }

    public string Text => Url.AbsoluteUri.TrimEnd('/');

    /// <summary>Anybody on the way could read the key.</summary>
    public bool ExposesKey => Key is not null && Url.Scheme == "http" && !Url.IsLoopback;
}
