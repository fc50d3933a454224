namespace Stateway.Gateway.Content.Negotiation;

/// <summary>What a response may be coded in.</summary>
/// <param name="Coding">The best one.</param>
/// <param name="IsIdentityRefused">The body must be coded, however small it is.</param>
public readonly record struct CodingChoice(ContentCoding Coding, bool IsIdentityRefused)
{
    /// <summary>False when the client refuses everything that there is (406).</summary>
    public bool IsAcceptable => Coding != ContentCoding.Identity || !IsIdentityRefused;
}
