using Stateway.Model.Expressions;
using Stateway.Model.Schemas;
using Xunit;

namespace Stateway.Fast.Tests.Expressions;

public sealed class ExpressionBindingTests
{
    private static readonly Dictionary<string, Shape> Variables = new()
    {
        ["resource"] = Shapes.Product,
        ["request"] = Shapes.Object(("reason", Shapes.Text), ("due", Shapes.Time)),
        ["caller"] = Shape.Any,
        ["now"] = Shapes.Time,
    };

    [Theory]
    [InlineData("price < 10 && name == 'a'", "(And (Less (Field price) Int:10) (Equal (Field name) \"a\"))")]
    [InlineData("active", "(Field active)")]
    [InlineData("!active || anything", "(Or (Not (Field active)) (Field anything))")]
    [InlineData("address.geo.lat > 1.5", "(Greater (Field address/geo/lat) Double:3ff8000000000000)")]
    [InlineData("address[\"zip-code\"] == '1'", "(Equal (Field address/zip-code) \"1\")")]
    [InlineData("has(price) && has(address.city) && has(address[\"zip-code\"])", "(And (And (Has (Field price)) (Has (Field address/city))) (Has (Field address/zip-code)))")]
    [InlineData("tags[0] == 'a'", "(Equal (Index (Field tags) Int:0) \"a\")")]
    [InlineData("parts[1].name == 'a'", "(Equal (Select (Index (Field parts) Int:1) name) \"a\")")]
    [InlineData("free.a.b == 1 && anything.x['y'] == 'z'", "(And (Equal (Field free/a/b) Int:1) (Equal (Field anything/x/y) \"z\"))")]
    [InlineData("labels.red > 1", "(Greater (Field labels/red) Int:1)")]
    [InlineData("created > '2024-05-01T12:00:00+02:00'", "(Greater (Field time created) Timestamp:\"2024-05-01T10:00:00Z\")")]
    [InlineData("created > timestamp('2024-05-01T10:00:00Z')", "(Greater (Field time created) Timestamp:\"2024-05-01T10:00:00Z\")")]
    [InlineData("timestamp(created) > timestamp(0)", "(Greater (Field time created) Timestamp:\"1970-01-01T00:00:00Z\")")]
    [InlineData("created in ['2024-05-01T10:00:00Z']", "(In (Field time created) [Timestamp:\"2024-05-01T10:00:00Z\"])")]
    [InlineData("sold == null || sold != '2024-05-01T10:00:00Z'", "(Or (Equal (Field time sold) Null:null) (NotEqual (Field time sold) Timestamp:\"2024-05-01T10:00:00Z\"))")]
    [InlineData("visits[0] < '2024-05-01T10:00:00Z'", "(Less (Timestamp (Index (Field visits) Int:0)) Timestamp:\"2024-05-01T10:00:00Z\")")]
    [InlineData("visits.exists(v, v == created)", "(Exists v (Field visits) (Equal (Timestamp v) (Field time created)))")]
    [InlineData("parts.all(p, p.since < '2024-05-01T10:00:00Z')", "(All p (Field parts) (Less (Timestamp (Select p since)) Timestamp:\"2024-05-01T10:00:00Z\"))")]
    [InlineData("'2024-05-01T10:00:00Z' in visits", "(Exists @item (Field visits) (Equal (Timestamp @item) Timestamp:\"2024-05-01T10:00:00Z\"))")]
    [InlineData("'a' in tags && 'red' in labels && 1 in anything", "(And (And (In \"a\" (Field tags)) (In \"red\" (Field labels))) (In Int:1 (Field anything)))")]
    [InlineData("tags.exists(t, t.startsWith('a') && t != name)", "(Exists t (Field tags) (And (StartsWith t \"a\") (NotEqual t (Field name))))")]
    [InlineData("tags.exists(price, price == 'a')", "(Exists price (Field tags) (Equal price \"a\"))")]
    [InlineData("labels.all(name, name != 'red')", "(All name (Field labels) (NotEqual name \"red\"))")]
    [InlineData("tags.size() == 0 && size(name) > 3", "(And (Equal (Size (Field tags)) Int:0) (Greater (Size (Field name)) Int:3))")]
    [InlineData("price == -(5) && -price < 0", "(And (Equal (Field price) Int:-5) (Less (Negate (Field price)) Int:0))")]
    [InlineData("note == null", "(Equal (Field note) Null:null)")]
    [InlineData("tags == ['a']", "(Equal (Field tags) [\"a\"])")]
    public void A_filter_reads_the_fields_of_the_resource(string text, string tree) =>
        Assert.Equal(tree, Bound(ExpressionBinding.BindFilter(Parsed(text), Shapes.Product)));

    [Theory]
    [InlineData("prize < 10", 0, "There is no field prize; price is near.")]
    [InlineData("x == 1", 0, "There is no field x; there are id, price, name, note, active, created, sold, tags, visits, address, parts, labels, free, anything.")]
    [InlineData("address.town == 'a'", 0, "There is no field town in address; there are city, zip-code, geo.")]
    [InlineData("address.cty == 'a'", 0, "There is no field cty in address; city is near.")]
    [InlineData("secret == 'a'", 0, "There is no field secret; there are id, price, name, note, active, created, sold, tags, visits, address, parts, labels, free, anything.")]
    [InlineData("parts[0].nam == 'a'", 0, "There is no field nam in parts[0]; name is near.")]
    [InlineData("parts.exists(p, p.nam == 'a')", 16, "There is no field nam in p; name is near.")]
    [InlineData("has(adress.city)", 4, "There is no field adress; address is near.")]
    [InlineData("price.amount == 1", 0, "price is a number and has no fields, so no amount.")]
    [InlineData("tags.first == 'a'", 0, "tags is a list and has no fields, so no first.")]
    [InlineData("price", 0, "price is a number, and so neither true nor false; compare it with something.")]
    [InlineData("active && name", 10, "name is text, and so neither true nor false; compare it with something.")]
    [InlineData("!note", 1, "note is text or null, and so neither true nor false; compare it with something.")]
    [InlineData("tags.all(t, t)", 12, "t is text, and so neither true nor false; compare it with something.")]
    [InlineData("price == '10'", 9, "price is a number; it never compares with \"10\", which is text.")]
    [InlineData("'10' == price", 0, "price is a number; it never compares with \"10\", which is text.")]
    [InlineData("name < 10", 7, "name is text; it never compares with 10, which is a number.")]
    [InlineData("name in ['a', 1]", 14, "name is text; it never compares with 1, which is a number.")]
    [InlineData("price == null", 9, "price is a number and never null; has(price) tells whether it is there.")]
    [InlineData("tags < tags", 7, "tags is a list, which has no order; == and != compare it.")]
    [InlineData("price == name", 9, "price is a number; it never compares with name, which is text.")]
    [InlineData("created == 5", 11, "created is a time; it never compares with 5, which is a number.")]
    [InlineData("created > '2024-05-01'", 10, "\"2024-05-01\" is no time, and created is one; write it as RFC 3339 has it: \"2024-05-01T10:00:00Z\".")]
    [InlineData("created in ['now']", 12, "\"now\" is no time, and created is one; write it as RFC 3339 has it: \"2024-05-01T10:00:00Z\".")]
    [InlineData("visits[0] == 'x'", 13, "\"x\" is no time, and visits[0] is one; write it as RFC 3339 has it: \"2024-05-01T10:00:00Z\".")]
    [InlineData("created > timestamp('now')", 20, "\"now\" is no time; write it as RFC 3339 has it: \"2024-05-01T10:00:00Z\".")]
    [InlineData("anything == duration('1d')", 21, "\"1d\" is no duration of at most 10,000 years; write it as \"1h30m\", \"1.5s\" or \"250ms\".")]
    [InlineData("created.startsWith('2024')", 0, "startsWith takes text; created is a time.")]
    [InlineData("price.size() == 1", 0, "size takes text, bytes, a list or an object; price is a number.")]
    [InlineData("price.exists(p, p == 1)", 0, "price is a number; exists looks at the items of a list.")]
    [InlineData("1 in tags", 0, "an item of the list is text; it never compares with 1, which is a number.")]
    [InlineData("1 in price", 5, "price is a number; 'in' looks into a list.")]
    [InlineData("1 in address", 0, "1 is a number; the names of an object, which 'in' looks into, are text.")]
    [InlineData("tags['a'] == 'b'", 5, "tags is a list; its items are numbered from 0, as in a[0].")]
    [InlineData("address[0] == 'b'", 8, "address is an object; its fields have names, as in a[\"b\"].")]
    [InlineData("price[0] == 1", 0, "price is a number and has no items.")]
    [InlineData("-name == 1", 0, "name is text; '-' takes a number.")]
    [InlineData("tags.exists(t, has(t))", 15, "has takes a field, as in has(t.field).")]
    [InlineData("42", 0, "42 is a number, and so neither true nor false; compare it with something.")]
    public void An_error_names_the_field_and_its_type(string text, int position, string message)
    {
        var binding = ExpressionBinding.BindFilter(Parsed(text), Shapes.Product);

        Assert.Null(binding.Expression);
        Assert.Equal(new ExpressionError(position, message), Assert.Single(binding.Errors));
    }

    [Fact]
    public void All_errors_are_told_each_once()
    {
        var binding = ExpressionBinding.BindFilter(Parsed("prize < 10 && name == 1 && adress.city.x == 'a' && price"), Shapes.Product);

        Assert.Equal([0, 22, 27, 51], binding.Errors.Select(error => error.Position));
    }

    [Theory]
    [InlineData("resource.name == 'placed' && now > resource.created", true, "(And (Equal (Field name) \"placed\") (Greater (Timestamp now) (Field time created)))")]
    [InlineData("resource[\"name\"] == caller.id || 'support' in caller.roles", true, "(Or (Equal (Field name) (Select caller id)) (In \"support\" (Select caller roles)))")]
    [InlineData("request.due < now", true, "(Less (Timestamp (Select request due)) (Timestamp now))")]
    [InlineData("request.due < '2024-05-01T10:00:00Z'", true, "(Less (Timestamp (Select request due)) Timestamp:\"2024-05-01T10:00:00Z\")")]
    [InlineData("has(resource.note) && has(request.reason)", true, "(And (Has (Field note)) (Has (Select request reason)))")]
    [InlineData("resource.secret == 'a'", true, "(Equal (Field secret) \"a\")")]
    [InlineData("\"cancelled\"", false, "\"cancelled\"")]
    [InlineData("now", false, "now")]
    [InlineData("resource", false, "resource")]
    [InlineData("resource.price", false, "(Field price)")]
    [InlineData("request.reason", false, "(Select request reason)")]
    [InlineData("[resource.tags[0], request.reason]", false, "[(Index (Field tags) Int:0) (Select request reason)]")]
    [InlineData("caller.tags.exists(resource, resource.a == 1)", true, "(Exists resource (Select caller tags) (Equal (Select resource a) Int:1))")]
    public void A_rule_reads_variables(string text, bool isCondition, string tree) =>
        Assert.Equal(tree, Bound(ExpressionBinding.BindRule(Parsed(text), Variables, isCondition)));

    [Theory]
    [InlineData("resorce.name == 'a'", true, "There is no resorce; resource is near.")]
    [InlineData("status == 'a'", true, "There is no status; there are resource, request, caller, now. If the text \"status\" is meant, write it in quotes inside the expression: '\"status\"'.")]
    [InlineData("resource.nane == 'a'", true, "There is no field nane in resource; name is near.")]
    [InlineData("request.raeson", false, "There is no field raeson in request; reason is near.")]
    [InlineData("now", true, "now is a time, and so neither true nor false; compare it with something.")]
    [InlineData("has(now)", true, "has takes a field, as in has(now.field).")]
    public void A_rule_names_what_it_does_not_know(string text, bool isCondition, string message) =>
        Assert.Equal(message, Assert.Single(ExpressionBinding.BindRule(Parsed(text), Variables, isCondition).Errors).Message);

    [Fact]
    public void Any_tree_binds_or_tells_errors() => Generated.Holds(Generated.Tree, tree =>
    {
        var filter = ExpressionBinding.BindFilter(tree, Shapes.Product);
        var rule = ExpressionBinding.BindRule(tree, Variables, isCondition: false);
        return filter.Expression is null != filter.Errors.IsEmpty && rule.Expression is null != rule.Errors.IsEmpty;
    }, 1000);

    [Fact]
    public void The_fields_of_a_filter_are_listed_once_each()
    {
        var binding = ExpressionBinding.BindFilter(
            Parsed("price < 10 && (tags.exists(t, t == name) || has(address.city)) && !(price > 5) && visits[0] > created"), Shapes.Product);

        Assert.Equal(
            ["price", "tags", "name", "address.city", "visits", "created"],
            Filters.Fields(binding.Expression!).Select(field => string.Join('.', field.Path)));
    }

    private static Expression Parsed(string text)
    {
        var parsing = ExpressionParser.Parse(text);
        Assert.Empty(parsing.Errors);
        return parsing.Expression!;
    }

    private static string Bound(ExpressionBinding binding)
    {
        Assert.Empty(binding.Errors);
        return ExpressionText.Tree(binding.Expression!);
    }
}
