using System.Text.Json;

namespace Stateway.Model.Schemas;

/// <summary>
/// Documents with schemas in them, by absolute URI, so that references between them resolve. Compiling
/// never fetches anything: what a reference names must have been added.
/// </summary>
public sealed class SchemaSet(SchemaDialect dialect)
{
    public SchemaDialect Dialect { get; } = dialect;

    /// <summary>Adds a document (a schema, or an OpenAPI document that contains schemas).</summary>
    public void Add(string uri, JsonElement document) => throw new NotImplementedException();

    /// <summary>Compiles the schema at an absolute URI with a JSON-pointer (or anchor) fragment.</summary>
    /// <returns>The schema, or all that is wrong with it. Never throws for a wrong schema.</returns>
    public SchemaCompilation Compile(string uri, SchemaUse use) => throw new NotImplementedException();

    /// <summary>The form of the schema at this URI; <see cref="Shape.Any"/> parts where a reference does not resolve.</summary>
    public Shape ShapeOf(string uri) => throw new NotImplementedException();
}

/// <summary>Either a schema, or the errors; each with the JSON pointer of the wrong keyword and the URI of its document.</summary>
public sealed record SchemaCompilation(Schema? Schema, IReadOnlyList<SchemaDefect> Defects);

public sealed record SchemaDefect(string DocumentUri, string Pointer, string Detail);

/// <summary>A compiled schema: immutable, used by any number of threads at once.</summary>
public sealed class Schema
{
    /// <summary>
    /// Validates one JSON text (RFC 8259) straight from UTF-8, without building a tree. Also refuses, as errors with
    /// pointers, duplicate names; and, as one error without a schema's keyword, malformed JSON, invalid UTF-8 and
    /// nesting deeper than 64 (code <c>MALFORMED_JSON</c>, detail with line and column).
    /// </summary>
    /// <returns>True when <paramref name="errors"/> stayed empty.</returns>
    public bool Validate(ReadOnlySpan<byte> json, SchemaErrors errors) => throw new NotImplementedException();
}
