namespace Stateway.Model.Schemas;

/// <summary>Which way a value goes: it decides what <c>readOnly</c> and <c>writeOnly</c> mean.</summary>
public enum SchemaDirection : byte
{
    /// <summary>Plain JSON Schema; both keywords are annotations.</summary>
    None,

    /// <summary>From a client: a readOnly property may be present, is not looked at, and is not required.</summary>
    Request,

    /// <summary>To a client: a writeOnly property is not required.</summary>
    Response,
}

/// <summary>How a schema is used; a schema is compiled once for each use.</summary>
/// <param name="Closed">
/// An object schema that names properties and says neither <c>additionalProperties</c> nor
/// <c>unevaluatedProperties</c> refuses other properties, wherever it stands for a whole value
/// (not inside allOf, anyOf, oneOf, if, not, dependentSchemas: there the enclosing value is what is closed).
/// </param>
public readonly record struct SchemaUse(SchemaDirection Direction, bool Closed)
{
    public static SchemaUse Plain => default;
    public static SchemaUse RequestBody => new(SchemaDirection.Request, Closed: true);
}

/// <summary>The dialect that a document's schemas are written in.</summary>
public enum SchemaDialect : byte
{
    /// <summary>JSON Schema 2020-12, which OpenAPI 3.1 uses.</summary>
    Draft202012,

    /// <summary>
    /// OpenAPI 3.0: draft-4-like, with <c>nullable</c> and boolean exclusive limits. Translated on reading.
    /// </summary>
    OpenApi30,
}
