using System.Text.Json.Nodes;
using Stateway.Model.Apis.Documents;
using Stateway.Model.Schemas;

namespace Stateway.Model.Apis.Expansion;

/// <summary>
/// Describes the operations that a collection has, as OpenAPI: what <c>/openapi.json</c> says of them. What the collection
/// really does is the collection target's business; the two are compared by the tests.
/// </summary>
internal sealed class CollectionOperations(ServedDocument served)
{
    /// <summary>One operation of a collection, before it is put into the paths.</summary>
    /// <param name="Action">The action, when the verb is <see cref="CollectionVerb.Act"/>.</param>
    public sealed record Standard(
        CollectionDraft Draft, CollectionVerb Verb, Spot? Action, string Method, string Path, string OperationId);

    /// <summary>The operations of the collection itself; not of its children.</summary>
    public static IEnumerable<Standard> Of(CollectionDraft draft)
    {
        bool isWritable = draft.Kind is not { IsReadOnly: true };
        yield return new(draft, CollectionVerb.List, null, "GET", draft.Path, "list" + draft.PluralName);
        if (isWritable) yield return new(draft, CollectionVerb.Create, null, "POST", draft.Path, "create" + draft.SingularName);
        yield return new(draft, CollectionVerb.Get, null, "GET", draft.ItemPath, "get" + draft.SingularName);
        if (isWritable)
        {
            yield return new(draft, CollectionVerb.Replace, null, "PUT", draft.ItemPath, "replace" + draft.SingularName);
            yield return new(draft, CollectionVerb.Patch, null, "PATCH", draft.ItemPath, "patch" + draft.SingularName);
            yield return new(draft, CollectionVerb.Delete, null, "DELETE", draft.ItemPath, "delete" + draft.SingularName);
        }

        if (draft.HasHistory) yield return new(draft, CollectionVerb.History, null, "GET", draft.ItemPath + "/history", $"list{draft.SingularName}History");
        if (draft.Kind is not null) yield return new(draft, CollectionVerb.Why, null, "GET", draft.ItemPath + "/why", "explain" + draft.SingularName);
        foreach (var action in draft.Actions)
        {
            string name = Words.Pascal(action.Name);
            yield return new(draft, CollectionVerb.Act, action, MethodOf(action), $"{draft.ItemPath}/{action.Name}",
                char.ToLowerInvariant(name[0]) + name[1..] + draft.SingularName);
        }
    }

    public static string MethodOf(Spot action) => action["method"]?.Text == "GET" ? "GET" : "POST";

    /// <summary>The operation object, whole.</summary>
    /// <param name="declaration">For the declared filter fields and references; null while the declaration is wrong.</param>
    public JsonObject Describe(Standard operation, CollectionDeclaration? declaration)
    {
        var draft = operation.Draft;
        var described = new JsonObject { ["operationId"] = operation.OperationId };
        string word = draft.Word;
        string one = Words.WithArticle(word);
        switch (operation.Verb)
        {
            case CollectionVerb.List:
                Say(described, draft, $"List {Words.Spaced(draft.Name)}", "A page of the collection, filtered and ordered as asked; or, with watch, every change from then on.");
                described["parameters"] = ListParameters(draft, declaration);
                described["responses"] = Responses(draft, ListResponse(draft), "304 400 406 410 503", inParent: draft.Parent is not null);
                break;

            case CollectionVerb.Create:
                Say(described, draft, $"Create {one}", $"Adds {one} with the id that the client asks for, or one that the server chooses.");
                described["parameters"] = new JsonArray(served.Use("parameters", "NewId"), served.Use("parameters", "Prefer"), served.Use("parameters", "IdempotencyKey"));
                described["requestBody"] = Body(draft, $"The new {word}.");
                described["responses"] = Responses(draft, Created(draft, isRepeatable: true), "400 406 409 413 415 422", inParent: draft.Parent is not null);
                break;

            case CollectionVerb.Get:
                Say(described, draft, $"Get {one}", $"One {word}, in the form that Accept asks for; or, with watch, every change of it from then on.");
                described["parameters"] = Parameters(draft, declaration, "Fields Expand Revision MinRevision Watch LastEventId IfNoneMatch");
                described["responses"] = Responses(draft, GetResponse(draft), "304 400 406 410 503", inParent: true);
                break;

            case CollectionVerb.Replace:
                Say(described, draft, $"Replace or create {one}",
                    "Writes the whole resource: a field left out is cleared or set to its default. It is created when there is none with this id.");
                described["parameters"] = Parameters(draft, declaration, "IfMatch IfNoneMatch Prefer");
                described["requestBody"] = Body(draft, $"The whole {word}.");
                described["responses"] = Responses(draft, Written(draft, $"The {word} as it is now.", isRepeatable: false), "400 406 409 412 413 415 422",
                    inParent: draft.Parent is not null, and: Created(draft, isRepeatable: false));
                break;

            case CollectionVerb.Patch:
                Say(described, draft, $"Change {one}", "Changes the fields that the patch names, by merge patch or JSON patch.");
                described["parameters"] = Parameters(draft, declaration, "IfMatch Prefer IdempotencyKey");
                described["requestBody"] = PatchBody();
                described["responses"] = Responses(draft, Written(draft, $"The {word} as it is now.", isRepeatable: true), "400 406 409 412 413 415 422", inParent: true);
                break;

            case CollectionVerb.Delete:
                Say(described, draft, $"Delete {one}", draft.Children.Count == 0 ? $"Removes the {word}." : $"Removes the {word} and what belongs to it.");
                described["parameters"] = Parameters(draft, declaration, "IfMatch PreferTry");
                described["responses"] = Responses(draft, ("204", new JsonObject
                {
                    ["description"] = "It is gone.",
                    ["headers"] = new JsonObject { ["Stateway-Revision"] = served.Use("headers", "StatewayRevision") },
                }), "400 409 412", inParent: true, and: draft.Kind is null ? null : Deleting(draft));
                break;

            case CollectionVerb.History:
                Say(described, draft, $"List the history of {one}", $"What the {word} has been, the newest first, as far back as the store holds it; also when it is deleted.");
                described["parameters"] = Parameters(draft, declaration, "MaxPageSize PageToken Fields MinRevision IfNoneMatch");
                described["responses"] = Responses(draft, HistoryResponse(draft), "304 400 406 410 503", inParent: true);
                break;

            case CollectionVerb.Why:
                Say(described, draft, $"Explain {one}", $"Why the {word} is as it is: what is so, what that comes from, and when what fails is tried again.");
                described["parameters"] = new JsonArray();
                described["responses"] = Responses(draft, ("200", new JsonObject
                {
                    ["description"] = "The chain of causes, the nearest first; as text a line each.",
                    ["content"] = WithText(Both(served.Use("schemas", "Explanation"))),
                }), "400 406 503", inParent: true);
                break;

            default:
                DescribeAction(described, operation, declaration);
                break;
        }

        return described;
    }

    private void DescribeAction(JsonObject described, Standard operation, CollectionDeclaration? declaration)
    {
        var (draft, action) = (operation.Draft, operation.Action!);
        string name = Words.Spaced(action.Name);
        string when = action["when"]?.Text is { } condition ? $" Only when `{condition}`; otherwise 409." : "";
        Say(described, draft,
            action["summary"]?.Text ?? $"{Words.Capital(name)} {Words.WithArticle(draft.Word)}",
            (action["description"]?.Text ?? (operation.Method == "GET" ? $"Tells {name} of the {draft.Word}." : $"Does {name} with the {draft.Word}.")) + when);

        // A key goes on to the target that answers the action, if there is one.
        bool isRepeatable = operation.Method != "GET" && action["target"] is null;
        described["parameters"] = operation.Method == "GET" ? [] : Parameters(draft, declaration, "IfMatch Prefer" + (isRepeatable ? " IdempotencyKey" : ""));
        if (action["body"] is { } body)
        {
            described["requestBody"] = new JsonObject
            {
                ["required"] = true,
                ["content"] = Both(ServedDocument.Json(body.Node)),
            };
        }

        if (action["responses"]?.Map is not null)
        {
            described["responses"] = ServedDocument.Json(action["responses"]!.Node);
            return;
        }

        var ok = action["target"] is null ? Written(draft, $"The {draft.Word} as it is now.", isRepeatable) : ("default", new JsonObject { ["description"] = "What the action answers." });
        string problems = operation.Method == "GET" ? "400 406" : "400 406 409 412 413 415" + (isRepeatable || action["body"] is not null ? " 422" : "");
        described["responses"] = Responses(draft, ok, problems, inParent: true);
    }

    /// <summary>The path parameter of every id in the path.</summary>
    public JsonObject IdParameter(CollectionDraft draft, string? name = null) => new()
    {
        ["name"] = name ?? draft.IdName,
        ["in"] = "path",
        ["required"] = true,
        ["description"] = $"The id of the {draft.Word}.",
        ["schema"] = served.Use("schemas", "ResourceId"),
    };

    private static void Say(JsonObject described, CollectionDraft draft, string summary, string description)
    {
        var top = draft;
        while (top.Parent is not null) top = top.Parent;
        described["tags"] = new JsonArray(top.Name);
        described["summary"] = summary;
        described["description"] = description;
    }

    private JsonArray ListParameters(CollectionDraft draft, CollectionDeclaration? declaration)
    {
        var parameters = new JsonArray(served.Use("parameters", "Filter"));
        string[] orders = declaration is null ? [] : [.. declaration.Order];
        parameters.Add(new JsonObject
        {
            ["name"] = "order_by",
            ["in"] = "query",
            ["description"] = orders.Length == 0
                ? "Fields separated by commas, `-` before one for descending. Declared: `id`."
                : $"Fields separated by commas, `-` before one for descending. Declared: {string.Join(", ", orders.Select(field => $"`{field}`"))}.",
            ["schema"] = new JsonObject { ["type"] = "string" },
        });
        foreach (string name in new[] { "MaxPageSize", "PageToken" }) parameters.Add(served.Use("parameters", name));
        foreach (var parameter in Parameters(draft, declaration, "Fields Expand Revision MinRevision Watch LastEventId IfNoneMatch").ToArray())
        {
            parameter!.Parent!.AsArray().Remove(parameter);
            parameters.Add(parameter);
        }

        parameters.Add(served.Use("parameters", "PreferCount"));
        foreach (string field in declaration?.Filter ?? [])
        {
            parameters.Add(new JsonObject
            {
                ["name"] = field,
                ["in"] = "query",
                ["description"] = $"Only those whose `{field}` is this.",
                ["schema"] = new JsonObject { ["type"] = TypeOf(declaration!.Shape, field) },
            });
        }

        return parameters;
    }

    private static string TypeOf(Shape shape, string field)
    {
        foreach (string name in field.Split('.')) shape = shape.Property(name) ?? Shape.Any;
        return (shape.Types & ~ShapeTypes.Null) switch
        {
            ShapeTypes.Boolean => "boolean",
            ShapeTypes.Integer => "integer",
            ShapeTypes.Number => "number",
            _ => "string",
        };
    }

    /// <summary>Shared parameters by name; <c>Expand</c> only where there is something to expand.</summary>
    private JsonArray Parameters(CollectionDraft draft, CollectionDeclaration? declaration, string names)
    {
        var parameters = new JsonArray();
        foreach (string name in names.Split(' '))
        {
            if (name != "Expand") parameters.Add(served.Use("parameters", name));
            else if (declaration is { References.Length: > 0 })
            {
                parameters.Add(new JsonObject
                {
                    ["name"] = "expand",
                    ["in"] = "query",
                    ["description"] = "References, separated by commas, whose resources come along in their place: "
                        + string.Join(", ", declaration.References.Select(reference => $"`{reference.Key}`")) + ".",
                    ["schema"] = new JsonObject { ["type"] = "string" },
                });
            }
        }

        return parameters;
    }

    private JsonObject Body(CollectionDraft draft, string description) => new()
    {
        ["description"] = description,
        ["required"] = true,
        ["content"] = Both(Component(draft.Component)),
    };

    private JsonObject PatchBody() => new()
    {
        ["description"] = "What to change.",
        ["required"] = true,
        ["content"] = new JsonObject
        {
            ["application/merge-patch+json"] = new JsonObject { ["schema"] = served.Use("schemas", "MergePatch") },
            ["application/json-patch+json"] = new JsonObject { ["schema"] = served.Use("schemas", "JsonPatch") },
        },
    };

    private (string, JsonObject) ListResponse(CollectionDraft draft) => ("200", new JsonObject
    {
        ["description"] = "A page; with watch, events without end.",
        ["headers"] = PageHeaders(),
        ["content"] = Watched(draft, Both(Component(draft.ListComponent))),
    });

    private (string, JsonObject) HistoryResponse(CollectionDraft draft) => ("200", new JsonObject
    {
        ["description"] = "A page.",
        ["headers"] = PageHeaders(),
        ["content"] = Both(Component(draft.HistoryComponent)),
    });

    private (string, JsonObject) GetResponse(CollectionDraft draft) => ("200", new JsonObject
    {
        ["description"] = $"The {draft.Word}; with watch, events without end.",
        ["headers"] = Versions(),
        ["content"] = Watched(draft, Both(Component(draft.Component))),
    });

    private (string, JsonObject) Written(CollectionDraft draft, string description, bool isRepeatable) => ("200", new JsonObject
    {
        ["description"] = description,
        ["headers"] = WrittenHeaders(isRepeatable),
        ["content"] = Both(Component(draft.Component)),
    });

    private (string, JsonObject) Created(CollectionDraft draft, bool isRepeatable)
    {
        var headers = WrittenHeaders(isRepeatable);
        headers["Location"] = served.Use("headers", "Location");
        return ("201", new JsonObject
        {
            ["description"] = $"The new {draft.Word}.",
            ["headers"] = headers,
            ["content"] = Both(Component(draft.Component)),
        });
    }

    private (string, JsonObject) Deleting(CollectionDraft draft) => ("202", new JsonObject
    {
        ["description"] = $"The {draft.Word} as it is now: it goes when finalizers is empty.",
        ["headers"] = WrittenHeaders(isRepeatable: false),
        ["content"] = Both(Component(draft.Component)),
    });

    private JsonObject Versions() => new() { ["ETag"] = served.Use("headers", "ETag"), ["Last-Modified"] = served.Use("headers", "LastModified") };

    /// <param name="isRepeatable">It takes an Idempotency-Key.</param>
    private JsonObject WrittenHeaders(bool isRepeatable)
    {
        var headers = Versions();
        headers["Stateway-Revision"] = served.Use("headers", "StatewayRevision");
        if (isRepeatable) headers["Idempotency-Replayed"] = served.Use("headers", "IdempotencyReplayed");
        return headers;
    }

    private JsonObject PageHeaders() => new() { ["ETag"] = served.Use("headers", "ETag"), ["Link"] = served.Use("headers", "Link") };

    /// <summary>The good answers, then the problems; every status that can happen, nothing else.</summary>
    private JsonObject Responses(
        CollectionDraft draft, (string Status, JsonObject Response) ok, string others, bool inParent, (string Status, JsonObject Response)? and = null)
    {
        var responses = new SortedDictionary<string, JsonObject>(StringComparer.Ordinal) { [ok.Status] = ok.Response };
        if (and is { } second) responses[second.Status] = second.Response;
        foreach (string status in others.Split(' ')) responses[status] = served.Use("responses", NameOf(status));
        if (inParent) responses["404"] = served.Use("responses", "NotFound");
        if (draft.RequiresCondition && responses.ContainsKey("412")) responses["428"] = served.Use("responses", "PreconditionRequired");
        responses.TryAdd("default", served.Use("responses", "Problem"));

        var ordered = new JsonObject();
        foreach (var (status, response) in responses) ordered[status] = response;
        return ordered;
    }

    private static string NameOf(string status) => status switch
    {
        "304" => "NotModified",
        "400" => "BadRequest",
        "406" => "NotAcceptable",
        "409" => "Conflict",
        "410" => "Gone",
        "412" => "PreconditionFailed",
        "413" => "ContentTooLarge",
        "415" => "UnsupportedMediaType",
        "503" => "NotNow",
        _ => "UnprocessableContent",
    };

    /// <param name="name">Null while the declaration is wrong.</param>
    private static JsonObject Component(string? name) => name is null ? [] : ServedDocument.Reference("schemas", name);

    /// <summary>The forms in which a watch is answered, besides those of one answer.</summary>
    private static JsonObject Watched(CollectionDraft draft, JsonObject content)
    {
        content["application/x-ndjson"] = new JsonObject { ["schema"] = Component(draft.EventComponent) };
        content["text/event-stream"] = new JsonObject { ["schema"] = Component(draft.EventComponent) };
        return content;
    }

    private static JsonObject WithText(JsonObject content)
    {
        content["text/plain"] = new JsonObject { ["schema"] = new JsonObject { ["type"] = "string" } };
        return content;
    }

    private static JsonObject Both(JsonNode schema) => new()
    {
        ["application/json"] = new JsonObject { ["schema"] = schema },
        ["application/xml"] = new JsonObject { ["schema"] = schema.DeepClone() },
    };
}
