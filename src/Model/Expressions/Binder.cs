using System.Collections.Immutable;
using Stateway.Model.Names;
using Stateway.Model.Schemas;

namespace Stateway.Model.Expressions;

/// <summary>
/// One binding. Every node gives its bound form and what is known about its type; after an error the type is
/// "anything", so that one mistake is told once and the reading goes on.
/// </summary>
internal sealed class Binder
{
    private const string ResourceName = "resource";
    private const string RequestName = "request";

    /// <summary>Names in a message that lists the fields there are.</summary>
    private const int NamesListedMax = 20;

    private readonly Shape? _root;
    private readonly IReadOnlyDictionary<string, Shape>? _variables;
    private readonly ImmutableArray<ExpressionError>.Builder _errors = ImmutableArray.CreateBuilder<ExpressionError>();

    /// <summary>Items of the quantifiers around the present node, innermost last.</summary>
    private readonly List<(string Name, StaticType Type)> _items = [];

    private Binder(Shape? root, IReadOnlyDictionary<string, Shape>? variables) => (_root, _variables) = (root, variables);

    private readonly record struct Bound(Expression Node, StaticType Type);

    /// <param name="root">Of a filter: free names are its fields.</param>
    /// <param name="variables">Of a rule: free names are these.</param>
    public static ExpressionBinding Bind(
        Expression expression, Shape? root, IReadOnlyDictionary<string, Shape>? variables, bool isCondition)
    {
        var binder = new Binder(root, variables);
        var bound = isCondition ? binder.BindCondition(expression) : binder.Bind(expression).Node;
        return new(binder._errors.Count == 0 ? bound : null, binder._errors.ToImmutable());
    }

    private bool IsFilter => _root is not null;

    private Bound Bind(Expression expression) => expression switch
    {
        Expression.Literal literal => new(literal, StaticType.Of(literal.Value)),
        Expression.Variable variable => BindVariable(variable),
        Expression.Select select => BindMember(select, Bind(select.Operand), select.Member),
        Expression.Index index => BindIndex(index),
        Expression.Has has => BindHas(has),
        Expression.Not not => new(not with { Operand = BindCondition(not.Operand) }, StaticType.Bool),
        Expression.Negate negate => BindNegate(negate),
        Expression.Binary binary => BindBinary(binary),
        Expression.Call call => BindCall(call),
        Expression.List list => new(list with { Items = [.. list.Items.Select(item => Bind(item).Node)] }, new(Kinds.List)),
        Expression.Quantifier quantifier => BindQuantifier(quantifier),
        Expression.Field field => new(field, StaticType.Any), // bound before
        _ => throw new ArgumentOutOfRangeException(nameof(expression), expression, null),
    };

    private Expression BindCondition(Expression expression)
    {
        var bound = Bind(expression);
        if (!bound.Type.May(Kinds.Bool))
        {
            Fail(expression, $"{Describe(bound.Node)} is {bound.Type.Words}, and so neither true nor false; compare it with something.");
        }

        return bound.Node;
    }

    private Bound BindVariable(Expression.Variable variable)
    {
        foreach (var (name, type) in Enumerable.Reverse(_items))
        {
            if (name == variable.Name) return new(variable, type);
        }

        if (_root is not null)
        {
            var type = Member(variable, StaticType.Of(_root), variable.Name, "");
            return Field(variable.Position, [variable.Name], type);
        }

        if (_variables!.TryGetValue(variable.Name, out var shape)) return new(variable, StaticType.Of(shape));

        Fail(variable, Unknown(variable.Name));
        return new(variable, StaticType.Any);
    }

    private string Unknown(string name)
    {
        if (Nearest.Of(name, _variables!.Keys) is { } nearest) return $"There is no {name}; {nearest} is near.";
        if (name == RequestName) return "There is no request, as the action has no body; declare body.";

        string known = string.Join(", ", _variables.Keys);
        return $"There is no {name}; there {(_variables.Count == 1 ? "is" : "are")} {known}. "
            + $"If the text \"{name}\" is meant, write it in quotes inside the expression: '\"{name}\"'.";
    }

    /// <summary>A selection, or an index with a literal name, which means the same.</summary>
    private Bound BindMember(Expression expression, Bound operand, string member)
    {
        var type = Member(expression, operand.Type, member, Describe(operand.Node));
        return operand.Node switch
        {
            Expression.Field field => Field(expression.Position, field.Path.Add(member), type),
            Expression.Variable { Name: ResourceName } variable when !IsFilter && !IsItem(variable.Name) =>
                Field(expression.Position, [member], type),
            _ => new(new Expression.Select(expression.Position, operand.Node, member), type),
        };
    }

    private static Bound Field(int position, ImmutableArray<string> path, StaticType type) =>
        new(new Expression.Field(position, path, IsTimestamp: type.Shape?.Format == "date-time" && type.May(Kinds.Timestamp)), type);

    /// <summary>The type of a named part of an object; notes an error where there is no such part.</summary>
    /// <param name="owner">The object as the expression names it; empty for the resource of a filter.</param>
    private StaticType Member(Expression expression, StaticType type, string member, string owner)
    {
        if (!type.May(Kinds.Map) && owner.Length > 0)
        {
            Fail(expression, $"{owner} is {type.Words} and has no fields, so no {member}.");
            return StaticType.Any;
        }

        if (type.Shape is not { } shape) return StaticType.Any;

        var property = shape.Property(member);
        if (property is not null && !IsHidden(property)) return StaticType.Of(property);
        if (property is null && (shape.Properties.IsEmpty || shape.AdditionalProperties is not null))
        {
            return shape.AdditionalProperties is { } additional ? StaticType.Of(additional) : StaticType.Any;
        }

        var names = shape.Properties.Where(pair => !IsHidden(pair.Value)).Select(pair => pair.Key).ToList();
        string place = owner.Length == 0 ? "" : $" in {owner}";
        string all = names.Count <= NamesListedMax
            ? string.Join(", ", names)
            : string.Join(", ", names.Take(NamesListedMax)) + $" and {names.Count - NamesListedMax} more";
        Fail(expression, Nearest.Of(member, names) is { } nearest
            ? $"There is no field {member}{place}; {nearest} is near."
            : $"There is no field {member}{place}; there {(names.Count == 1 ? "is" : "are")} {(names.Count == 0 ? "none" : all)}.");
        return StaticType.Any;
    }

    /// <summary>Comparing would tell a client, step by step, what it may not read. Rules are the owner's and see all.</summary>
    private bool IsHidden(Shape property) => IsFilter && property.WriteOnly;

    private bool IsItem(string name) => _items.Exists(item => item.Name == name);

    private Bound BindIndex(Expression.Index index)
    {
        var operand = Bind(index.Operand);
        var key = Bind(index.Key);
        if (key.Node is Expression.Literal { Value: { Kind: ValueKind.String } name } && operand.Type.May(Kinds.Map))
        {
            return BindMember(index, operand, name.AsString);
        }

        if (!operand.Type.May(Kinds.List | Kinds.Map))
        {
            Fail(index, $"{Describe(operand.Node)} is {operand.Type.Words} and has no items.");
        }
        else if (!operand.Type.May(Kinds.Map) && !key.Type.May(Kinds.Number))
        {
            Fail(index.Key, $"{Describe(operand.Node)} is {operand.Type.Words}; its items are numbered from 0, as in a[0].");
        }
        else if (!operand.Type.May(Kinds.List) && !key.Type.May(Kinds.Text))
        {
            Fail(index.Key, $"{Describe(operand.Node)} is {operand.Type.Words}; its fields have names, as in a[\"b\"].");
        }

        return new(index with { Operand = operand.Node, Key = key.Node }, operand.Type.May(Kinds.Map) ? StaticType.Any : operand.Type.Items);
    }

    private Bound BindHas(Expression.Has has)
    {
        var operand = Bind(has.Operand);
        if (operand.Node is Expression.Variable variable && (IsItem(variable.Name) || !IsFilter))
        {
            Fail(has, $"has takes a field, as in has({variable.Name}.field).");
        }

        return new(has with { Operand = operand.Node }, StaticType.Bool);
    }

    private Bound BindNegate(Expression.Negate negate)
    {
        var operand = Bind(negate.Operand);
        if (!operand.Type.May(Kinds.Number))
        {
            Fail(negate, $"{Describe(operand.Node)} is {operand.Type.Words}; '-' takes a number.");
        }

        Value? literal = operand.Node is Expression.Literal { Value: var value } ? Negated(value) : null;
        return literal is { } negative
            ? new(new Expression.Literal(negate.Position, negative), operand.Type)
            : new(negate with { Operand = operand.Node }, new(Kinds.Number));

        static Value? Negated(Value value) => value.Kind switch
        {
            ValueKind.Int when value.AsInt != long.MinValue => Value.Of(-value.AsInt),
            ValueKind.Double => Value.Of(-value.AsDouble),
            _ => null,
        };
    }

    private Bound BindBinary(Expression.Binary binary)
    {
        switch (binary.Operator)
        {
            case BinaryOperator.And or BinaryOperator.Or:
                return new(binary with { Left = BindCondition(binary.Left), Right = BindCondition(binary.Right) }, StaticType.Bool);

            case BinaryOperator.In:
                return new(BindIn(binary), StaticType.Bool);
        }

        var (left, right) = AsComparable(Bind(binary.Left), Bind(binary.Right));
        bool isOrdering = binary.Operator is not (BinaryOperator.Equal or BinaryOperator.NotEqual);
        Check(left, right, isOrdering);
        return new(binary with { Left = left.Node, Right = right.Node }, StaticType.Bool);
    }

    private Expression BindIn(Expression.Binary binary)
    {
        var left = Bind(binary.Left);
        if (binary.Right is Expression.List list)
        {
            var items = ImmutableArray.CreateBuilder<Expression>(list.Items.Length);
            var comparable = left;
            foreach (var item in list.Items)
            {
                (comparable, var other) = AsComparable(comparable, Bind(item));
                Check(comparable, other, isOrdering: false);
                items.Add(other.Node);
            }

            return binary with { Left = comparable.Node, Right = list with { Items = items.MoveToImmutable() } };
        }

        var right = Bind(binary.Right);
        if (!right.Type.May(Kinds.List | Kinds.Map))
        {
            Fail(binary.Right, $"{Describe(right.Node)} is {right.Type.Words}; 'in' looks into a list.");
        }
        else if (!right.Type.May(Kinds.List) && !left.Type.May(Kinds.Text))
        {
            Fail(binary.Left, $"{Describe(left.Node)} is {left.Type.Words}; the names of an object, which 'in' looks into, are text.");
        }
        else if (!right.Type.May(Kinds.Map))
        {
            // Times inside an array are text in JSON; each item is read as a time before it is compared.
            const string name = "@item"; // can't be written, so it hides nothing
            var item = new Bound(new Expression.Variable(right.Node.Position, name), right.Type.Items);
            (left, item) = AsComparable(left, item);
            Check(left, item, isOrdering: false);
            if (item.Node is Expression.Call)
            {
                var body = new Expression.Binary(binary.Position, BinaryOperator.Equal, item.Node, left.Node);
                return new Expression.Quantifier(binary.Position, IsAll: false, right.Node, name, body);
            }
        }

        return binary with { Left = left.Node, Right = right.Node };
    }

    /// <summary>Makes times of both sides, where one side is a time by its schema and the other is text.</summary>
    private (Bound, Bound) AsComparable(Bound left, Bound right)
    {
        bool isTime = left.Type.May(Kinds.Timestamp) && left.Type.Kinds != Kinds.Any
            || right.Type.May(Kinds.Timestamp) && right.Type.Kinds != Kinds.Any;
        if (!isTime || left.Type.Kinds == Kinds.Null || right.Type.Kinds == Kinds.Null) return (left, right);

        return (AsTime(left, right), AsTime(right, left));
    }

    private Bound AsTime(Bound bound, Bound other)
    {
        if (bound.Node is Expression.Literal { Value: { Kind: ValueKind.String } text } literal)
        {
            if (TimestampText.TryParse(text.AsString, out long ticks))
            {
                return new(new Expression.Literal(literal.Position, Value.OfTicks(ticks)), new(Kinds.Timestamp));
            }

            Fail(literal, $"{text} is no time, and {Describe(other.Node)} is one; write it as RFC 3339 has it: \"2024-05-01T10:00:00Z\".");
            return new(literal, StaticType.Any);
        }

        // A field reads its own text as a time; an item, or a part of a variable, is still text when it is looked at.
        bool isText = bound.Node is Expression.Select or Expression.Index or Expression.Variable
            && bound.Type.Shape?.Format == "date-time";
        return isText
            ? new(new Expression.Call(bound.Node.Position, Function.Timestamp, [bound.Node]), bound.Type with { Shape = null })
            : bound;
    }

    /// <summary>Notes an error when the two can never be equal, or never have an order.</summary>
    private void Check(Bound left, Bound right, bool isOrdering)
    {
        var common = left.Type.Kinds & right.Type.Kinds;
        if (isOrdering) common &= Kinds.Ordered;
        if (common != Kinds.None) return;

        // The written value is what the writer can change; the field is what it is.
        var (field, written) = left.Node is Expression.Literal ? (right, left) : (left, right);
        string name = Describe(field.Node);
        if (!isOrdering && written.Type.Kinds == Kinds.Null)
        {
            Fail(written.Node, $"{name} is {field.Type.Words} and never null; has({name}) tells whether it is there.");
        }
        else if (isOrdering && (field.Type.Kinds & written.Type.Kinds) != Kinds.None)
        {
            Fail(written.Node, $"{name} is {field.Type.Words}, which has no order; == and != compare it.");
        }
        else
        {
            Fail(written.Node, $"{name} is {field.Type.Words}; it never compares with {Describe(written.Node)}, which is {written.Type.Words}.");
        }
    }

    private Bound BindCall(Expression.Call call)
    {
        var arguments = call.Arguments.Select(Bind).ToArray();
        var (takes, words) = call.Function switch
        {
            Function.Size => (Kinds.Text | Kinds.Bytes | Kinds.List | Kinds.Map, "text, bytes, a list or an object"),
            Function.Timestamp => (Kinds.Text | Kinds.Number | Kinds.Timestamp, "text or seconds since 1970"),
            Function.Duration => (Kinds.Text | Kinds.Duration, "text"),
            _ => (Kinds.Text, "text"),
        };
        bool fits = true;
        foreach (var argument in arguments)
        {
            if (argument.Type.May(takes)) continue;

            fits = false;
            Fail(argument.Node, $"{Functions.Form(call.Function).Name} takes {words}; {Describe(argument.Node)} is {argument.Type.Words}.");
        }

        var bound = call with { Arguments = [.. arguments.Select(argument => argument.Node)] };
        var type = new StaticType(call.Function switch
        {
            Function.Size => Kinds.Number,
            Function.Timestamp => Kinds.Timestamp,
            Function.Duration => Kinds.Duration,
            _ => Kinds.Bool,
        });
        return fits ? Fold(bound, type) : new(bound, type);
    }

    /// <summary>A time or a duration that is written down becomes its value, so that it is read once and not for each row.</summary>
    private Bound Fold(Expression.Call call, StaticType type)
    {
        if (call.Function is not (Function.Timestamp or Function.Duration)) return new(call, type);
        if (call.Arguments[0] is Expression.Field { IsTimestamp: true } field) return new(field, type);
        if (call.Arguments[0] is not Expression.Literal) return new(call, type);

        var value = Evaluation.Evaluate(call, default);
        if (value.IsError) Fail(call.Arguments[0], value.AsError);
        return new(new Expression.Literal(call.Position, value), type);
    }

    private Bound BindQuantifier(Expression.Quantifier quantifier)
    {
        var range = Bind(quantifier.Range);
        if (!range.Type.May(Kinds.List | Kinds.Map))
        {
            Fail(quantifier.Range, $"{Describe(range.Node)} is {range.Type.Words}; {(quantifier.IsAll ? "all" : "exists")} looks at the items of a list.");
        }

        // The items of an object are its names.
        var item = !range.Type.May(Kinds.Map) ? range.Type.Items
            : range.Type.May(Kinds.List) ? StaticType.Any
            : new(Kinds.Text);
        _items.Add((quantifier.Item, item));
        var body = BindCondition(quantifier.Body);
        _items.RemoveAt(_items.Count - 1);
        return new(quantifier with { Range = range.Node, Body = body }, StaticType.Bool);
    }

    private void Fail(Expression expression, string message) => _errors.Add(new(expression.Position, message));

    /// <summary>A part of the expression as its writer would name it.</summary>
    private static string Describe(Expression expression) => expression switch
    {
        Expression.Field field => string.Join('.', field.Path),
        Expression.Variable variable => variable.Name == "@item" ? "an item of the list" : variable.Name,
        Expression.Select select => $"{Describe(select.Operand)}.{select.Member}",
        Expression.Index { Key: Expression.Literal key } index => $"{Describe(index.Operand)}[{key.Value}]",
        Expression.Index index => $"an item of {Describe(index.Operand)}",
        Expression.Literal literal => Shorten(literal.Value.ToString()),
        Expression.Call call when call.Function == Function.Timestamp => Describe(call.Arguments[0]),
        Expression.Call call => $"{Functions.Form(call.Function).Name}()",
        Expression.List => "the list",
        Expression.Negate negate => $"-{Describe(negate.Operand)}",
        _ => "the condition",
    };

    private static string Shorten(string text) =>
        text.Length <= 40 ? text : text[..(char.IsHighSurrogate(text[38]) ? 38 : 39)] + "…";
}
