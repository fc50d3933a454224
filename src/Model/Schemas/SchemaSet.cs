using System.Text.Json;
using Stateway.Model.Schemas.Compiling;
using Stateway.Model.Schemas.Patterns;

namespace Stateway.Model.Schemas;

/// <summary>
/// Documents with schemas in them, by absolute URI, so that references between them resolve. Compiling
/// never fetches anything: what a reference names must have been added; JSON Schema's own meta-schemas are there.
/// For one thread at a time; what it compiles is for any number.
/// </summary>
public sealed class SchemaSet(SchemaDialect dialect)
{
    private readonly SchemaIndex _index = new(dialect);
    private readonly PatternCache _patterns = new();

    // Kept, so that what many schemas of a document refer to is compiled and read once and not for each of them.
    private readonly Dictionary<SchemaUse, SchemaCompiler> _compilers = [];
    private ShapeReader? _shapes;

    public SchemaDialect Dialect { get; } = dialect;

    /// <summary>
    /// Whether <c>format</c> is checked. When not, it is an annotation, as JSON Schema has it by default.
    /// </summary>
    public bool AssertFormats { get; init; } = true;

    /// <summary>Adds a document (a schema, or an OpenAPI document that contains schemas); one of the same URI is replaced.</summary>
    public void Add(string uri, JsonElement document)
    {
        _index.Add(uri, document);
        _compilers.Clear();
        _shapes = null;
    }

    /// <summary>Compiles the schema at an absolute URI with a JSON-pointer (or anchor) fragment.</summary>
    /// <returns>The schema, or all that is wrong with it. Never throws for a wrong schema.</returns>
    public SchemaCompilation Compile(string uri, SchemaUse use)
    {
        if (!_index.TryResolve(uri, out var place, out string why)) return new(null, [new SchemaDefect(uri, "", why)]);

        if (!_compilers.TryGetValue(use, out var compiler))
        {
            _compilers[use] = compiler = new SchemaCompiler(_index, Dialect, use, AssertFormats, _patterns);
        }

        var compilation = compiler.Compile(place);
        if (compilation.Schema is null) _compilers.Remove(use); // its nodes are of no use to a schema that is right
        return compilation;
    }

    /// <summary>
    /// The form of the schema at this URI; <see cref="Shape.Any"/> parts where a reference does not resolve.
    /// </summary>
    public Shape ShapeOf(string uri) =>
        _index.TryResolve(uri, out var place, out _) ? (_shapes ??= new ShapeReader(_index, Dialect)).Read(place) : Shape.Any;
}

/// <summary>
/// Either a schema, or the errors; each with the JSON pointer of the wrong keyword and the URI of its document.
/// </summary>
public sealed record SchemaCompilation(Schema? Schema, IReadOnlyList<SchemaDefect> Defects);

public sealed record SchemaDefect(string DocumentUri, string Pointer, string Detail);
