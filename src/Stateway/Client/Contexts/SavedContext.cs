namespace Stateway.Client.Contexts;

/// <summary>A server that a name stands for.</summary>
/// <param name="KeyFile">Absolute; read whenever the key is needed, so that a changed key is the one that is sent.</param>
internal sealed record SavedContext(string Name, string Server, string? Key, string? KeyFile, string? CaFile);
