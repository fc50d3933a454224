namespace Stateway.Model.Problems;

/// <summary>
/// Every kind of problem there is. The server explains each at its path, and <c>docs/reference/problems.md</c> is
/// generated from this list.
/// </summary>
public static class ProblemTypes
{
    public static readonly ProblemType MalformedRequest = new(400, "MALFORMED_REQUEST", "The request is malformed.",
        "The request is not valid HTTP, could be read in two ways, or its path is no plain path (dot segments, NUL, broken percent-encoding).");

    public static readonly ProblemType InvalidParameter = new(400, "INVALID_PARAMETER", "A parameter is wrong.",
        "A path, query, header or cookie parameter is unknown, missing or not what its schema asks for. Every one is listed.");

    public static readonly ProblemType InvalidFilter = new(400, "INVALID_FILTER", "The filter can't be used.",
        "The filter is not an expression, names a field that there is not, or reads too many rows for want of an index. The problem says where and what would be right.");

    public static readonly ProblemType InvalidPageToken = new(400, "INVALID_PAGE_TOKEN", "The page token does not belong to this list.",
        "A page token is valid only with the parameters of the request that it came from. Repeat the request without it to begin anew.");

    public static readonly ProblemType MalformedBody = new(400, "MALFORMED_BODY", "The body is malformed.",
        "The body is not well-formed JSON (RFC 8259, no duplicate names, at most 64 levels) or XML (no document type, at most 64 levels), or is not encoded as its Content-Encoding says.");

    public static readonly ProblemType IdMismatch = new(400, "ID_MISMATCH", "The body's id is not the URL's.",
        "An id in the body must be the one in the URL; it can also be left out.");

    public static readonly ProblemType InvalidPatch = new(400, "INVALID_PATCH", "The patch is not a patch.",
        "The body is well formed, but no JSON Patch document (RFC 6902).");

    public static readonly ProblemType InvalidBatch = new(400, "INVALID_BATCH", "The batch can't be run.",
        "A batch takes POST, PUT, PATCH and DELETE on stored collections of its API, and actions that set fields; its requests may refer to the ids of earlier ones. The problem says which request is something else.");

    public static readonly ProblemType Unauthenticated = new(401, "UNAUTHENTICATED", "It is not known who is calling.",
        "The request carries no credentials, or none that are valid here. The WWW-Authenticate field says which are asked for.");

    public static readonly ProblemType NotFound = new(404, "NOT_FOUND", "There is nothing here.",
        "No operation has this path, or no resource has this id.");

    public static readonly ProblemType MethodNotAllowed = new(405, "METHOD_NOT_ALLOWED", "The method does not apply here.",
        "The path exists, but not with this method. The Allow field names the methods that it has.");

    public static readonly ProblemType NotAcceptable = new(406, "NOT_ACCEPTABLE", "No representation fits the Accept field.",
        "The problem names the representations that there are.");

    public static readonly ProblemType RequestTimeout = new(408, "REQUEST_TIMEOUT", "The request took too long to arrive.",
        "The body arrived more slowly than the server waits for.");

    public static readonly ProblemType AlreadyExists = new(409, "ALREADY_EXISTS", "There is a resource with this id already.",
        "POST creates only. PUT replaces what exists.");

    public static readonly ProblemType NotUnique = new(409, "NOT_UNIQUE", "Another resource has this value already.",
        "The field was declared unique in its collection.");

    public static readonly ProblemType StillReferenced = new(409, "STILL_REFERENCED", "Other resources refer to this one.",
        "A resource can be deleted when nothing refers to it any more. The problem names a collection and field that do.");

    public static readonly ProblemType WrongState = new(409, "WRONG_STATE", "The resource's state does not allow this.",
        "The action has a condition, and it does not hold now, or a JSON Patch tests for what is not so. The problem says what must be true.");

    public static readonly ProblemType BeingDeleted = new(409, "BEING_DELETED", "The resource is being deleted.",
        "Its deletion has been asked for, and what is asked of it can't be changed any more. It is gone when those that its finalizers name have cleaned up; then one of the same id can be created.");

    public static readonly ProblemType BreakingChange = new(409, "BREAKING_CHANGE", "The change breaks clients.",
        "What a stage would serve is not what its clients rely on. Every breaking change is listed; the stage's allow_breaking field lets a deployment break them all the same.");

    public static readonly ProblemType TooMuchContention = new(409, "TOO_MUCH_CONTENTION", "The resource changes too fast.",
        "Others kept changing the resource while this request tried to. Nothing was written; try again.");

    public static readonly ProblemType IdempotencyKeyInUse = new(409, "IDEMPOTENCY_KEY_IN_USE", "A request with this Idempotency-Key is still running.",
        "The first request with the key has not been answered yet. Repeat after the time that Retry-After names: the answer is then the first one's.");

    public static readonly ProblemType PageTokenExpired = new(410, "PAGE_TOKEN_EXPIRED", "The page token is too old.",
        "Page tokens are valid for three days, and as long as the store holds what the list was when it began. Repeat the request without it to begin anew.");

    public static readonly ProblemType RevisionGone = new(410, "REVISION_GONE", "The store no longer holds this revision.",
        "What was replaced or deleted can be read until it is compacted. The problem names the oldest revision that can be read, and the newest.");

    public static readonly ProblemType Retired = new(410, "RETIRED", "The operation is no longer served.",
        "Its sunset has passed: the Sunset field tells when, and a Link field where to read what to do instead, if its owner says so.");

    public static readonly ProblemType PreconditionFailed = new(412, "PRECONDITION_FAILED", "The resource is not as the condition asks.",
        "An If-Match, If-None-Match or If-Unmodified-Since field does not hold. The ETag field carries the current tag, if there is one.");

    public static readonly ProblemType BodyTooLarge = new(413, "BODY_TOO_LARGE", "The request's body is too large.",
        "The body, or what it expands to, is larger than the limit that the problem names.");

    public static readonly ProblemType ChangeTooLarge = new(413, "CHANGE_TOO_LARGE", "The change is too large for one commit.",
        "The store takes only so many writes, or bytes, at once; the problem names the limit. Nothing was written.");

    public static readonly ProblemType UriTooLong = new(414, "URI_TOO_LONG", "The request's URL is too long.",
        "The problem names the limit.");

    public static readonly ProblemType UnsupportedMediaType = new(415, "UNSUPPORTED_MEDIA_TYPE", "The body's media type or encoding is not supported here.",
        "The Accept, Accept-Patch or Accept-Encoding field of the answer names what is.");

    public static readonly ProblemType MisdirectedRequest = new(421, "MISDIRECTED_REQUEST", "The request came through the wrong connection.",
        "The host asks for a client certificate, and the connection was opened for another host, or with a certificate that is no longer accepted. Open a new connection to this host.");

    public static readonly ProblemType InvalidBody = new(422, "INVALID_BODY", "The body does not fit the schema.",
        "The body is well formed, but not what the schema asks for. Every error is listed with its JSON pointer.");

    public static readonly ProblemType PatchFailed = new(422, "PATCH_FAILED", "The patch does not apply to the resource.",
        "An operation of the JSON Patch names a place that the resource does not have. Nothing was changed.");

    public static readonly ProblemType IdempotencyKeyReused = new(422, "IDEMPOTENCY_KEY_REUSED", "The Idempotency-Key belongs to another request.",
        "The same caller has sent this key within 24 hours to the same URL, with another body, query, Content-Type or condition. A new request needs a key of its own.");

    public static readonly ProblemType PreconditionRequired = new(428, "PRECONDITION_REQUIRED", "A condition is required.",
        "Changes of this collection need If-Match with the resource's ETag (or If-None-Match: * to create only), so that nobody overwrites what they have not seen.");

    public static readonly ProblemType Throttled = new(429, "THROTTLED", "Too many requests.",
        "The stage takes only so many requests a second from all its callers together. Try again after the time that Retry-After names; RateLimit-Policy tells how many there may be.");

    public static readonly ProblemType HeadersTooLarge = new(431, "HEADERS_TOO_LARGE", "The request's header section is too large.",
        "The problem names the limit.");

    public static readonly ProblemType Internal = new(500, "INTERNAL", "Something went wrong here.",
        "The fault is the server's. Its log tells the rest, under the request's id.");

    public static readonly ProblemType BadGateway = new(502, "BAD_GATEWAY", "The service behind this operation could not answer.",
        "The connection to the service failed, or what it sent was not valid HTTP. The operator's log says which.");

    public static readonly ProblemType Unavailable = new(503, "UNAVAILABLE", "The server can't do this right now.",
        "Too much waits already, or the store can't write now. Nothing was done; try again after the time that Retry-After names.");

    public static readonly ProblemType RevisionNotReached = new(503, "REVISION_NOT_REACHED", "The store has not come to this revision.",
        "min_revision asks for a state at least as new as that revision, and the store did not reach it within two seconds. Try again after the time that Retry-After names.");

    public static readonly ProblemType OutcomeUnknown = new(503, "OUTCOME_UNKNOWN", "It is not known whether the change was made.",
        "The connection to the store broke while it committed. Repeating the request with the same Idempotency-Key is safe; so is repeating a PUT or DELETE. Without a key, read the resource first.");

    public static readonly ProblemType UpstreamTimeout = new(504, "UPSTREAM_TIMEOUT", "The service behind this operation took too long.",
        "The service did not begin its answer within the operation's timeout.");

    public static readonly ProblemType VersionNotSupported = new(505, "VERSION_NOT_SUPPORTED", "This version of HTTP is not spoken here.",
        "The request line names a version of HTTP that the server does not speak on this port.");

    public static readonly ProblemType StorageFull = new(507, "STORAGE_FULL", "The disk is full.",
        "Nothing was written. What had been acknowledged before is kept.");

    public static readonly ProblemType LoopDetected = new(508, "LOOP_DETECTED", "The request went round in circles.",
        "The request came through this server too often: an operation's target leads back to itself.");

    /// <summary>All of them, by status.</summary>
    public static IReadOnlyList<ProblemType> All { get; } =
    [
        MalformedRequest, InvalidParameter, InvalidFilter, InvalidPageToken, MalformedBody, IdMismatch, InvalidPatch, InvalidBatch, Unauthenticated,
        NotFound, MethodNotAllowed, NotAcceptable, RequestTimeout, AlreadyExists, NotUnique, StillReferenced, WrongState, BeingDeleted, BreakingChange,
        TooMuchContention, IdempotencyKeyInUse, PageTokenExpired, RevisionGone, Retired, PreconditionFailed, BodyTooLarge, ChangeTooLarge,
        UriTooLong, UnsupportedMediaType, MisdirectedRequest, InvalidBody, PatchFailed, IdempotencyKeyReused, PreconditionRequired, Throttled, HeadersTooLarge,
        Internal, BadGateway, Unavailable, OutcomeUnknown, RevisionNotReached, UpstreamTimeout, VersionNotSupported, StorageFull,
        LoopDetected,
    ];
}
