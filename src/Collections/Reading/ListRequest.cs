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

    /// <summary>As it was when the store had this revision; null as it is now.</summary>
    public long? Revision { get; private set; }

    /// <summary><see cref="Revision"/> is that of a page token.</summary>
    public bool IsPinned { get; private set; }

    /// <summary>The store must have come so far; null when any state will do.</summary>
    public long? MinRevision { get; private set; }

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

    /// <summary>What a GET on one resource may ask for.</summary>
    public static ListRequest ReadOfOne(Exchange exchange, Collection collection, out Problem? problem) =>
        Read(exchange, collection, ["fields", "expand", "revision", "min_revision", "watch"], out problem);

    /// <summary>What a GET on a resource's history may ask for.</summary>
    public static ListRequest ReadOfHistory(Exchange exchange, Collection collection, out Problem? problem) =>
        Read(exchange, collection, ["fields", "max_page_size", "page_token", "min_revision"], out problem);

    private static ListRequest Read(Exchange exchange, Collection collection, string[] known, out Problem? problem)
    {
        var one = new ListRequest(collection) { Fields = collection.WriteOnlyMask };
        if (exchange.Request.QueryString.HasValue)
        {
            foreach (var (name, values) in exchange.Request.Query)
            {
                if (known.Contains(name)) one.ReadParameter(name, values);
                else one.Wrong(name, "UNKNOWN_PARAMETER", $"{name} is no parameter here; there are {string.Join(", ", known)}.");
            }
        }

        problem = one.ToProblem();
        return one;
    }

    /// <summary>What a GET with <c>watch=true</c> may ask for: of a list's parameters those that choose resources and fields.</summary>
    public static ListRequest ReadOfWatch(Exchange exchange, Collection collection, out Problem? problem)
    {
        var watch = new ListRequest(collection) { Fields = collection.WriteOnlyMask };
        foreach (var (name, values) in exchange.Request.Query)
        {
            if (name is "order_by" or "max_page_size" or "page_token" or "expand" or "min_revision")
                watch.Wrong(name, "UNKNOWN_PARAMETER", $"{name} is no parameter of a watch; there are revision, filter, fields and the declared fields.");
            else
                watch.ReadParameter(name, values);
        }

        problem = watch.ToProblem();
        return watch;
    }

    private Problem? ToProblem()
    {
        if (MinRevision > Revision) Wrong("min_revision", "CONTRADICTION", $"{MinRevision} is beyond revision {Revision}, as of which the answer would be.");
        return _errors.Count == 0 ? null : new(_errors.TrueForAll(e => e is { Parameter: "filter", Code: not "UNKNOWN_PARAMETER" }) ? ProblemTypes.InvalidFilter : ProblemTypes.InvalidParameter,
            Wording.Count(_errors.Count, "parameter")) { Errors = [.. _errors] };
    }

    /// <summary>Every page behind the first is read as of the revision that the first one had.</summary>
    public Problem? ToQuery(string? parent, PageTokens tokens, bool count, out Query query)
    {
        query = null!;
        if (ReadPageToken(tokens, Identity(parent), out var after, out long began) is { } problem) return problem;
        if (after is not null)
        {
            if (Revision is { } asked && asked != began) return PageTokens.Invalid();

            Revision = began;
            IsPinned = true;
            if (ToProblem() is { } contradiction) return contradiction;
        }

        query = new Query(_collection.StoreName)
        {
            Parent = parent, Filter = _filter, Order = _order, After = after, Limit = PageSize, Count = count,
            Visible = _collection.Visible, Revision = Revision,
        };
        return null;
    }

    /// <param name="list">What the token must belong to.</param>
    /// <param name="after">Where the page begins; null for the first.</param>
    /// <param name="revision">What the token was issued with.</param>
    public Problem? ReadPageToken(PageTokens tokens, string list, out Cursor? after, out long revision)
    {
        (after, revision) = (null, 0);
        return _pageToken is null ? null : tokens.TryRead(_pageToken, list, out after, out revision);
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
            case "revision":
                Revision = ReadRevision(name, text);
                break;
            case "min_revision":
                MinRevision = ReadRevision(name, text);
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
            var known = _collection.Declaration.Filter.Concat(["filter", "order_by", "max_page_size", "page_token", "fields", "expand", "revision", "min_revision", "watch"]);
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

    private long? ReadRevision(string name, string text)
    {
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long revision)) return revision;

        Wrong(name, "TYPE", $"\"{text}\" is no revision; take one that an answer gave.");
        return null;
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
