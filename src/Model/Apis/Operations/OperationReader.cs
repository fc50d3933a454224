using System.Collections.Immutable;
using Stateway.Model.Apis.Documents;
using Stateway.Model.Apis.Text;
using Stateway.Model.Schemas;

namespace Stateway.Model.Apis.Operations;

/// <summary>Reads what a document declares of one operation: parameters, body, target.</summary>
internal sealed class OperationReader(
    ApiDocument document, DocumentSchemas schemas, TargetReader targets, LifecycleReader lifecycles, bool mocksAll)
{
    private const int ParametersMax = 200;

    // OpenAPI itself says that parameters of these names are ignored: they are said by content and security.
    private static readonly string[] IgnoredHeaders = ["accept", "content-type", "authorization"];

    private static readonly SchemaUse ParameterUse = new(SchemaDirection.Request, Closed: false);

    /// <param name="method">In capitals.</param>
    /// <param name="fallback">The path's target, for operations that say none.</param>
    /// <returns>Null when nothing answers it, which is reported.</returns>
    public OperationSpec? Read(string path, string method, Spot item, Spot operation, string operationId, Spot? fallback)
    {
        var parameters = ReadParameters(path, item, operation, isComplete: true);
        var body = ReadBody(operation);
        var lifecycle = lifecycles.Of(operation);
        if (ReadTarget(path, method, operation, fallback) is not { } target) return null;

        return new()
        {
            Method = method,
            Path = path,
            OperationId = operationId,
            Target = target,
            Parameters = parameters,
            RequestBody = target is TargetSpec.Collection ? null : body,
            Deprecated = operation["deprecated"]?.IsTrue == true || lifecycle?.DeprecatedAt is not null,
            Lifecycle = lifecycle,
        };
    }

    /// <summary>For an operation that a collection answers.</summary>
    /// <param name="operation">What the document itself writes of it, if it does.</param>
    public LifecycleSpec? ReadLifecycle(Spot? operation) => lifecycles.Of(operation);

    private TargetSpec? ReadTarget(string path, string method, Spot operation, Spot? fallback)
    {
        if ((operation["x-stateway-target"] ?? fallback) is { } target)
        {
            return targets.Read(target, new(method, PathTemplate.Names(path)), operation["responses"]);
        }

        if (mocksAll) return new MockReader(document).Read(operation["responses"]);

        document.ErrorAtName(operation,
            $"Nothing answers {method} {path}. Add an x-stateway-target: {{ collection: … }}, {{ http: … }} or {{ mock: true }}.");
        return null;
    }

    /// <param name="isComplete">Whether every parameter of the path must be declared.</param>
    public ImmutableArray<ParameterSpec> ReadParameters(string path, Spot item, Spot operation, bool isComplete)
    {
        var names = PathTemplate.Names(path);
        var declared = Declared(item["parameters"], operation["parameters"]);
        var specs = ImmutableArray.CreateBuilder<ParameterSpec>(declared.Count);
        foreach (var parameter in declared)
        {
            string place = parameter["in"]!.Text!;
            string name = parameter["name"]!.Text!;
            if (place == "path" && !names.Contains(name.TrimEnd('+')))
            {
                document.Error(parameter["name"]!, $"The path {path} has no parameter {{{name}}}.{NameHint.For(name, names)}");
                continue;
            }

            if (place == "header" && IgnoredHeaders.Contains(name.ToLowerInvariant())) continue;
            if (ReadParameter(parameter, place == "path" ? name.TrimEnd('+') : name, place) is { } spec) specs.Add(spec);
        }

        if (specs.Count > ParametersMax) document.Error(operation["parameters"]!, $"An operation has at most {ParametersMax} parameters.");
        foreach (string name in isComplete ? names : [])
        {
            if (declared.Exists(each => each["in"]!.Text == "path" && each["name"]!.Text!.TrimEnd('+') == name)) continue;
            document.ErrorAtName(operation, $"The path's parameter {{{name}}} is not declared; add {{ name: {name}, in: path, required: true, schema: {{ type: string }} }} to parameters.");
        }

        return specs.ToImmutable();
    }

    /// <summary>The path's parameters with the operation's over them; a pair of name and place once.</summary>
    private List<Spot> Declared(Spot? ofPath, Spot? ofOperation)
    {
        var all = new List<Spot>();
        var keys = new Dictionary<(string, string), int>();
        foreach (var list in new[] { ofPath, ofOperation })
        {
            var here = new HashSet<(string, string)>();
            foreach (var written in list?.Items ?? [])
            {
                if (document.Resolve(written) is not { } parameter) continue;
                if (parameter["name"]?.Text is not { } name || parameter["in"]?.Text is not { } place) continue;

                var key = (place, place == "header" ? name.ToLowerInvariant() : name);
                if (!here.Add(key)) document.Error(written, $"The {place} parameter '{name}' is declared twice.");
                else if (keys.TryGetValue(key, out int index)) all[index] = parameter;
                else
                {
                    keys.Add(key, all.Count);
                    all.Add(parameter);
                }
            }
        }

        return all;
    }

    private ParameterSpec? ReadParameter(Spot parameter, string name, string place)
    {
        bool isJson = false;
        var schema = parameter["schema"];
        if (parameter["content"]?.Members.FirstOrDefault() is { } media)
        {
            if (!MediaTypes.IsJson(media.Name))
            {
                document.ErrorAtName(media, $"A parameter's content is read as JSON only, not as {media.Name}.");
                return null;
            }

            (isJson, schema) = (true, media["schema"]);
        }

        string style = parameter["style"]?.Text ?? (place is "query" or "cookie" ? "form" : "simple");
        if (style is "matrix" or "label")
        {
            document.Error(parameter["style"]!, $"The style {style} is not read; use simple.");
            return null;
        }

        if (schema is null || schemas.Compile(schema.Pointer, ParameterUse) is not { } compiled) return null;

        return new()
        {
            Name = name,
            In = place,
            Required = place == "path" || parameter["required"]?.IsTrue == true,
            Shape = schemas.ShapeOf(schema.Pointer),
            Schema = compiled,
            Style = style,
            Explode = parameter["explode"] is { } explode ? explode.IsTrue : style == "form",
            IsJson = isJson,
        };
    }

    private RequestBodySpec? ReadBody(Spot operation)
    {
        if (document.Resolve(operation["requestBody"]) is not { Map: not null } body) return null;

        var content = ImmutableArray.CreateBuilder<KeyValuePair<string, Schema?>>();
        foreach (var media in body["content"]?.Members ?? [])
        {
            bool isChecked = MediaTypes.IsJson(media.Name) || MediaTypes.IsXml(media.Name) || MediaTypes.IsRange(media.Name);
            var schema = isChecked && media["schema"] is { } written ? schemas.Compile(written.Pointer, SchemaUse.RequestBody) : null;
            content.Add(new(media.Name.ToLowerInvariant(), schema));
        }

        return new() { Required = body["required"]?.IsTrue == true, Content = content.ToImmutable() };
    }
}
