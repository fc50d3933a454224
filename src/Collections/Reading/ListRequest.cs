using System.Collections.Immutable;
using System.Globalization;

using Microsoft.Extensions.Primitives;
using Stateway.Collections.Representations;
using Stateway.Gateway;
using Stateway.Model.Expressions;
using Stateway.Model.Names;
using Stateway.Model.Problems;
using Stateway.Model.Schemas;
using Stateway.Store;

namespace Stateway.Collections.Reading;

/// <summary>What a GET on a collection asks for, read from its parameters; wrong ones are all reported at once.</summary>
internal sealed class ListRequest
{
    public const int PageSizeDefault = 50;
    public const int PageSizeMax = 1000;

    private readonly Collection _collection;
    private readonly List<ProblemError> _errors = [];
    private readonly List<KeyValuePair<string, string>> _equalities = [];
    private Expression? _filter;
    private string _filterText = "";
    private ImmutableArray<OrderKey> _order = [];
    private string _orderText = "";
    private string? _pageToken;

    private ListRequest(Collection collection) => _collection = collection;

    public int PageSize { get; private set; } = PageSizeDefault;
    public Expression? Filter => _filter;
    public Mask? Fields { get; private set; }
    public ExpandPlan? Expand { get; private set; }

    /// <summary>Everything that makes the list what it is, for its page tokens.</summary>
    public string Identity(string? parent) =>
        string.Join('\n', [_collection.StoreName, parent ?? "", _filterText, _orderText, .. _equalities.Select(e => e.Key + "=" + e.Value)]);

    public static ListRequest Read(Exchange exchange, Collection collection, out Problem? problem)
    {
        var list = new ListRequest(collection) { Fields = collection.WriteOnlyMask };
        if (exchange.Request.QueryString.HasValue)
        {
            foreach (var (name, values) in exchange.Request.Query) list.ReadParameter(name, values);
        }

        problem = list.ToProblem();
        return list;
    }

    /// <summary>What a GET on one resource may ask for: <c>fields</c> and <c>expand</c>.</summary>
    public static ListRequest ReadOfOne(Exchange exchange, Collection collection, out Problem? problem)
    {
        var one = new ListRequest(collection) { Fields = collection.WriteOnlyMask };
        foreach (var (name, values) in exchange.Request.Query)
        {
            if (name is "fields" or "expand" or "watch") one.ReadParameter(name, values);
            else one.Wrong(name, "UNKNOWN_PARAMETER", $"{name} is no parameter here; there are fields and expand.");
        }

        problem = one.ToProblem();
        return one;
    }

    /// <summary>What a GET with <c>watch=true</c> may ask for: of a list's parameters those that choose resources and fields.</summary>
    /// <param name="after">The parameter <c>revision</c>; null without it.</param>
    public static ListRequest ReadOfWatch(Exchange exchange, Collection collection, out long? after, out Problem? problem)
    {
        var watch = new ListRequest(collection) { Fields = collection.WriteOnlyMask };
        after = null;
        foreach (var (name, values) in exchange.Request.Query)
        {
            if (name is "order_by" or "max_page_size" or "page_token" or "expand" or "min_revision")
                watch.Wrong(name, "UNKNOWN_PARAMETER", $"{name} is no parameter of a watch; there are revision, filter, fields and the declared fields.");
            else if (name != "revision")
                watch.ReadParameter(name, values);
            else if (values.Count == 1 && Watching.WatchRequest.TryParse(values[0] ?? "", out long revision))
                after = revision;
            else
                watch.Wrong(name, "TYPE", $"\"{values}\" is no revision.");
        }

        problem = watch.ToProblem();
        return watch;
    }

    private Problem? ToProblem() => _errors.Count == 0 ? null
        : new(_errors.TrueForAll(e => e.Parameter == "filter") ? ProblemTypes.InvalidFilter : ProblemTypes.InvalidParameter,
            Wording.Count(_errors.Count, "parameter")) { Errors = [.. _errors] };

    public Problem? ToQuery(string? parent, PageTokens tokens, bool count, out Query query)
    {
        Cursor? after = null;
        query = null!;
        if (_pageToken is not null && tokens.TryRead(_pageToken, Identity(parent), out after) is { } problem) return problem;

        query = new Query(_collection.StoreName)
        {
            Parent = parent, Filter = _filter, Order = _order, After = after, Limit = PageSize, Count = count,
            Visible = _collection.Visible,
        };
        return null;
    }

    private void ReadParameter(string name, StringValues values)
    {
        if (values.Count > 1)
        {
            Wrong(name, "DUPLICATE", $"{name} is given {values.Count} times.");
            return;
        }

        string text = values[0] ?? "";
        switch (name)
        {
            case "filter":
                ReadFilter(text);
                break;
            case "order_by":
                ReadOrder(text);
                break;
            case "max_page_size":
                ReadPageSize(text);
                break;
            case "page_token":
                if (text.Length > 0) _pageToken = text;
                break;
            case "fields":
                Fields = Mask.OfFields(text, _collection.Shape, _collection.WriteOnlyMask, out string? unknown);
                if (unknown is not null) Wrong(name, "UNKNOWN_FIELD", UnknownField(unknown, _collection.Shape));
                break;
            case "expand":
                Expand = ExpandPlan.Of(text, _collection, out string? wrong);
                if (wrong is not null) Wrong(name, "UNKNOWN_REFERENCE", wrong);
                break;
            case "watch":
                if (text is not ("true" or "false")) Wrong(name, "TYPE", $"watch is true or false; \"{text}\" is not.");
                break;
            default:
                ReadEquality(name, text);
                break;
        }
    }

    private void ReadFilter(string text)
    {
        if (text.Length == 0) return;

        _filterText = text;
        var parsed = ExpressionParser.Parse(text);
        var errors = parsed.Errors;
        if (parsed.Expression is { } expression)
        {
            var bound = ExpressionBinding.BindFilter(expression, _collection.Shape);
            errors = bound.Errors;
            if (bound.Expression is { } filter) AndAlso(filter);
        }

        foreach (var error in errors) Wrong("filter", "INVALID_EXPRESSION", $"At character {error.Position + 1}: {error.Message}");
    }

    private void ReadEquality(string name, string text)
    {
        if (!_collection.Declaration.Filter.Contains(name) || !FieldPath.TryFind(name, _collection.Shape, out var field))
        {
            var known = _collection.Declaration.Filter.Concat(["filter", "order_by", "max_page_size", "page_token", "fields", "expand"]);
            string hint = Nearest.Of(name, known) is { } near ? $"did you mean {near}?" : $"there are {string.Join(", ", known)}.";
            Wrong(name, "UNKNOWN_PARAMETER", $"{name} is no parameter of this list; {hint}");
            return;
        }

        if (!TryLiteral(text, field, out var value))
        {
            Wrong(name, "TYPE", $"{name} is {Describe(field)}; \"{text}\" is not.");
            return;
        }

        _equalities.Add(new(name, text));
        AndAlso(new Expression.Binary(0, BinaryOperator.Equal,
            new Expression.Field(0, field.Segments, field.IsTimestamp), new Expression.Literal(0, value)));
    }

    private static bool TryLiteral(string text, FieldPath field, out Value value)
    {
        var types = field.Shape.Types;
        value = Value.Of(text);
        if (field.IsTimestamp)
        {
            if (!TimestampText.TryParse(text, out long ticks)) return false;
            value = Value.Of(new DateTimeOffset(ticks, TimeSpan.Zero));
            return true;
        }

        if ((types & ShapeTypes.Boolean) != 0 && text is "true" or "false") value = Value.Of(text == "true");
        else if ((types & ShapeTypes.Number) != 0 && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long integer)) value = Value.Of(integer);
        else if ((types & ShapeTypes.Number) != 0 && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number)) value = Value.Of(number);
        else if ((types & ShapeTypes.String) == 0) return false;
        return true;
    }

    private void ReadOrder(string text)
    {
        _orderText = text;
        var order = ImmutableArray.CreateBuilder<OrderKey>();
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            bool descending = part[0] == '-';
            string name = descending || part[0] == '+' ? part[1..] : part;
            if (name == "id")
            {
                if (!order.Any(o => o.Field.Length == 0)) order.Add(new("", descending));
                continue;
            }

            if (!_collection.Declaration.Order.Contains(name))
            {
                string hint = _collection.Declaration.Order.IsEmpty ? "no field but id is declared for order"
                    : $"there are {string.Join(", ", _collection.Declaration.Order)} and id";
                Wrong("order_by", "UNKNOWN_FIELD", $"{name} is not declared for order; {hint}.");
            }
            else if (order.Any(o => o.Field == name))
            {
                Wrong("order_by", "DUPLICATE", $"{name} stands twice.");
            }
            else if (!order.Any(o => o.Field.Length == 0)) // the id is always the last key: what stands behind it could never matter
            {
                order.Add(new(name, descending));
            }
        }

        _order = order.ToImmutable();
    }

    private void ReadPageSize(string text)
    {
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long size)) Wrong("max_page_size", "TYPE", $"\"{text}\" is no whole number.");
        else if (size <= 0) Wrong("max_page_size", "MINIMUM", $"{size} is less than 1.");
        else PageSize = (int)Math.Min(size, PageSizeMax);
    }

    private void AndAlso(Expression condition) =>
        _filter = _filter is null ? condition : new Expression.Binary(0, BinaryOperator.And, _filter, condition);

    private void Wrong(string parameter, string code, string detail) => _errors.Add(new(code, detail) { Parameter = parameter });

    public static string UnknownField(string name, Shape shape)
    {
        string hint = Nearest.Of(name, shape.Properties.Select(p => p.Key)) is { } near ? $"; did you mean {near}?" : ".";
        return $"{name} is no field of this resource{hint}";
    }

    private static string Describe(FieldPath field) =>
        field.IsTimestamp ? "an RFC 3339 time"
        : (field.Shape.Types & ShapeTypes.Number) == ShapeTypes.Integer ? "an integer"
        : (field.Shape.Types & ShapeTypes.Number) != 0 ? "a number"
        : (field.Shape.Types & ShapeTypes.Boolean) != 0 ? "true or false" : "text";
}
