namespace Stateway.Client.Contexts;

/// <summary>A server that a name stands for.</summary>
/// <param name="KeyFile">Absolute; read whenever the key is needed, so that a changed key is the one that is sent.</param>
/// <param name="Gateway">Where users' APIs are reached from here; null for where the server says.</param>
internal sealed record SavedContext(string Name, string Server, string? Key, string? KeyFile, string? CaFile, string? Gateway = null);
