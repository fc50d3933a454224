namespace Stateway.Gateway.Content.Negotiation;

/// <summary>What a client is answered in.</summary>
/// <param name="Format"><see cref="BodyFormat.None"/>: nothing there is would do (406).</param>
/// <param name="ProblemFormat">Of problems: never <see cref="BodyFormat.None"/>, because a problem in JSON says more than none.</param>
/// <param name="IsTextXml">The client knows XML as <c>text/xml</c> only, or likes it better so.</param>
public readonly record struct AcceptChoice(BodyFormat Format, BodyFormat ProblemFormat, bool IsTextXml)
{
    public static AcceptChoice Json => new(BodyFormat.Json, BodyFormat.Json, false);

    /// <summary>For the detail of a 406.</summary>
    public const string Available = "application/json, application/xml, text/xml";

    public string ContentType => Format switch
    {
        BodyFormat.Xml when IsTextXml => "text/xml; charset=utf-8", // its default was once us-ascii (RFC 3023)
        BodyFormat.Xml => "application/xml",
        _ => "application/json",
    };

    public string ProblemContentType => ProblemFormat == BodyFormat.Xml ? "application/problem+xml" : "application/problem+json";
}
