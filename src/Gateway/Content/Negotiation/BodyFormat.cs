namespace Stateway.Gateway.Content.Negotiation;

public enum BodyFormat : byte
{
    /// <summary>None that is known here.</summary>
    None,
    Json,
    Xml,
}
