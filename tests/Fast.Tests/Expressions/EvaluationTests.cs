using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Stateway.Model.Expressions;
using Stateway.Model.Schemas;
using Xunit;

namespace Stateway.Fast.Tests.Expressions;

public sealed class EvaluationTests
{
    private static readonly JsonElement Resource = JsonDocument.Parse("""
        {
          "price": 10, "half": 0.5, "big": 9007199254740993, "name": "Anna", "emoji": "😀", "wide": "～", "escaped": "a\u0062c",
          "note": null, "active": true, "off": false, "tags": ["a", "b"], "numbers": [1, 2.0, 3], "empty": [],
          "address": {"city": "Bonn", "zip-code": "53111"}, "matrix": [[1, 2], [3]], "parts": [{"name": "x"}, {"name": null}, {}],
          "created": "2024-05-01T12:00:00+02:00", "visits": ["2024-05-01T10:00:00Z", "2024-05-02T10:00:00Z"]
        }
        """).RootElement;

    [Theory]
    [InlineData("price == 10 && price == 10.0 && price == 10u && price >= 10 && price < 10.5")]
    [InlineData("big != 9007199254740992.0 && big > 9007199254740992.0")]
    [InlineData("name == 'Anna' && name < 'Annb' && 'Ann' < name && name != 'anna'")]
    [InlineData("emoji > wide && emoji > '～' && '～' < emoji && wide < '😀'")]
    [InlineData("escaped == 'abc' && escaped >= 'abc' && escaped < 'abd'")]
    [InlineData("note == null && note != 1 && has(note)")]
    [InlineData("active && !off && active == true && off < active")]
    [InlineData("tags == ['a', 'b'] && ['a', 'b'] == tags && tags != ['b', 'a'] && numbers == [1, 2, 3.0]")]
    [InlineData("'a' in tags && !('c' in tags) && 2 in numbers && name in ['Bert', 'Anna']")]
    [InlineData("'city' in address && !('town' in address) && has(address.city) && !has(address.town)")]
    [InlineData("address['zip-code'].startsWith('53') && address == address && address != parts")]
    [InlineData("tags[0] == 'a' && tags[1u] == 'b' && matrix[0][1] == 2 && tags[0.0] == 'a'")]
    [InlineData("size(name) == 4 && size(emoji) == 1 && tags.size() == 2 && size(address) == 2 && empty.size() == 0")]
    [InlineData("name.startsWith('An') && name.endsWith('na') && name.contains('nn') && name.matches('^A.+a$')")]
    [InlineData("tags.exists(t, t == 'b') && tags.all(t, t < 'c') && !tags.exists(t, t == 'c') && empty.all(e, false)")]
    [InlineData("address.exists(k, k == 'city') && matrix.exists(row, row.all(x, x < 3)) && matrix.all(row, row.exists(x, x == row[0]))")]
    [InlineData("parts.exists(p, p.name == 'x') && parts.exists(p, p.name == null) && !parts.all(p, has(p.name))")]
    [InlineData("-price == -10 && -half < 0")]
    [InlineData("timestamp(created) == timestamp('2024-05-01T10:00:00Z') && visits.exists(v, timestamp(v) > timestamp(created))")]
    [InlineData("duration('90s') == duration('1m30s') && timestamp(0) < timestamp('1970-01-01T00:00:01Z')")]
    public void A_filter_is_true(string text) => Assert.Equal("true", Evaluate(text).ToString());

    [Theory]
    [InlineData("none == 1")]
    [InlineData("none != 1")]
    [InlineData("none < 1")]
    [InlineData("1 >= none")]
    [InlineData("none == none")]
    [InlineData("none != null")]
    [InlineData("none.deeper == 1")]
    [InlineData("price.deeper == 1")]
    [InlineData("none in [1, none]")]
    [InlineData("1 in none")]
    [InlineData("none")]
    [InlineData("none || none")]
    [InlineData("none.all(x, true)")]
    [InlineData("none.exists(x, true)")]
    [InlineData("none.startsWith('a')")]
    [InlineData("'a'.contains(none)")]
    [InlineData("size(none) == 0")]
    [InlineData("-none == 1")]
    [InlineData("timestamp(none) > timestamp(0)")]
    [InlineData("[none] == [1]")]
    [InlineData("tags[2] == 'c'")]
    [InlineData("tags[2] != 'c'")]
    [InlineData("tags[-1] == 'b'")]
    [InlineData("tags[0.5] == 'a'")]
    [InlineData("tags['a'] == 'a'")]
    [InlineData("address[0] == 'Bonn'")]
    [InlineData("name[0] == 'A'")]
    public void What_compares_with_something_missing_is_not_true(string text)
    {
        Assert.False(Evaluation.IsTrue(Bind(text), new Scope(Resource)));
        Assert.False(Evaluate($"({text}) && true").IsError);
        Assert.True(Evaluation.IsTrue(Bind($"!({text})"), new Scope(Resource)));
    }

    /// <summary>The table of the reference: x is 5, null, not there, "a".</summary>
    [Theory]
    [InlineData("x == 5", true, false, false, false)]
    [InlineData("x != 5", false, true, false, true)]
    [InlineData("!(x == 5)", false, true, true, true)]
    [InlineData("x < 9", true, false, false, false)]
    [InlineData("x == null", false, true, false, false)]
    [InlineData("x != null", true, false, false, true)]
    [InlineData("has(x)", true, true, false, true)]
    public void Comparisons_of_a_field_are_as_the_reference_says(string text, params bool[] expected)
    {
        string[] resources = ["{\"x\": 5}", "{\"x\": null}", "{}", "{\"x\": \"a\"}"];
        var filter = Bind(text);

        Assert.Equal(expected, resources.Select(json => Evaluation.IsTrue(filter, new Scope(JsonDocument.Parse(json).RootElement))));
    }

    [Theory]
    [InlineData("name < 10")]
    [InlineData("price >= 'a'")]
    [InlineData("note < 1")]
    [InlineData("tags < tags")]
    [InlineData("price.startsWith('1')")]
    [InlineData("name && true")]
    [InlineData("size(price) == 2")]
    [InlineData("-name == 1")]
    [InlineData("timestamp(name) == timestamp(0)")]
    [InlineData("duration(name) == duration('1s')")]
    [InlineData("1 in price")]
    [InlineData("price.exists(x, true)")]
    [InlineData("price.all(x, true)")]
    [InlineData("tags.exists(t, t < 1)")]
    [InlineData("'a'.matches(price)")]
    public void Data_of_another_type_is_false_and_no_error(string text)
    {
        Assert.Equal("false", Evaluate(text).ToString());
        Assert.Equal("true", Evaluate($"!({text})").ToString());
    }

    [Theory]
    [InlineData("'a' < 1", "\"a\" and 1 have no order.")]
    [InlineData("null >= null", "null and null have no order.")]
    [InlineData("!1", "1 is neither true nor false.")]
    [InlineData("[1][1] == 1", "There is no item 1 in [1].")]
    [InlineData("1.startsWith('a')", "startsWith takes text.")]
    [InlineData("-'a' == 1", "\"a\" has no negative in 64 bits; '-' takes a number.")]
    [InlineData("-(-9223372036854775808) == 1", "-9223372036854775808 has no negative in 64 bits; '-' takes a number.")]
    [InlineData("size(1) == 1", "size takes text, bytes, a list or a map.")]
    [InlineData("1 in 2", "2 is no list; 'in' looks into one.")]
    [InlineData("1.exists(x, true)", "1 is no list.")]
    [InlineData("unknown == 1", "There is no variable unknown.")]
    [InlineData("timestamp('now') == timestamp(0)", "\"now\" is no time; write it as RFC 3339 has it: \"2024-05-01T10:00:00Z\".")]
    [InlineData("[1, 'a'].exists(x, x < 0)", "\"a\" and 0 have no order.")]
    [InlineData("'a' < 1 && true", "\"a\" and 1 have no order.")]
    [InlineData("false || 'a' < 1", "\"a\" and 1 have no order.")]
    [InlineData("1 in [2, size(3)]", "size takes text, bytes, a list or a map.")]
    [InlineData("[1].all(x, x in [unknown])", "There is no variable unknown.")]
    public void What_is_written_wrongly_is_an_error_that_says_so(string text, string message)
    {
        var value = Evaluation.Evaluate(Parse(text), default);

        Assert.True(value.IsError);
        Assert.Equal(message, value.AsError);
        Assert.False(Evaluation.IsTrue(new Expression.Not(0, Parse(text)), default));
    }

    [Theory]
    [InlineData("false && unknown", false)]
    [InlineData("unknown && false", false)]
    [InlineData("true || unknown", true)]
    [InlineData("unknown || true", true)]
    [InlineData("[1, 'a'].exists(x, x < 2)", true)]
    [InlineData("['a', 1].exists(x, x < 2)", true)]
    [InlineData("['a', 1].all(x, x > 2)", false)]
    [InlineData("1 in [unknown, 1]", true)]
    public void What_decides_decides_whatever_errors_stand_beside_it(string text, bool expected) =>
        Assert.Equal(Value.Of(expected).ToString(), Evaluation.Evaluate(Parse(text), default).ToString());

    [Theory]
    [InlineData("a == '\ufffdx' && a < '\ufffdy' && a.contains('x') && a in ['\ufffdx']")]
    [InlineData("ab != 1 && has(b) && !has(abcd) && c.exists(k, k == '\ufffda') && c == c && c != b && '\ufffda' in c")]
    public void Half_of_a_surrogate_pair_in_json_is_read_as_the_replacement_character(string text)
    {
        const string json = """{"a": "\ud800x", "\ud800b": 1, "ab": "\udc00", "b": {}, "c": {"\ud800a": 1}}""";

        Assert.True(Evaluation.IsTrue(Bind(text), new Scope(JsonDocument.Parse(json).RootElement)));
    }

    [Fact]
    public void A_rule_sees_its_variables()
    {
        using var request = JsonDocument.Parse("""{"reason": "late", "due": "2024-05-01T09:00:00Z"}""");
        var variables = new Dictionary<string, Value>
        {
            ["request"] = Value.FromJson(request.RootElement),
            ["now"] = Value.Of(new DateTimeOffset(2024, 5, 1, 12, 0, 0, TimeSpan.FromHours(2))),
        };
        var shapes = new Dictionary<string, Shape>
        {
            ["resource"] = Shapes.Product,
            ["request"] = Shapes.Object(("reason", Shapes.Text), ("due", Shapes.Time)),
            ["now"] = Shapes.Time,
        };

        Assert.Equal("true", Rule("resource.name == 'Anna' && request.reason == 'late' && request.due < now && resource.created == now"));
        Assert.Equal("\"2024-05-01T10:00:00Z\"", Rule("now"));
        Assert.Equal("\"2024-05-01T10:00:00Z\"", Rule("resource.created"));
        Assert.Equal("[\"late\",\"a\"]", Rule("[request.reason, resource.tags[0]]"));
        Assert.Equal("missing", Rule("resource.address.geo"));
        Assert.Equal("10", Rule("resource.price"));
        Assert.StartsWith("{\n  \"price\": 10", Rule("resource"));

        string Rule(string text)
        {
            var binding = ExpressionBinding.BindRule(Parse(text), shapes, isCondition: false);
            Assert.Empty(binding.Errors);
            return Evaluation.Evaluate(binding.Expression!, new Scope(Resource, variables)).ToString();
        }
    }

    [Fact]
    public void A_bound_filter_compares_times_as_instants()
    {
        Assert.True(IsTrue("created == '2024-05-01T10:00:00Z' && created in ['2024-05-01T11:00:00+01:00']"));
        Assert.True(IsTrue("visits.all(v, v >= created) && visits[1] > created && '2024-05-02T12:00:00+02:00' in visits"));
        Assert.False(IsTrue("sold == '2024-05-01T10:00:00Z' || sold == null || sold != created"));

        static bool IsTrue(string text) => Evaluation.IsTrue(ExpressionBinding.BindFilter(Parse(text), Shapes.Product).Expression!, new Scope(Resource));
    }

    [Theory]
    [InlineData("list.all(a, list.all(b, list.all(c, a >= c || true)))")]
    [InlineData("list.all(a, list == list)")]
    [InlineData("list.all(a, !(-1 in list))")]
    [InlineData("list.all(a, text.contains('y') || true)")]
    [InlineData("list.all(a, text.matches('y') || true)")]
    public void An_evaluation_that_takes_too_long_ends_in_an_error(string text)
    {
        string json = $$"""{"list": [{{string.Join(',', Enumerable.Range(0, 1000))}}], "text": "{{new string('x', 100_000)}}"}""";
        using var document = JsonDocument.Parse(json);
        var value = Evaluation.Evaluate(Bind(text), new Scope(document.RootElement));

        Assert.Equal("The expression takes more than 100000 steps; write one that compares less.", value.AsError);
    }

    /// <summary>A row's evaluation must not make work for the garbage collector: many thousand rows may be scanned.</summary>
    [Theory]
    [InlineData("price < 20 && name == 'Anna' && name < 'B' && address.city in ['Berlin', 'Bonn']")]
    [InlineData("price > 20 || has(note) || !active || id == '1'")]
    [InlineData("created > '2024-01-01T00:00:00Z' && tags[0] == 'a' && 'b' in tags")]
    public void A_common_filter_allocates_nothing_for_a_row(string text)
    {
        var filter = ExpressionBinding.BindFilter(Parse(text), Shapes.Product).Expression!;
        var scope = new Scope(Resource);
        for (int i = 0; i < 100; i++) Evaluation.IsTrue(filter, scope);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++) Evaluation.IsTrue(filter, scope);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Json_and_values_compare_alike_on_either_side() => Generated.Holds(
        Generated.Literal.SelectMany(_ => Generated.Literal, (a, b) => (A: Plain(a), B: Plain(b))),
        pair =>
        {
            using var document = JsonDocument.Parse($$"""{"a": {{pair.A}}, "b": {{pair.B}}}""");
            var scope = new Scope(document.RootElement);
            var a = new Expression.Field(0, ["a"], false);
            var b = new Expression.Field(0, ["b"], false);
            return Enum.GetValues<BinaryOperator>().Where(o => o is not (BinaryOperator.And or BinaryOperator.Or or BinaryOperator.In)).All(o =>
            {
                bool both = Evaluation.IsTrue(new Expression.Binary(0, o, a, b), scope);
                return both == Evaluation.IsTrue(new Expression.Binary(0, o, a, new Expression.Literal(0, pair.B)), scope)
                    && both == Evaluation.IsTrue(new Expression.Binary(0, o, new Expression.Literal(0, pair.A), b), scope)
                    && both == Oracle(o, pair.A, pair.B);
            });
        }, 3000);

    [Fact]
    public void Logic_over_fields_has_two_values() => Generated.Holds(Gen.Two(Condition).Select(two => (two.Item1, two.Item2)), two =>
    {
        var (a, b) = (Bind(two.Item1), Bind(two.Item2));
        var scope = new Scope(Resource);
        bool isA = Evaluation.IsTrue(a, scope), isB = Evaluation.IsTrue(b, scope);
        return IsTrue(BinaryOperator.And, a, b) == (isA && isB)
            && IsTrue(BinaryOperator.And, b, a) == (isA && isB)
            && IsTrue(BinaryOperator.Or, a, b) == (isA || isB)
            && IsTrue(BinaryOperator.Or, b, a) == (isA || isB)
            && Evaluation.IsTrue(new Expression.Not(0, a), scope) == !isA;

        bool IsTrue(BinaryOperator o, Expression left, Expression right) => Evaluation.IsTrue(new Expression.Binary(0, o, left, right), scope);
    }, 1000);

    [Fact]
    public void Any_tree_evaluates_to_a_value() => Generated.Holds(Generated.Tree, tree =>
    {
        var bound = ExpressionBinding.BindFilter(tree, Shape.Any).Expression ?? tree;
        Evaluation.Evaluate(bound, new Scope(Resource));
        Evaluation.Evaluate(bound, default);
        return true;
    }, 2000);

    /// <summary>Conditions of every kind over fields that are there, are of another type, or are missing.</summary>
    private static Gen<string> Condition { get; } =
        Gen.Elements("price", "name", "note", "active", "tags", "numbers", "address.city", "none", "tags[1]", "created", "matrix[0]").SelectMany(
            _ => Gen.Elements(
                "{0} == 10", "{0} != 'Anna'", "{0} < 'b'", "{0} >= 2", "{0} in [10, 'Anna', null]", "'a' in {0}", "{0}", "!{0}", "{0}.exists(x, x == 'a')",
                "{0}.all(x, x > 1)", "{0}.startsWith('A')", "size({0}) > 1", "{0} == [1, 2]", "{0} == price", "timestamp({0}) > timestamp(0)"),
            (field, form) => string.Format(System.Globalization.CultureInfo.InvariantCulture, form, field));

    private static bool Oracle(BinaryOperator o, Value a, Value b)
    {
        bool isOrdered = ValueComparison.TryCompare(a, b, out int order);
        return o switch
        {
            BinaryOperator.Equal => ValueComparison.Equal(a, b),
            BinaryOperator.NotEqual => !ValueComparison.Equal(a, b),
            BinaryOperator.Less => isOrdered && order < 0,
            BinaryOperator.LessOrEqual => isOrdered && order <= 0,
            BinaryOperator.Greater => isOrdered && order > 0,
            _ => isOrdered && order >= 0,
        };
    }

    /// <summary>What is the same value after it went through JSON.</summary>
    private static Value Plain(Value value) => value.Kind switch
    {
        ValueKind.Bytes => Value.Null,
        ValueKind.Uint => Value.Of((long)(value.AsUint >> 1)),
        ValueKind.Double when double.IsInteger(value.AsDouble) => Value.Of(Math.Sign(value.AsDouble) * 0.5),
        _ => value,
    };

    private static Value Evaluate(string text) => Evaluation.Evaluate(Bind(text), new Scope(Resource));

    /// <summary>Every name is a field, of any type.</summary>
    private static Expression Bind(string text)
    {
        var binding = ExpressionBinding.BindFilter(Parse(text), Shape.Any);
        Assert.Empty(binding.Errors);
        return binding.Expression!;
    }

    private static Expression Parse(string text)
    {
        var parsing = ExpressionParser.Parse(text);
        Assert.Empty(parsing.Errors);
        return parsing.Expression!;
    }
}
