namespace Stateway.Client;

/// <summary>A request to the management API.</summary>
/// <param name="Path">Below the server's URL, with its query; percent-encoded.</param>
internal sealed record Call(HttpMethod Method, string Path)
{
    /// <summary>JSON; empty for none.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>Sending it twice is sending it once: reads, and writes with a condition or an Idempotency-Key.</summary>
    public bool IsRepeatable { get; init; } = true;

    public static Call Get(string path) => new(HttpMethod.Get, path);
}
