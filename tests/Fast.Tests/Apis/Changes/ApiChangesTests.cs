using System.Text.Json.Nodes;
using Stateway.Model.Apis;
using Stateway.Model.Apis.Changes;
using Xunit;

namespace Stateway.Fast.Tests.Apis.Changes;

/// <summary>The rules, by the cases in the YAML files beside this one.</summary>
public sealed class ApiChangesTests
{
    private static readonly string[] Files = ["values.yaml", "objects.yaml", "operations.yaml", "documents.yaml"];

    public static TheoryData<string> Cases { get; } = [.. Files.SelectMany(ChangeCase.Of).Select(each => each.Name)];

    public static TheoryData<string> CollectionCases { get; } = [.. ChangeCase.Read("collections.yaml").Select(each => each["is"]!.GetValue<string>())];

    private static readonly Dictionary<string, ChangeCase> ByName = Files.SelectMany(ChangeCase.Of).ToDictionary(each => each.Name);

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_change_is_told_with_its_verdict_both_ways_round(string name)
    {
        var each = ByName[name];

        Assert.Equal(each.There, ChangeCase.Told(ChangeCase.Compare(each.Old, each.New)));
        Assert.Equal(each.Back, ChangeCase.Told(ChangeCase.Compare(each.New, each.Old)));
    }

    [Theory]
    [MemberData(nameof(CollectionCases))]
    public void What_a_collection_declares_is_compared_too(string name)
    {
        var each = ChangeCase.Read("collections.yaml").Single(each => each["is"]!.GetValue<string>() == name);
        var (old, @new) = (Collections(each["old"]!), Collections(each["new"]!));
        var (there, back) = ChangeCase.Expected(each["changes"]!);

        Assert.Equal(there, ChangeCase.Told(ApiChanges.Compare(old, @new)));
        Assert.Equal(back, ChangeCase.Told(ApiChanges.Compare(@new, old)));
    }

    [Fact]
    public void Every_rule_has_a_case()
    {
        var told = ByName.Values.SelectMany(each => new[] { each.There, each.Back })
            .Concat(ChangeCase.Read("collections.yaml").SelectMany(each => { var (there, back) = ChangeCase.Expected(each["changes"]!); return new[] { there, back }; }))
            .SelectMany(codes => codes.Split(", "));

        Assert.Empty(ChangeRules.All.Select(rule => rule.Code).Except(told.Select(code => code.TrimEnd('!', '?'))).Except(["COMPARISON_INCOMPLETE"])); // has a test of its own
    }

    [Fact]
    public void Every_code_is_there_once()
    {
        Assert.Equal(ChangeRules.All.Count, ChangeRules.All.Select(rule => rule.Code).Distinct().Count());
        Assert.Equal(typeof(ChangeRules).GetFields().Length, ChangeRules.All.Count);
    }

    [Fact]
    public void A_change_says_where_it_is_and_what_it_was_and_for_whom_it_breaks()
    {
        var old = JsonNode.Parse("""
            { "openapi": "3.1.0", "paths": { "/a/{id}": { "put": {
              "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/A" } } } } } } },
              "components": { "schemas": { "A": { "type": "object", "properties": { "b/c": { "type": "array", "items": { "type": "object", "properties": { "d": { "type": "string", "maxLength": 9, "pattern": "x" } } } } } } } } }
            """)!;
        var @new = JsonNode.Parse(old.ToJsonString().Replace("\"maxLength\":9", "\"maxLength\":5").Replace(",\"pattern\":\"x\"", "").Replace("/a/{id}", "/a/{a_id}"))!;

        Assert.Equal(
            [
                new("MAX_LENGTH_TIGHTENED", ChangeSeverity.Breaking, "/components/schemas/A/properties/b~1c/items/properties/d/maxLength", "PUT /a/{a_id}",
                    "'b/c[].d' of the request body: maxLength was 9 and is 5. Breaks clients that send it as before."),
                new("PATH_PARAMETER_RENAMED", ChangeSeverity.Info, "/paths/~1a~1{a_id}", "PUT /a/{a_id}", "The path's parameter {id} is called {a_id}. URLs are the same."),
                new("PATTERN_REMOVED", ChangeSeverity.Info, "/components/schemas/A/properties/b~1c/items/properties/d/pattern", "PUT /a/{a_id}",
                    "'b/c[].d' of the request body: the pattern x is gone."),
            ],
            ChangeCase.Compare(old, @new).Changes);
    }

    [Fact]
    public void Too_many_changes_are_counted_and_the_worst_are_listed()
    {
        JsonObject With(Func<int, JsonObject> property, int count) => Sent(new()
        {
            ["type"] = "object",
            ["properties"] = new JsonObject(Enumerable.Range(0, count).Select(i => KeyValuePair.Create($"p{i}", (JsonNode?)property(i)))),
        });

        var comparison = ChangeCase.Compare(With(_ => new() { ["type"] = "string" }, 3000), With(i => new() { ["type"] = i < 1500 ? "string" : "integer" }, 4500));

        Assert.Equal((1500, 0, 1500), (comparison.BreakingCount, comparison.WarningCount, comparison.InfoCount));
        Assert.Equal(ApiComparison.ChangesMax, comparison.Changes.Length);
        Assert.All(comparison.Changes, change => Assert.Equal(ChangeSeverity.Breaking, change.Severity));
        Assert.Equal(2000, comparison.OmittedCount);
    }

    [Fact]
    public void What_is_too_entangled_is_taken_for_breaking()
    {
        // Every schema is an allOf of the next two: 600 parts.
        JsonObject Entangled(string type) => Sent(new() { ["$ref"] = "#/components/schemas/S0" }, new JsonObject(Enumerable.Range(0, 600).Select(i => KeyValuePair.Create($"S{i}", (JsonNode?)new JsonObject
        {
            ["allOf"] = new JsonArray([.. Enumerable.Range(i + 1, 2).Where(next => next < 600).Select(next => (JsonNode)new JsonObject { ["$ref"] = $"#/components/schemas/S{next}" })]),
            ["title"] = type,
        }))));

        Assert.Equal("COMPARISON_INCOMPLETE!", ChangeCase.Told(ChangeCase.Compare(Entangled("a"), Entangled("b"))));
    }

    [Fact]
    public void A_knot_of_schemas_is_given_up_soon()
    {
        // What stands under p of p of p is each time another set of the 60 schemas: there are more of them than can be compared.
        JsonObject Knot(string type) => Sent(new() { ["$ref"] = "#/components/schemas/S1" }, new JsonObject(Enumerable.Range(0, 60).Select(i => KeyValuePair.Create($"S{i}", (JsonNode?)new JsonObject
        {
            ["properties"] = new JsonObject("pqr".Select((name, j) => KeyValuePair.Create(name.ToString(), (JsonNode?)new JsonObject
            {
                ["allOf"] = new JsonArray(new JsonObject { ["$ref"] = $"#/components/schemas/S{(i * 7 + j) % 60}" }, new JsonObject { ["$ref"] = $"#/components/schemas/S{(i * 11 + 5 * j + 1) % 60}" }),
            }))),
            ["minProperties"] = i == 0 && type == "a" ? 1 : 2,
        }))));

        Assert.Contains("COMPARISON_INCOMPLETE!", ChangeCase.Told(ChangeCase.Compare(Knot("a"), Knot("b"))));
    }

    [Fact]
    public void A_long_chain_of_schemas_is_followed_to_its_end()
    {
        JsonObject Chain(string last) => Sent(new() { ["$ref"] = "#/components/schemas/S0" }, new JsonObject(Enumerable.Range(0, 20_000).Select(i => KeyValuePair.Create($"S{i}", (JsonNode?)(i == 19_999
            ? new JsonObject { ["type"] = last }
            : new JsonObject { ["type"] = "array", ["items"] = new JsonObject { ["$ref"] = $"#/components/schemas/S{i + 1}" } })))));

        Assert.Equal("/components/schemas/S19999/type", Assert.Single(ChangeCase.Compare(Chain("string"), Chain("boolean")).Changes).Pointer);
    }

    [Fact]
    public void What_a_collection_declares_is_told_where_clients_meet_it()
    {
        var (old, @new) = (Notes("", "unique: [], order: [a]"), Notes("when: resource.a == \"c\", ", "unique: [a], order: []"));

        Assert.Equal(
            [
                "UNIQUE_ADDED /paths/~1notes/post POST /notes",
                "ORDER_FIELD_REMOVED /paths/~1notes/get GET /notes",
                "ACTION_CONDITION_CHANGED /paths/~1notes~1{note_id}~1close/post POST /notes/{note_id}/close",
            ],
            ApiChanges.Compare(old, @new).Changes.Where(change => !change.Code.StartsWith("OPERATION")).OrderByDescending(change => change.Code).Select(change => $"{change.Code} {change.Pointer} {change.Operation}"));

        static ApiSpec Notes(string when, string words) => Assert.Single(DocumentFolder.Read("a.yaml",
            $"openapi: 3.1.0\ninfo: {{ title: T, version: '1' }}\nx-stateway-collections: {{ notes: {{ schema: {{ properties: {{ a: {{ type: string }} }} }}, {words}, actions: {{ close: {{ {when} set: {{ a: '\"b\"' }} }} }} }} }}").Apis);
    }

    private static JsonObject Sent(JsonObject schema, JsonObject? schemas = null) => new()
    {
        ["openapi"] = "3.1.0",
        ["paths"] = new JsonObject
        {
            ["/a"] = new JsonObject { ["put"] = new JsonObject { ["requestBody"] = new JsonObject { ["content"] = new JsonObject { ["application/json"] = new JsonObject { ["schema"] = schema } } } } },
        },
        ["components"] = new JsonObject { ["schemas"] = schemas ?? [] },
    };

    private static ApiSpec Collections(JsonNode collections)
    {
        var reading = DocumentFolder.Read("a.json", new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject { ["title"] = "T", ["version"] = "1" },
            ["x-stateway-collections"] = collections.DeepClone(),
        }.ToJsonString());

        Assert.Empty(reading.Errors);
        return Assert.Single(reading.Apis);
    }
}
