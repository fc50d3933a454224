namespace Stateway.Model.Problems;

/// <summary>Every kind of problem there is. <c>docs/reference/problems.md</c> is generated from this list.</summary>
public static class ProblemTypes
{
    public static readonly ProblemType BadGateway = new(502, "BAD_GATEWAY", "The service behind this operation could not answer.",
        "The connection to the service failed, or what it sent was not valid HTTP. The operator's log says which.");

    public static readonly ProblemType UpstreamTimeout = new(504, "UPSTREAM_TIMEOUT", "The service behind this operation took too long.",
        "The service did not begin its answer within the operation's timeout.");

    public static readonly ProblemType Unavailable = new(503, "UNAVAILABLE", "The operation is too busy just now.",
        "More requests wait than may. Try again after the time that Retry-After gives.");

    public static readonly ProblemType RequestTimeout = new(408, "REQUEST_TIMEOUT", "The request took too long to arrive.",
        "The request's body came too slowly, or stopped coming.");

    public static readonly ProblemType BodyTooLarge = new(413, "BODY_TOO_LARGE", "The request's body is too large.",
        "The body, or what it expands to, is larger than the limit that the problem names.");

    public static readonly ProblemType MalformedRequest = new(400, "MALFORMED_REQUEST", "The request is malformed.",
        "The request is not valid HTTP, or could be read in two ways.");

    public static readonly ProblemType InvalidBody = new(422, "INVALID_BODY", "The body does not fit the schema.",
        "The body is well formed, but not what the schema asks for. Every error is listed with its JSON pointer.");

    public static readonly ProblemType MalformedBody = new(400, "MALFORMED_BODY", "The body is malformed.",
        "The body is not well-formed JSON or XML.");

    public static readonly ProblemType InvalidParameter = new(400, "INVALID_PARAMETER", "A parameter is wrong.",
        "A path, query, header or cookie parameter is unknown, missing or does not fit its schema.");
}
