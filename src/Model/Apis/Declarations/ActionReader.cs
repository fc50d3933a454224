using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Stateway.Model.Apis.Documents;
using Stateway.Model.Apis.Expansion;
using Stateway.Model.Apis.Operations;
using Stateway.Model.Apis.Text;
using Stateway.Model.Expressions;
using Stateway.Model.Schemas;

namespace Stateway.Model.Apis.Declarations;

/// <summary>Reads the actions of a collection.</summary>
internal sealed class ActionReader(ApiDocument document, DocumentSchemas schemas, TargetReader targets)
{
    private static readonly Shape Instant = new() { Types = ShapeTypes.String, Format = "date-time" };

    public ActionDeclaration Read(CollectionDraft draft, Spot action, Shape resource)
    {
        string method = CollectionOperations.MethodOf(action);
        CheckWhole(action, method);

        var variables = new Dictionary<string, Shape> { ["resource"] = resource, ["now"] = Instant };
        Schema? body = null;
        if (action["body"] is { } bodySpot)
        {
            body = schemas.Compile(bodySpot.Pointer, SchemaUse.RequestBody);
            variables["request"] = schemas.ShapeOf(bodySpot.Pointer);
        }

        string path = $"{draft.ItemPath}/{action.Name}";
        return new()
        {
            Name = action.Name,
            Method = method,
            When = action["when"] is { Text: { } text } when ? Bind(when, text, variables, isCondition: true) : null,
            WhenText = action["when"]?.Text,
            Set = ReadSet(draft, action["set"], variables, resource),
            RequestSchema = body,
            RequestShape = variables.GetValueOrDefault("request", Shape.Any),
            Target = action["target"] is { Map: not null } target
                ? targets.Read(target, new(method, PathTemplate.Names(path)), action["responses"])
                : null,
        };
    }

    private void CheckWhole(Spot action, string method)
    {
        if (action.Map is not { } map) return;

        if (map.Has("set") && map.Has("target")) document.Error(action, "Either set changes the resource, or a target answers; leave one out.");

        if (method == "GET" && map.Has("set")) document.ErrorAtName(action["set"]!, "A GET action only tells and changes nothing; make it a POST, or leave set out.");
        else if (method == "GET" && !map.Has("target")) document.ErrorAtName(action, "A GET action only tells, so it needs a target that does.");
        else if (!map.Has("set") && !map.Has("target")) document.ErrorAtName(action, $"Nothing says what '{action.Name}' does: add set, or a target that answers.");

        if (map.Has("body") && method == "GET") document.ErrorAtName(action["body"]!, "A GET has no body.");
    }

    private ImmutableArray<KeyValuePair<string, Expression>> ReadSet(CollectionDraft draft, Spot? set, Dictionary<string, Shape> variables, Shape resource)
    {
        var values = ImmutableArray.CreateBuilder<KeyValuePair<string, Expression>>();
        foreach (var field in set?.Members ?? [])
        {
            if (CollectionSchemas.Owns(draft, field.Name))
            {
                document.ErrorAtName(field, $"'{field.Name}' belongs to the store; an action can't set it.");
                continue;
            }

            if (WrongField(resource, field.Name) is { } message) document.ErrorAtName(field, message);

            var value = field.Text is { } text ? Bind(field, text, variables, isCondition: false) : Literal(field.Node as ScalarNode);
            if (value is null) continue;

            if (value is Expression.Literal { Value: var constant }) CheckConstant(draft, field, constant);
            values.Add(new(field.Name, value));
        }

        return values.ToImmutable();
    }

    /// <summary>What is written down must fit the field, or every call of the action would fail.</summary>
    private void CheckConstant(CollectionDraft draft, Spot field, Value constant)
    {
        string? pointer = draft.Spot["schema"]?.Pointer;
        foreach (string name in field.Name.Split('.')) pointer = pointer is null ? null : schemas.PointerOfProperty(pointer, name);
        if (pointer is null || schemas.Compile(pointer, SchemaUse.Plain) is not { } schema) return;

        var errors = new SchemaErrors();
        if (schema.Validate(Encoding.UTF8.GetBytes(constant.ToString()), errors)) return;
        document.Error(field, errors.Items[0].Detail);
    }

    private static string? WrongField(Shape resource, string field)
    {
        var at = resource;
        foreach (string name in field.Split('.'))
        {
            if (at.Property(name) is not { } next)
            {
                if (at.AdditionalProperties is not null || at.Properties.IsEmpty) return null;
                return $"The schema has no field '{name}'.{NameHint.For(name, [.. at.Properties.Select(property => property.Key)])}";
            }

            at = next;
        }

        return null;
    }

    private Expression? Bind(Spot spot, string text, Dictionary<string, Shape> variables, bool isCondition)
    {
        var parsing = ExpressionParser.Parse(text);
        var errors = parsing.Errors;
        Expression? bound = null;
        if (parsing.Expression is { } expression)
        {
            var binding = ExpressionBinding.BindRule(expression, variables, isCondition);
            (bound, errors) = (binding.Expression, binding.Errors);
        }

        foreach (var error in errors) document.Error(spot, $"At character {error.Position + 1} of the expression: {error.Message}");
        return bound;
    }

    /// <summary>A number, true, false or null means itself; only texts are expressions.</summary>
    private static Expression? Literal(ScalarNode? scalar) => scalar?.Type switch
    {
        ScalarKind.Null => new Expression.Literal(0, Value.Null),
        ScalarKind.True => new Expression.Literal(0, Value.Of(true)),
        ScalarKind.False => new Expression.Literal(0, Value.Of(false)),
        ScalarKind.Number => new Expression.Literal(0, long.TryParse(scalar.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole)
            ? Value.Of(whole)
            : Value.Of(double.Parse(scalar.Text, CultureInfo.InvariantCulture))),
        _ => null,
    };
}
