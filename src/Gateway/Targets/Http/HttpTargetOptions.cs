namespace Stateway.Gateway.Targets.Http;

/// <summary>Limits of one forwarded request; the same for every target of a program.</summary>
public sealed record HttpTargetOptions
{
    /// <summary>An answer's header section, or its trailer section, that is longer is refused with 502.</summary>
    public int HeaderSectionBytesMax { get; init; } = 64 * 1024;

    /// <summary>Field lines in one header or trailer section of an answer.</summary>
    public int FieldsMax { get; init; } = 256;

    /// <summary>1xx answers before the final one.</summary>
    public int InterimResponsesMax { get; init; } = 32;

    /// <summary>A larger request body is refused with 413. Null leaves the server's own limit in place.</summary>
    public long? RequestBodyBytesMax { get; init; }

    /// <summary>The longest silence of the service between two pieces of its answer's body.</summary>
    public TimeSpan BodyIdleTimeout { get; init; } = TimeSpan.FromSeconds(100);

    /// <summary>The longest silence in both directions of an upgraded connection.</summary>
    public TimeSpan TunnelIdleTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long a body that the client offered with <c>Expect: 100-continue</c> waits for the service's 100.</summary>
    public TimeSpan ContinueTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The name that this gateway goes by in <c>Via</c> (RFC 9110, section 7.6.3).</summary>
    public string ViaName { get; init; } = "stateway";

    /// <exception cref="ArgumentException">Names the setting, its value and what would be right.</exception>
    public void Validate()
    {
        if (HeaderSectionBytesMax is < 1024 or > 16 * 1024 * 1024)
            throw new ArgumentException($"HeaderSectionBytesMax is {HeaderSectionBytesMax}; it must be from 1 KiB to 16 MiB.");
        if (FieldsMax is < 1 or > 10_000)
            throw new ArgumentException($"FieldsMax is {FieldsMax}; it must be from 1 to 10000.");
        if (InterimResponsesMax < 1)
            throw new ArgumentException($"InterimResponsesMax is {InterimResponsesMax}; it must be 1 or more.");
        if (RequestBodyBytesMax < 0)
            throw new ArgumentException($"RequestBodyBytesMax is {RequestBodyBytesMax}; it must be 0 or more.");
        if (BodyIdleTimeout <= TimeSpan.Zero || TunnelIdleTimeout <= TimeSpan.Zero || ContinueTimeout <= TimeSpan.Zero)
            throw new ArgumentException("BodyIdleTimeout, TunnelIdleTimeout and ContinueTimeout must be above zero.");
        if (ViaName.Length == 0 || !FieldText.IsToken(ViaName))
            throw new ArgumentException($"ViaName is '{ViaName}'; it must be a token (RFC 9110, section 5.6.2).");
    }
}
