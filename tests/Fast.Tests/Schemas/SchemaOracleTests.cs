using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Stateway.Model.Schemas;
using Xunit;

namespace Stateway.Fast.Tests.Schemas;

public sealed class SchemaOracleTests
{
    private static readonly string[] s_names = ["a", "b", "c", "longer-name-1", "longer-name-2"];

    private static readonly Gen<string> s_scalar = Gen.Elements(
        "null", "true", "false", "0", "1", "2", "1.0", "2.5", "-1", "0.1", "0.30", "3e0", "15e-1", "\"\"", "\"a\"", "\"ab\"", "\"äb\"", "\"abc\"");

    [Fact]
    public void Validation_agrees_with_a_naive_reading_of_the_specification()
    {
        var cases = Gen.Zip(SchemaOf(3), ValueOf(3));

        Check.One(Config.QuickThrowOnFailure.WithMaxTest(1500).WithQuietOnSuccess(true), Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var (schema, value) = c;
            using var parsedSchema = JsonDocument.Parse(schema);
            using var parsedValue = JsonDocument.Parse(value);
            bool expected = Holds(parsedSchema.RootElement, parsedValue.RootElement, out _);

            var set = new SchemaSet(SchemaDialect.Draft202012);
            set.Add("http://localhost/s", parsedSchema.RootElement);
            var compiled = set.Compile("http://localhost/s", SchemaUse.Plain);
            return compiled.Schema!.Validate(Encoding.UTF8.GetBytes(value), new SchemaErrors()) == expected;
        }));
    }

    private static Gen<string> ValueOf(int depth)
    {
        if (depth == 0) return s_scalar;

        var inner = ValueOf(depth - 1);
        var array = inner.ListOf(3).Select(items => $"[{string.Join(',', items)}]");
        var @object =
            from names in Gen.SubListOf(s_names)
            from values in Gen.CollectToList(names, name => inner.Select(value => $"\"{name}\": {value}"))
            select $"{{{string.Join(", ", values)}}}";
        return Gen.OneOf(s_scalar, array, @object, @object);
    }

    /// <summary>Up to four keywords, of which applicators hold schemas that are one level less deep.</summary>
    private static Gen<string> SchemaOf(int depth)
    {
        var name = Gen.Elements(s_names);
        var count = Gen.Choose(0, 3).Select(n => n.ToString(CultureInfo.InvariantCulture));
        var number = Gen.Elements("0", "1", "1.5", "2.0", "0.1");
        var keywords = new List<Gen<(string, string)>>
        {
            Keyword("type", Gen.Elements("\"string\"", "\"integer\"", "[\"number\",\"null\"]", "\"object\"", "[\"array\",\"object\"]", "\"boolean\"")),
            Keyword("minimum", number), Keyword("exclusiveMaximum", number), Keyword("multipleOf", Gen.Elements("0.1", "1", "0.5")),
            Keyword("minLength", count), Keyword("maxLength", count), Keyword("minItems", count), Keyword("maxItems", count),
            Keyword("minProperties", count), Keyword("maxProperties", count), Keyword("uniqueItems", Gen.Elements("true", "false")),
            Keyword("enum", ValueOf(1).NonEmptyListOf().Select(values => $"[{string.Join(',', values)}]")), Keyword("const", ValueOf(1)),
            Keyword("required", Gen.SubListOf(s_names).Select(names => JsonSerializer.Serialize(names))),
        };
        if (depth > 0)
        {
            var inner = Gen.Frequency((8, SchemaOf(depth - 1)), (1, Gen.Constant("true")), (1, Gen.Constant("false")));
            var list = Gen.Zip(inner, inner).Select(pair => $"[{pair.Item1},{pair.Item2}]");
            var map =
                from names in Gen.SubListOf(s_names)
                from schemas in Gen.CollectToList(names, n => inner.Select(schema => $"\"{n}\": {schema}"))
                select $"{{{string.Join(',', schemas)}}}";
            foreach (string keyword in (string[])["items", "contains", "additionalProperties", "not", "if", "then", "else", "unevaluatedProperties", "unevaluatedItems"])
            {
                keywords.Add(Keyword(keyword, inner));
            }

            foreach (string keyword in (string[])["allOf", "anyOf", "oneOf", "prefixItems"]) keywords.Add(Keyword(keyword, list));
            keywords.Add(Keyword("properties", map));
            keywords.Add(Keyword("properties", map));
            keywords.Add(Keyword("dependentSchemas", map));
        }

        return Gen.OneOf(keywords).ListOf(4).Select(list =>
            $"{{{string.Join(',', list.DistinctBy(k => k.Item1).Select(k => $"\"{k.Item1}\": {k.Item2}"))}}}");
    }

    private static Gen<(string, string)> Keyword(string name, Gen<string> value) => value.Select(v => (name, v));

    /// <summary>The specification, word by word and slowly.</summary>
    /// <param name="seen">Names, or positions, that were looked at.</param>
    private static bool Holds(JsonElement schema, JsonElement value, out HashSet<string> seen)
    {
        seen = [];
        if (schema.ValueKind is JsonValueKind.True or JsonValueKind.False) return schema.ValueKind == JsonValueKind.True;

        bool holds = true;
        foreach (var keyword in schema.EnumerateObject())
        {
            if (!keyword.Name.StartsWith("unevaluated", StringComparison.Ordinal)) holds &= KeywordHolds(schema, keyword, value, seen);
        }

        if (schema.TryGetProperty("unevaluatedProperties", out var rest) && value.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in value.EnumerateObject()) holds &= !seen.Add(member.Name) || Holds(rest, member.Value, out _);
        }

        if (schema.TryGetProperty("unevaluatedItems", out rest) && value.ValueKind == JsonValueKind.Array)
        {
            foreach (var (i, item) in value.EnumerateArray().Index()) holds &= !seen.Add(Position(i)) || Holds(rest, item, out _);
        }

        return holds;
    }

    private static bool KeywordHolds(JsonElement schema, JsonProperty keyword, JsonElement value, HashSet<string> seen)
    {
        var argument = keyword.Value;
        switch (keyword.Name)
        {
            case "type":
                return argument.ValueKind == JsonValueKind.String ? IsOfType(value, argument) : argument.EnumerateArray().Any(type => IsOfType(value, type));
            case "enum":
                return argument.EnumerateArray().Any(constant => AreEqual(constant, value));
            case "const":
                return AreEqual(argument, value);
            case "minimum":
                return value.ValueKind != JsonValueKind.Number || Number(value) >= Number(argument);
            case "exclusiveMaximum":
                return value.ValueKind != JsonValueKind.Number || Number(value) < Number(argument);
            case "multipleOf":
                return value.ValueKind != JsonValueKind.Number || Number(value) % Number(argument) == 0;
            case "minLength":
                return value.ValueKind != JsonValueKind.String || value.GetString()!.EnumerateRunes().Count() >= argument.GetInt32();
            case "maxLength":
                return value.ValueKind != JsonValueKind.String || value.GetString()!.EnumerateRunes().Count() <= argument.GetInt32();
            case "minItems":
                return value.ValueKind != JsonValueKind.Array || value.GetArrayLength() >= argument.GetInt32();
            case "maxItems":
                return value.ValueKind != JsonValueKind.Array || value.GetArrayLength() <= argument.GetInt32();
            case "minProperties":
                return value.ValueKind != JsonValueKind.Object || value.EnumerateObject().Count() >= argument.GetInt32();
            case "maxProperties":
                return value.ValueKind != JsonValueKind.Object || value.EnumerateObject().Count() <= argument.GetInt32();
            case "uniqueItems":
                return !argument.GetBoolean() || value.ValueKind != JsonValueKind.Array
                    || value.EnumerateArray().Index().All(x => value.EnumerateArray().Index().All(y => x.Index == y.Index || !AreEqual(x.Item, y.Item)));
            case "required":
                return value.ValueKind != JsonValueKind.Object || argument.EnumerateArray().All(name => value.TryGetProperty(name.GetString()!, out _));
            case "not":
                return !Holds(argument, value, out _);
            case "allOf":
                return argument.EnumerateArray().All(part => HoldsInPlace(part, value, seen));
            case "anyOf":
                return argument.EnumerateArray().Count(part => HoldsInPlace(part, value, seen)) > 0;
            case "oneOf":
                return argument.EnumerateArray().Count(part => HoldsInPlace(part, value, seen)) == 1;
            case "if":
                string branch = HoldsInPlace(argument, value, seen) ? "then" : "else";
                return !schema.TryGetProperty(branch, out var chosen) || HoldsInPlace(chosen, value, seen);
            case "dependentSchemas":
                return value.ValueKind != JsonValueKind.Object
                    || argument.EnumerateObject().All(d => !value.TryGetProperty(d.Name, out _) || HoldsInPlace(d.Value, value, seen));
            default:
                return value.ValueKind switch
                {
                    JsonValueKind.Object => MembersHold(schema, keyword, value, seen),
                    JsonValueKind.Array => ItemsHold(schema, keyword, value, seen),
                    _ => true,
                };
        }
    }

    private static bool MembersHold(JsonElement schema, JsonProperty keyword, JsonElement value, HashSet<string> seen)
    {
        bool holds = true;
        foreach (var member in value.EnumerateObject())
        {
            if (keyword.Name == "properties" && keyword.Value.TryGetProperty(member.Name, out var own))
            {
                seen.Add(member.Name);
                holds &= Holds(own, member.Value, out _);
            }

            bool named = schema.TryGetProperty("properties", out var properties) && properties.TryGetProperty(member.Name, out _);
            if (keyword.Name == "additionalProperties" && !named)
            {
                seen.Add(member.Name);
                holds &= Holds(keyword.Value, member.Value, out _);
            }
        }

        return holds;
    }

    private static bool ItemsHold(JsonElement schema, JsonProperty keyword, JsonElement value, HashSet<string> seen)
    {
        bool holds = true;
        int prefix = schema.TryGetProperty("prefixItems", out var list) ? list.GetArrayLength() : 0, contained = 0;
        foreach (var (i, item) in value.EnumerateArray().Index())
        {
            if (keyword.Name == "contains" && Holds(keyword.Value, item, out _))
            {
                seen.Add(Position(i));
                contained++;
            }

            JsonElement? own = keyword.Name switch
            {
                "prefixItems" when i < prefix => list[i],
                "items" when i >= prefix => keyword.Value,
                _ => null,
            };
            if (own is null) continue;
            seen.Add(Position(i));
            holds &= Holds(own.Value, item, out _);
        }

        return holds && (keyword.Name != "contains" || contained > 0);
    }

    private static bool HoldsInPlace(JsonElement schema, JsonElement value, HashSet<string> seen)
    {
        if (!Holds(schema, value, out var own)) return false;
        seen.UnionWith(own);
        return true;
    }

    private static string Position(int i) => i.ToString(CultureInfo.InvariantCulture);

    private static decimal Number(JsonElement value) => decimal.Parse(value.GetRawText(), NumberStyles.Float, CultureInfo.InvariantCulture);

    private static bool IsOfType(JsonElement value, JsonElement type) => type.GetString() switch
    {
        "null" => value.ValueKind == JsonValueKind.Null,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "integer" => value.ValueKind == JsonValueKind.Number && Number(value) % 1 == 0,
        "number" => value.ValueKind == JsonValueKind.Number,
        "string" => value.ValueKind == JsonValueKind.String,
        "array" => value.ValueKind == JsonValueKind.Array,
        _ => value.ValueKind == JsonValueKind.Object,
    };

    private static bool AreEqual(JsonElement a, JsonElement b) => JsonNode.DeepEquals(Node(a), Node(b));

    /// <summary>With numbers as decimals without zeros at the end, which the platform compares by value.</summary>
    private static JsonNode? Node(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => new JsonObject(element.EnumerateObject().Select(m => KeyValuePair.Create(m.Name, Node(m.Value)))),
        JsonValueKind.Array => new JsonArray([.. element.EnumerateArray().Select(Node)]),
        JsonValueKind.Number => JsonValue.Create("number " + (Number(element) / 1.0000000000000000000000000000m).ToString(CultureInfo.InvariantCulture)),
        _ => JsonNode.Parse(element.GetRawText()),
    };
}
