using System.Buffers;
using System.Collections.Immutable;
using Stateway.Gateway.Content;
using Stateway.Model.Apis;
using Stateway.Model.Problems;
using Stateway.Model.Schemas;

namespace Stateway.Gateway.Validation;

/// <summary>
/// Checks a request against what its operation declares: parameters and body. Reports everything that is wrong at
/// once. A body is read whole only when a schema has to see it; otherwise it streams on to the target.
/// </summary>
public sealed class RequestValidation
{
    private readonly ImmutableArray<ParameterSpec> _parameters;
    private readonly RequestBodySpec? _body;

    private RequestValidation(ImmutableArray<ParameterSpec> parameters, RequestBodySpec? body)
    {
        _parameters = parameters;
        _body = body;
    }

    /// <returns>Null when the operation declares nothing to check.</returns>
    public static RequestValidation? Of(OperationSpec spec) =>
        spec.Parameters.IsEmpty && spec.RequestBody is null ? null : new(spec.Parameters, spec.RequestBody);

    public ValueTask<Problem?> CheckAsync(Exchange exchange, GatewayLimits limits)
    {
        if (CheckParameters(exchange) is { } refused) return new(refused);
        return _body is null ? default : CheckBodyAsync(exchange, _body, limits);
    }

    private Problem? CheckParameters(Exchange exchange)
    {
        ImmutableArray<ProblemError>.Builder? wrong = null;
        var json = new ArrayBufferWriter<byte>(64);
        foreach (var parameter in _parameters)
        {
            json.ResetWrittenCount();
            if (!ParameterReader.TryRead(exchange, parameter, json))
            {
                if (parameter.Required) Wrong("REQUIRED", $"{parameter.Name} is missing.");
                continue;
            }

            var errors = new SchemaErrors();
            if (parameter.Schema.Validate(json.WrittenSpan, errors)) continue;
            foreach (var error in errors.Items) Wrong(error.Code, error.Pointer is { Length: > 0 } at ? $"{at}: {error.Detail}" : error.Detail);

            void Wrong(string code, string detail) => (wrong ??= ImmutableArray.CreateBuilder<ProblemError>()).Add(
                parameter.In == "header"
                    ? new ProblemError(code, detail) { Header = parameter.Name }
                    : new ProblemError(code, detail) { Parameter = parameter.Name });
        }

        return wrong is null ? null : new(ProblemTypes.InvalidParameter, Wording.Count(wrong.Count, "parameter")) { Errors = wrong.ToImmutable() };
    }

    private static async ValueTask<Problem?> CheckBodyAsync(Exchange exchange, RequestBodySpec spec, GatewayLimits limits)
    {
        var request = exchange.Request;
        if (!BodyReader.HasBody(request))
        {
            return spec.Required ? new(ProblemTypes.MalformedBody, "A body is required, and there is none.") : null;
        }

        if (!TryFind(spec, request.ContentType, out var content))
        {
            return new Problem(ProblemTypes.UnsupportedMediaType, $"{request.ContentType ?? "A body without Content-Type"} is not taken here.")
                .With("Accept", string.Join(", ", spec.Content.Select(c => c.Key)));
        }

        if (content is null) return null;

        var (body, problem) = await BodyReader.ReadAsync(exchange, limits);
        if (problem is not null) return problem;

        // What goes on to the target is the body as it was sent, encoded or not.
        BodyReader.GiveBack(exchange, body);
        return Check(content, body.Plain.Span);
    }

    /// <summary>Checks JSON against a schema: 400 when it is no JSON or has a name twice, 422 when it does not fit.</summary>
    public static Problem? Check(Schema schema, ReadOnlySpan<byte> json)
    {
        var errors = new SchemaErrors();
        return schema.Validate(json, errors) ? null : ToProblem(errors);
    }

    public static Problem ToProblem(SchemaErrors errors)
    {
        // Names that are there twice stand first in the list.
        return errors.Malformed || errors.Items[0].Code == "DUPLICATE_NAME"
            ? new(ProblemTypes.MalformedBody, errors.Items[0].Detail) { Errors = [.. errors.Items] }
            : new(ProblemTypes.InvalidBody, Wording.Count(errors.Count, "field")) { Errors = [.. errors.Items] };
    }

    /// <summary>Finds the declared media type, the most exact first: <c>a/b</c>, <c>a/*</c>, <c>*/*</c>.</summary>
    private static bool TryFind(RequestBodySpec spec, string? contentType, out Schema? schema)
    {
        schema = null;
        var media = (contentType ?? "").AsSpan();
        int semicolon = media.IndexOf(';');
        if (semicolon >= 0) media = media[..semicolon];
        media = media.Trim();

        int best = -1;
        foreach (var (declared, found) in spec.Content)
        {
            int rank = declared == "*/*" ? 0
                : declared.EndsWith("/*", StringComparison.Ordinal) && media.StartsWith(declared.AsSpan()[..^1], StringComparison.OrdinalIgnoreCase) ? 1
                : media.Equals(declared, StringComparison.OrdinalIgnoreCase) ? 2 : -1;
            if (rank <= best) continue;

            best = rank;
            // Only JSON can be held against a schema as it stands.
            schema = media.EndsWith("/json", StringComparison.OrdinalIgnoreCase) || media.EndsWith("+json", StringComparison.OrdinalIgnoreCase) ? found : null;
        }

        return best >= 0;
    }
}
