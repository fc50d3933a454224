namespace Stateway.Gateway.Targets.Http;

/// <summary>What the rest of an exchange needs to know of its request.</summary>
internal struct RequestShape
{
    public bool IsHead;

    /// <summary>May be sent again when nobody knows whether it arrived (RFC 9110, section 9.2.2).</summary>
    public bool IsIdempotent;

    public bool AcceptsTrailers;
    public bool ExpectsContinue;

    /// <summary>The service is offered to switch protocols.</summary>
    public bool IsUpgrade;

    public Framing Body;

    /// <summary>When <see cref="Body"/> has a length.</summary>
    public long BodyBytes;
}
