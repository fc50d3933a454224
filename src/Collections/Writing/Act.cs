using System.Text.Json;
using Stateway.Gateway;
using Stateway.Gateway.Content;
using Stateway.Gateway.Content.Xml;
using Stateway.Gateway.Targets;
using Stateway.Gateway.Validation;
using Stateway.Model.Apis;
using Stateway.Model.Expressions;
using Stateway.Model.Problems;
using Stateway.Store;

namespace Stateway.Collections.Writing;

/// <summary>
/// An action: checks its condition, then sets fields in one commit, or lets another target answer. The condition and
/// the change are one atomic step, as with every change.
/// </summary>
internal sealed class Act(Collection collection, CollectionServices services, ActionDeclaration action, ITarget? target)
{
    private readonly Writes _writes = new(collection, services);
    private readonly Bodies? _bodies = action.RequestSchema is { } schema ? new(schema, new(() => FormOf(action)), services.Limits) : null;

    public async ValueTask<Problem?> AnswerAsync(Exchange exchange, Terms terms)
    {
        if (Paths.OfResource(exchange) is not { } path) return Paths.MalformedId();
        if (target is null && Parameters.Check(exchange.Request) is { } wrong) return wrong;
        if (target is null && Answering.Refuses(exchange) is { } refused) return refused;

        var preferences = Preferences.Of(exchange.Request);
        if (target is not null)
        {
            if (preferences.ValidateOnly && action.Method != "GET") return CannotBeTried();
            preferences = default; // a target has its own
        }

        ReadOnlyMemory<byte> body = default;
        if (_bodies is not null)
        {
            (body, var problem) = await _bodies.ReadAsync(exchange, preferences, again: target is not null);
            if (problem is not null) return problem;
        }

        if (target is not null) return await HandOnAsync(exchange, path, body, target);

        return await _writes.ChangeAsync(exchange, terms, path, preferences, (current, now) =>
        {
            if (current is null) return new(default, Paths.NotFound(collection, path));
            if (CheckWhen(current, body, now) is { } wrongState) return new(default, wrongState);

            using var resource = JsonDocument.Parse(current.Value);
            var scope = ScopeOf(resource.RootElement, body, now);
            var changes = new Changes();
            foreach (var (field, expression) in action.Set)
            {
                var value = Evaluation.Evaluate(expression, scope);
                if (value.Kind == ValueKind.Error)
                    return new(default, new(ProblemTypes.WrongState, $"{field} could not be set: {value.AsString}"));
                changes.Set(field, value.Kind == ValueKind.Missing ? null : JsonOf(value)); // a field that is not there leaves none
            }

            changes.Set("update_time", Composer.TimeOf(now));
            byte[] next = changes.ApplyTo(current.Value.Span);
            return new(next, Secrets.Redact(RequestValidation.Check(collection.Declaration.RequestSchema, next), collection.WriteOnlyMask));
        }, isAction: true);
    }

    private static XmlForm FormOf(ActionDeclaration action) => XmlForm.Of(action.RequestShape, action.RequestShape.ComponentName ?? action.Name);

    /// <summary>To ignore the preference would do what the client wanted only tried.</summary>
    private Problem CannotBeTried() =>
        new(ProblemTypes.InvalidParameter, $"{action.Name} is answered by another service, which can't be asked to validate only.")
        {
            Errors = [new("VALIDATE_ONLY", "validate-only is not followed here; leave it away to carry the action out.") { Header = "Prefer" }],
        };

    private async ValueTask<Problem?> HandOnAsync(Exchange exchange, string path, ReadOnlyMemory<byte> body, ITarget answering)
    {
        if (await services.Store.GetAsync(new Key(collection.StoreName, path), exchange.Http.RequestAborted) is not { } current)
            return Paths.NotFound(collection, path);

        var failed = action.Method == "GET" ? null : Conditions.ForWrite(exchange.Request.Headers, collection, current, required: false);
        return failed
            ?? CheckWhen(current, body, services.Now())
            ?? await answering.AnswerAsync(exchange);
    }

    private Problem? CheckWhen(Entry current, ReadOnlyMemory<byte> body, DateTimeOffset now)
    {
        if (action.When is null) return null;

        using var resource = JsonDocument.Parse(current.Value);
        var value = Evaluation.Evaluate(action.When, ScopeOf(resource.RootElement, body, now));
        return value is { Kind: ValueKind.Bool, AsBool: true } ? null
            : new(ProblemTypes.WrongState, $"{action.Name} needs {action.WhenText}, and that is not so now.");
    }

    private static Scope ScopeOf(JsonElement resource, ReadOnlyMemory<byte> body, DateTimeOffset now)
    {
        var request = body.IsEmpty ? Value.Missing : Value.OfJson(JsonElement.Parse(body.Span));
        return new Scope(resource, new Dictionary<string, Value>(StringComparer.Ordinal) { ["request"] = request, ["now"] = Value.Of(now) });
    }

    private static byte[] JsonOf(Value value)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, JsonOptions.Readable)) value.WriteTo(writer);
        return stream.ToArray();
    }
}
