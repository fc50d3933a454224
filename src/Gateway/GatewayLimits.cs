namespace Stateway.Gateway;

/// <summary>What a single request may ask of the gateway.</summary>
public sealed record GatewayLimits
{
    /// <summary>Characters of the request target, query included; beyond it 414.</summary>
    public int UrlLengthMax { get; init; } = 8 * 1024;

    /// <summary>Bytes of the header section; beyond it 431.</summary>
    public int HeadersBytesMax { get; init; } = 32 * 1024;

    /// <summary>Bytes of a body that is read whole, as sent and as expanded; beyond it 413.</summary>
    public int BodyBytesMax { get; init; } = 1024 * 1024;

    /// <summary>Bytes of a stored resource, with what defaults, actions and patches have added; beyond it 413.</summary>
    public int StoredBytesMax => 2 * BodyBytesMax;

    /// <summary>Bytes of a list's answer with what was expanded; beyond it 400.</summary>
    public int ListBytesMax { get; init; } = 32 * 1024 * 1024;

    /// <summary>Bytes of a body that is streamed to a service; beyond it 413.</summary>
    public long StreamedBodyBytesMax { get; init; } = 1024L * 1024 * 1024;
}
