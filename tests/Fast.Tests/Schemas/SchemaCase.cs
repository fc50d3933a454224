using System.Text;
using System.Text.Json;
using Stateway.Model.Schemas;
using Xunit;

namespace Stateway.Fast.Tests.Schemas;

/// <summary>One schema and what it says about values, in short words.</summary>
internal static class SchemaCase
{
    private const string Uri = "http://localhost/document.json";

    public static Schema Compile(string schema, SchemaUse use = default, SchemaDialect dialect = SchemaDialect.Draft202012)
    {
        var compiled = SetOf(schema, dialect).Compile(Uri, use);
        Assert.True(compiled.Defects.Count == 0, string.Join('\n', compiled.Defects));
        return compiled.Schema!;
    }

    /// <summary>Compiles a component of an OpenAPI document that has only these components.</summary>
    public static Schema CompileComponent(string name, string components, SchemaUse use, SchemaDialect dialect = SchemaDialect.Draft202012)
    {
        var compiled = SetOf(Document(components), dialect).Compile($"{Uri}#/components/schemas/{name}", use);
        Assert.True(compiled.Defects.Count == 0, string.Join('\n', compiled.Defects));
        return compiled.Schema!;
    }

    public static IReadOnlyList<SchemaDefect> Defects(string schema, SchemaDialect dialect = SchemaDialect.Draft202012)
    {
        var compiled = SetOf(schema, dialect).Compile(Uri, SchemaUse.Plain);
        Assert.Null(compiled.Schema);
        return compiled.Defects;
    }

    public static Shape ShapeOf(string schema, SchemaDialect dialect = SchemaDialect.Draft202012) => SetOf(schema, dialect).ShapeOf(Uri);

    public static Shape ShapeOfComponent(string name, string components, SchemaDialect dialect = SchemaDialect.Draft202012) =>
        SetOf(Document(components), dialect).ShapeOf($"{Uri}#/components/schemas/{name}");

    /// <summary>Errors as <c>CODE /pointer: detail</c>, one each; empty when the value is valid.</summary>
    public static string[] ErrorsOf(this Schema schema, string json) => schema.ErrorsOf(Encoding.UTF8.GetBytes(json));

    public static string[] ErrorsOf(this Schema schema, byte[] json)
    {
        var errors = new SchemaErrors();
        bool valid = schema.Validate(json, errors);
        Assert.Equal(valid, errors.Count == 0);
        return [.. errors.Items.Select(e => $"{e.Code} {e.Pointer}: {e.Detail}")];
    }

    public static bool Accepts(this Schema schema, string json) => schema.ErrorsOf(json).Length == 0;

    private static SchemaSet SetOf(string document, SchemaDialect dialect)
    {
        var set = new SchemaSet(dialect);
        using var parsed = JsonDocument.Parse(document);
        set.Add(Uri, parsed.RootElement);
        return set;
    }

    private static string Document(string components) =>
        $$"""{ "openapi": "3.1.0", "components": { "schemas": {{components}} } }""";
}
