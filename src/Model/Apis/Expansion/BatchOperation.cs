using System.Text.Json.Nodes;

namespace Stateway.Model.Apis.Expansion;

/// <summary>Describes the operation that does several writes on an API's collections as one.</summary>
internal static class BatchOperation
{
    /// <summary>Below the base path.</summary>
    public const string Path = "/_/batch";

    public const string OperationId = "batch";

    public const string Tag = "batch";

    private static readonly (string Status, string Name)[] Problems =
    [
        ("400", "BadRequest"), ("404", "NotFound"), ("406", "NotAcceptable"), ("409", "Conflict"), ("412", "PreconditionFailed"),
        ("413", "ContentTooLarge"), ("415", "UnsupportedMediaType"), ("422", "UnprocessableContent"), ("default", "Problem"),
    ];

    public static void AddTo(ServedDocument served, string operationId) =>
        ServedDocument.In(ServedDocument.In(served.Root, "paths"), Path)["post"] = Describe(served, operationId);

    private static JsonObject Describe(ServedDocument served, string operationId)
    {
        var described = new JsonObject
        {
            ["operationId"] = operationId,
            ["tags"] = new JsonArray(Tag),
            ["summary"] = "Do several writes as one",
            ["description"] = "Does all of the requests in one step, or none: the first that is refused refuses all, and its problem is the answer.",
            ["parameters"] = new JsonArray(served.Use("parameters", "PreferTry"), served.Use("parameters", "IdempotencyKey")),
            ["requestBody"] = new JsonObject { ["required"] = true, ["content"] = Json(served.Use("schemas", "Batch")) },
        };

        var responses = new JsonObject
        {
            ["200"] = new JsonObject
            {
                ["description"] = "All is done.",
                ["headers"] = new JsonObject
                {
                    ["Stateway-Revision"] = served.Use("headers", "StatewayRevision"),
                    ["Idempotency-Replayed"] = served.Use("headers", "IdempotencyReplayed"),
                },
                ["content"] = Json(served.Use("schemas", "BatchResult")),
            },
        };
        foreach (var (status, name) in Problems) responses[status] = served.Use("responses", name);
        described["responses"] = responses;
        return described;
    }

    private static JsonObject Json(JsonNode schema) => new() { ["application/json"] = new JsonObject { ["schema"] = schema } };
}
