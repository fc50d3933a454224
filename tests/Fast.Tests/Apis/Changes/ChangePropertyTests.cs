using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using Stateway.Fast.Tests.Content;
using Stateway.Model.Apis;
using Stateway.Model.Apis.Changes;
using Xunit;

namespace Stateway.Fast.Tests.Apis.Changes;

/// <summary>What holds of any two documents.</summary>
public sealed partial class ChangePropertyTests
{
    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(300);

    /// <summary>Code → what it is called the other way round, where that is not itself. Several added are one removed.</summary>
    private static readonly Dictionary<string, string> Reverses = Both(
        "SERVER_REMOVED SERVER_ADDED", "OPERATION_REMOVED OPERATION_ADDED", "OPERATION_DEPRECATED OPERATION_RESTORED",
        "PARAMETER_REMOVED PARAMETER_ADDED", "PARAMETER_BECAME_REQUIRED PARAMETER_BECAME_OPTIONAL", "PARAMETER_DEPRECATED PARAMETER_RESTORED",
        "REQUEST_BODY_REMOVED REQUEST_BODY_ADDED", "REQUEST_BODY_BECAME_REQUIRED REQUEST_BODY_BECAME_OPTIONAL",
        "REQUEST_MEDIA_TYPE_REMOVED REQUEST_MEDIA_TYPE_ADDED", "SUCCESS_RESPONSE_REMOVED SUCCESS_RESPONSE_ADDED",
        "RESPONSE_REMOVED RESPONSE_ADDED", "CONDITION_REQUIRED CONDITION_NOT_REQUIRED", "RESPONSE_MEDIA_TYPE_REMOVED RESPONSE_MEDIA_TYPE_ADDED",
        "RESPONSE_HEADER_REMOVED RESPONSE_HEADER_ADDED", "RESPONSE_HEADER_BECAME_OPTIONAL RESPONSE_HEADER_BECAME_REQUIRED",
        "SECURITY_REMOVED SECURITY_ADDED", "SECURITY_REQUIREMENT_REMOVED SECURITY_REQUIREMENT_ADDED",
        "SECURITY_REQUIREMENT_TIGHTENED SECURITY_REQUIREMENT_LOOSENED", "SECURITY_SCOPE_ADDED SECURITY_SCOPE_REMOVED",
        "SECURITY_SCHEME_REMOVED SECURITY_SCHEME_ADDED", "TYPE_NARROWED TYPE_WIDENED", "NULL_ADDED NULL_REMOVED", "ENUM_ADDED ENUM_REMOVED",
        "ENUM_VALUE_ADDED ENUM_VALUE_REMOVED", "DEFAULT_ADDED DEFAULT_REMOVED", "READ_ONLY_ADDED READ_ONLY_REMOVED",
        "WRITE_ONLY_ADDED WRITE_ONLY_REMOVED", "SCHEMA_DEPRECATED SCHEMA_RESTORED", "PATTERN_ADDED PATTERN_REMOVED", "FORMAT_ADDED FORMAT_REMOVED",
        "FORMAT_WIDENED FORMAT_NARROWED", "UNIQUE_ITEMS_ADDED UNIQUE_ITEMS_REMOVED", "PROPERTY_ADDED PROPERTY_REMOVED",
        "PROPERTY_BECAME_REQUIRED PROPERTY_BECAME_OPTIONAL", "OBJECT_CLOSED OBJECT_OPENED", "BRANCH_ADDED BRANCH_REMOVED",
        "ALTERNATIVES_ADDED ALTERNATIVES_REMOVED", "DISCRIMINATOR_MAPPING_ADDED DISCRIMINATOR_MAPPING_REMOVED", "REFERENCE_ADDED REFERENCE_REMOVED");

    [Fact]
    public void A_document_compared_with_itself_has_no_changes() =>
        Check.One(Many, Prop.ForAll(Seeds.All, seed =>
        {
            var document = new RandomDocument(seed).Document();
            Nothing(ApiChanges.Compare(Text(document, isIndented: true), Text(document, isIndented: false)));
        }));

    [Fact]
    public void Order_that_does_not_matter_makes_no_change() =>
        Check.One(Many, Prop.ForAll(Seeds.All, seed =>
        {
            var random = new RandomDocument(seed, hasRemarks: false);
            var document = random.Document();
            Nothing(ChangeCase.Compare(document, random.Shuffled(document)!));
        }));

    [Fact]
    public void What_is_added_one_way_is_removed_the_other_way() =>
        Check.One(Many, Prop.ForAll(Seeds.All, seed =>
        {
            var random = new RandomDocument(seed);
            var old = random.Document();
            var @new = random.Edited(old);
            var (there, back) = (ChangeCase.Compare(old, @new), ChangeCase.Compare(@new, old));

            if (there.Changes.Concat(back.Changes).Any(change => change.Code == "COMPARISON_INCOMPLETE")) return; // not the same was left out

            Assert.Equal(there.Changes.Select(change => Plain(change.Code)).Distinct().Order(), back.Changes.Select(change => Reverse(Plain(change.Code))).Distinct().Order());
        }));

    [Fact]
    public void Any_two_documents_can_be_compared_and_every_verdict_is_its_rule_s() =>
        Check.One(Many, Prop.ForAll(Seeds.All, seed =>
        {
            var (old, @new) = (new RandomDocument(seed).Document(), new RandomDocument(seed ^ 1).Document());
            var comparison = ChangeCase.Compare(old, @new);

            foreach (var change in comparison.Changes)
            {
                var rule = ChangeRules.All.Single(rule => rule.Code == change.Code);
                Assert.True(change.Severity == rule.Sent || change.Severity == rule.Received, change.ToString());
                Assert.True(change.Pointer.Length == 0 || Exists(old, change.Pointer) || Exists(@new, change.Pointer), change.ToString());
            }
        }));

    [Theory]
    [InlineData("shop")]
    [InlineData("weather")]
    public void The_examples_have_no_changes_with_themselves(string folder)
    {
        foreach (var api in Examples(folder, text => text))
        {
            var again = Assert.Single(Examples(folder, static text => text.Replace("\r", "")), other => other.Name == api.Name);
            Nothing(ApiChanges.Compare(api, again));
            Nothing(ApiChanges.Compare(api.Document, Text(JsonNode.Parse(api.Document.Span)!, isIndented: true)));
        }
    }

    [Theory]
    [InlineData("shop", "enum: [camping, climbing, hiking,", "enum: [camping, hiking,", "ENUM_VALUE_REMOVED, ENUM_VALUE_REMOVED!")]
    [InlineData("shop", "sky: clear", "sky: bright", "")]
    [InlineData("shop", "    unique: [sku]\n", "    unique: [sku, name]\n", "UNIQUE_ADDED!")]
    [InlineData("shop", "    order: [price, name, create_time]\n", "    order: [price, create_time]\n", "ORDER_FIELD_REMOVED!")]
    [InlineData("shop", "    filter: [category, price, name, in_stock]\n", "    filter: [category, price, name]\n", "PARAMETER_REMOVED!")]
    [InlineData("shop", "required: [sku, name, price]", "required: [sku, name]", "PROPERTY_BECAME_OPTIONAL, PROPERTY_BECAME_OPTIONAL!")]
    [InlineData("shop", "    require_condition: true", "    require_condition: false", "CONDITION_NOT_REQUIRED, CONDITION_NOT_REQUIRED, CONDITION_NOT_REQUIRED, CONDITION_NOT_REQUIRED, CONDITION_NOT_REQUIRED, CONDITION_NOT_REQUIRED")]
    [InlineData("shop", "weight_grams: { type: [integer, 'null'], minimum: 1 }", "weight_grams: { type: integer, minimum: 1 }", "NULL_REMOVED, NULL_REMOVED!")]
    [InlineData("shop", "          writeOnly: true ", "          readOnly: true ", "READ_ONLY_ADDED!, WRITE_ONLY_REMOVED")]
    [InlineData("shop", "when: resource.status == \"paid\"", "when: resource.status != \"cancelled\"", "ACTION_CONDITION_CHANGED?")]
    [InlineData("shop", "          xml: { attribute: true } ", "          xml: { attribute: false } ", "XML_CHANGED!, XML_CHANGED!")]
    [InlineData("shop", "      ship:\n", "      send:\n", "OPERATION_ADDED, OPERATION_REMOVED!")]
    [InlineData("weather", "  /forecast/{city}:", "  /outlook/{city}:", "OPERATION_ADDED, OPERATION_REMOVED!")]
    [InlineData("weather", "maximum: 14, default: 3", "maximum: 10, default: 3", "MAXIMUM_TIGHTENED!")]
    [InlineData("weather", "enum: [clear, clouds, rain, snow]", "enum: [clear, clouds, rain, snow, fog]", "ENUM_VALUE_ADDED!, ENUM_VALUE_ADDED!")]
    [InlineData("weather", "  - url: /upstream\n", "  - url: /up\n", "BASE_PATH_CHANGED!")]
    public void An_edit_of_an_example_is_told(string folder, string old, string @new, string told)
    {
        var before = Examples(folder, static text => text);
        var after = Examples(folder, text => text.Replace(old, @new).Replace("/upstream/v1", @new.Contains("/up\n") ? "/up/v1" : "/upstream/v1"));

        Assert.Equal(told, string.Join(", ", before.Zip(after, (one, other) => ChangeCase.Told(ApiChanges.Compare(one, other))).Where(text => text.Length > 0)));
    }

    private static void Nothing(ApiComparison comparison) => Assert.Empty(comparison.Changes);

    private static byte[] Text(JsonNode document, bool isIndented) => Encoding.UTF8.GetBytes(document.ToJsonString(new JsonSerializerOptions { WriteIndented = isIndented }));

    /// <summary>The code with what only one way round can tell left out.</summary>
    private static string Plain(string code) => code switch
    {
        "REQUIRED_PARAMETER_ADDED" => "PARAMETER_ADDED",
        "HEADER_PARAMETER_REMOVED" => "PARAMETER_REMOVED",
        "REQUIRED_REQUEST_BODY_ADDED" => "REQUEST_BODY_ADDED",
        "REQUIRED_RESPONSE_HEADER_REMOVED" => "RESPONSE_HEADER_REMOVED",
        "REQUIRED_PROPERTY_ADDED" or "PROPERTY_DECLARED" => "PROPERTY_ADDED",
        "PROPERTY_UNDECLARED" => "PROPERTY_REMOVED",
        _ => code,
    };

    private static string Reverse(string code) =>
        Reverses.TryGetValue(code, out string? reverse) ? reverse
        : code.EndsWith("_TIGHTENED") ? code.Replace("_TIGHTENED", "_LOOSENED")
        : code.EndsWith("_LOOSENED") ? code.Replace("_LOOSENED", "_TIGHTENED")
        : code;

    private static Dictionary<string, string> Both(params string[] pairs) =>
        pairs.Select(pair => pair.Split(' ')).SelectMany(pair => new[] { (pair[0], pair[1]), (pair[1], pair[0]) }).ToDictionary();

    private static bool Exists(JsonNode document, string pointer)
    {
        JsonNode? at = document;
        foreach (string step in pointer[1..].Split('/'))
        {
            string name = step.Replace("~1", "/").Replace("~0", "~");
            if (at is JsonObject map && map.TryGetPropertyValue(name, out at)) continue;
            if (at is not JsonArray list || !int.TryParse(name, out int i) || i >= list.Count) return false;
            at = list[i];
        }

        return true;
    }

    /// <summary>The documents of an example's folder, each edited; without seeds, which would have to be edited with them.</summary>
    private static List<ApiSpec> Examples(string folder, Func<string, string> edit)
    {
        using var copy = new DocumentFolder();
        foreach (string file in Directory.GetFiles(DocumentFolder.InRepository("examples", folder))) copy.With(Path.GetFileName(file), edit(Seed().Replace(File.ReadAllText(file), "")));

        var reading = copy.Read();
        Assert.Empty(reading.Errors);
        return [.. reading.Apis];
    }

    [GeneratedRegex(@"^    seed: .*$", RegexOptions.Multiline)]
    private static partial Regex Seed();
}
