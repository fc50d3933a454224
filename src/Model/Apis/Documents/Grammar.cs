using System.Collections.Frozen;

namespace Stateway.Model.Apis.Documents;

/// <summary>
/// The fields of every part of an OpenAPI document, of 3.0 and 3.1 together, and Stateway's own: what walks
/// a document knows by it what it meets, and what corrects a misspelt word knows the right ones.
/// </summary>
internal static class Grammar
{
    private static readonly Field[] Operations =
        [.. new[] { "get", "put", "post", "delete", "options", "head", "patch", "trace" }.Select(name => new Field(name, Part.Operation))];

    private static readonly FrozenDictionary<Part, FrozenDictionary<string, Field>> Fields = new Dictionary<Part, Field[]>
    {
        [Part.Document] =
        [
            .. Plain("openapi info jsonSchemaDialect servers security tags externalDocs x-stateway-cors x-stateway-lifecycle x-stateway-variables"),
            new("paths", Part.Paths), new("webhooks", Part.PathItem, Holds.Map), new("components", Part.Components),
            new("x-stateway-collections", Part.Collection, Holds.Map),
        ],
        [Part.PathItem] =
        [
            .. Plain("$ref summary description servers"), .. Operations,
            new("parameters", Part.Parameter, Holds.List), new("x-stateway-target", Part.Target),
        ],
        [Part.Operation] =
        [
            .. Plain("tags summary description externalDocs operationId deprecated security servers x-stateway-lifecycle"),
            new("parameters", Part.Parameter, Holds.List), new("requestBody", Part.RequestBody),
            new("responses", Part.Responses), new("callbacks", Part.Callback, Holds.Map), new("x-stateway-target", Part.Target),
        ],
        [Part.Components] =
        [
            new("schemas", Part.Schema, Holds.Map), new("responses", Part.Response, Holds.Map),
            new("parameters", Part.Parameter, Holds.Map), new("examples", Part.Example, Holds.Map),
            new("requestBodies", Part.RequestBody, Holds.Map), new("headers", Part.Header, Holds.Map),
            new("securitySchemes", Part.SecurityScheme, Holds.Map), new("links", Part.Link, Holds.Map),
            new("callbacks", Part.Callback, Holds.Map), new("pathItems", Part.PathItem, Holds.Map),
        ],
        [Part.Parameter] =
        [
            .. Plain("$ref name in description required deprecated allowEmptyValue style explode allowReserved example"),
            new("schema", Part.Schema), new("content", Part.MediaType, Holds.Map), new("examples", Part.Example, Holds.Map),
        ],
        [Part.Header] =
        [
            .. Plain("$ref description required deprecated allowEmptyValue style explode allowReserved example"),
            new("schema", Part.Schema), new("content", Part.MediaType, Holds.Map), new("examples", Part.Example, Holds.Map),
        ],
        [Part.RequestBody] = [.. Plain("$ref description required"), new("content", Part.MediaType, Holds.Map)],
        [Part.Response] =
        [
            .. Plain("$ref description"), new("headers", Part.Header, Holds.Map),
            new("content", Part.MediaType, Holds.Map), new("links", Part.Link, Holds.Map),
        ],
        [Part.MediaType] =
        [
            .. Plain("example"), new("schema", Part.Schema),
            new("examples", Part.Example, Holds.Map), new("encoding", Part.Encoding, Holds.Map),
        ],
        [Part.Encoding] = [.. Plain("contentType style explode allowReserved"), new("headers", Part.Header, Holds.Map)],
        [Part.Example] = [.. Plain("$ref summary description value externalValue")],
        [Part.Link] = [.. Plain("$ref operationRef operationId parameters requestBody description server")],
        [Part.SecurityScheme] = [.. Plain("$ref type description name in scheme bearerFormat flows openIdConnectUrl")],
        [Part.Schema] =
        [
            .. Plain("$ref $id $schema $anchor $dynamicRef $dynamicAnchor $vocabulary $comment title description default deprecated "
                + "readOnly writeOnly examples example type enum const multipleOf maximum exclusiveMaximum minimum exclusiveMinimum "
                + "maxLength minLength pattern maxItems minItems uniqueItems maxContains minContains maxProperties minProperties "
                + "required dependentRequired format contentEncoding contentMediaType nullable discriminator xml externalDocs "
                + "x-stateway-reference"),
            .. "properties patternProperties $defs dependentSchemas definitions".Split(' ').Select(name => new Field(name, Part.Schema, Holds.Map)),
            .. "allOf anyOf oneOf prefixItems".Split(' ').Select(name => new Field(name, Part.Schema, Holds.List)),
            .. ("items additionalProperties not if then else contains propertyNames unevaluatedItems unevaluatedProperties "
                + "contentSchema").Split(' ').Select(name => new Field(name, Part.Schema)),
        ],
        [Part.Collection] =
        [
            .. Plain("description filter order unique require_condition seed x-stateway-kind"), new("schema", Part.Schema),
            new("children", Part.Collection, Holds.Map), new("actions", Part.Action, Holds.Map),
        ],
        [Part.Action] =
        [
            .. Plain("summary description method when set"),
            new("body", Part.Schema), new("target", Part.Target), new("responses", Part.Responses),
        ],
        [Part.Target] = [.. Plain("collection verb action http timeout headers response_headers preserve_host mock")],
    }.ToFrozenDictionary(entry => entry.Key, entry => entry.Value.ToFrozenDictionary(field => field.Name, StringComparer.Ordinal));

    /// <summary>The extensions there are, wherever they stand.</summary>
    public static IReadOnlyList<string> Extensions { get; } = ["x-stateway-collections", "x-stateway-target", "x-stateway-reference", "x-stateway-cors", "x-stateway-lifecycle", "x-stateway-variables"];

    /// <summary>The field of a part. Parts whose fields have free names (paths, responses, callbacks) have them all.</summary>
    public static Field? FieldOf(Part part, string name) => part switch
    {
        Part.Paths => name.StartsWith('/') ? new(name, Part.PathItem) : null,
        Part.Callback => name.StartsWith("x-", StringComparison.Ordinal) ? null : new(name, Part.PathItem),
        Part.Responses => name.StartsWith("x-", StringComparison.Ordinal) ? null : new(name, Part.Response),
        _ => Fields.TryGetValue(part, out var fields) && fields.TryGetValue(name, out var field) ? field : null,
    };

    /// <summary>The names that a part's fields can have; empty when they are free.</summary>
    public static IReadOnlyList<string> NamesOf(Part part) => Fields.TryGetValue(part, out var fields) ? fields.Keys : [];

    /// <summary>What stands at a pointer of a document.</summary>
    public static Part PartAt(IReadOnlyList<string> names)
    {
        var (part, holds) = (Part.Document, Holds.One);
        foreach (string name in names)
        {
            if (holds != Holds.One) holds = Holds.One;
            else if (FieldOf(part, name) is { } field) (part, holds) = (field.Part, field.Holds);
            else return Part.Other;
        }

        return holds == Holds.One ? part : Part.Other;
    }

    private static IEnumerable<Field> Plain(string names) => names.Split(' ').Select(name => new Field(name));
}
