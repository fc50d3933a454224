namespace Stateway.Gateway.Content.Negotiation;

/// <summary>How a body is coded on the way (RFC 9110, section 8.4.1).</summary>
public enum ContentCoding : byte
{
    Identity,
    Gzip,
    Brotli,
}
