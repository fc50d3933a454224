using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using Xunit;

namespace Stateway.EndToEnd.Tests.Wire;

/// <summary>The same resources as XML, in and out.</summary>
public sealed class XmlTests(WireProgram wire) : IClassFixture<WireProgram>
{
    private const string Rich = """
        {"name":"a <b> & 'c' \"d\" \t\n é 😀","code":"AB-1","count":3,"price":1.50,"weight":null,"active":false,"born":"2001-01-01","at":"2024-05-01T12:00:00+02:00",
         "address":{"city":" Rome ","plot":12,"zone":""},"lines":[{"sku":"s1","quantity":2},{"sku":"s 2"}],"tags":["x","","z"],"codes":[1,22],
         "vault":{"k 1":{"sku":"v"},"":{"sku":"w"}},"extra":{"n":[1.50,1e2,-0,12345678901234567890],"a b":{"x":null,"y":[],"z":{}},"t":true,"s":"1"},"anything":[1,"1",null,{"a":[[]]}]}
        """;

    [Fact]
    public async Task What_was_read_as_XML_and_is_written_back_is_the_same()
    {
        foreach (string body in new[] { Rich, """{"name":"a"}""", """{"name":"a","tags":[],"codes":[],"lines":[],"extra":{},"vault":{},"anything":null}""", """{"name":"a","anything":""}""", """{"name":" ","anything":1e2}""" })
        {
            (await wire.PutAsync("/things/round", body)).Written();
            var json = await wire.GetAsync("/things/round");
            var xml = (await wire.GetAsync("/things/round", "Accept: application/xml")).Expect(200);
            Assert.Equal("application/xml", xml["Content-Type"]);
            Assert.Equal("thing", xml.Xml.Name.LocalName);

            var back = (await wire.PutAsync("/things/round", xml.Bytes, "Content-Type: application/xml")).Expect(200);
            Assert.Equal(Canonical(json.Json), Canonical(back.Json));

            var created = (await wire.PostAsync("/things", WithoutIds(xml.Text), "Content-Type: text/xml; charset=utf-8", "Accept: text/xml")).Expect(201);
            Assert.StartsWith("text/xml", created["Content-Type"], StringComparison.Ordinal);
            var read = await wire.GetAsync("//v1" + created["Location"]![3..]);
            Assert.Equal(Canonical(json.Json, "code", "plot"), Canonical(read.Json, "code", "plot"));
            (await wire.DeleteAsync("/things/" + created["Location"]![11..])).Expect(204);
        }
    }

    [Fact]
    public async Task XML_goes_by_the_schemas_xml_objects()
    {
        (await wire.PutAsync("/things/named", Rich.Replace("\"plot\":12,", "", StringComparison.Ordinal).Replace("AB-1", "AB-2", StringComparison.Ordinal))).Written();
        var thing = (await wire.GetAsync("/things/named", "Accept: application/xml")).Xml;
        Assert.Equal("AB-2", (string?)thing.Attribute("code"));
        Assert.Equal(["x", "", "z"], thing.Element("tags")!.Elements("tag").Select(e => e.Value));
        Assert.Equal(["1", "22"], thing.Elements("code_").Select(e => e.Value));
        Assert.Equal(["s1", "s 2"], thing.Element("lines")!.Elements("line").Select(e => (string?)e.Attribute("sku")));
        Assert.Equal("1.50", (string?)thing.Element("price"));
        Assert.Equal("true", (string?)thing.Element("weight")!.Attribute(XName.Get("nil", "http://www.w3.org/2001/XMLSchema-instance")));
    }

    [Fact]
    public async Task Lists_are_XML_with_their_token_revision_and_total()
    {
        for (int i = 0; i < 3; i++) (await wire.PutAsync($"/makers/x{i}", $$"""{"name":"M{{i}}","key":"HIDDEN"}""")).Written();
        string query = "/makers?max_page_size=2&order_by=-name&filter=" + Uri.EscapeDataString("name in [\"M0\", \"M1\", \"M2\"]");
        var page = (await wire.GetAsync(query, "Accept: application/xml", "Prefer: count=exact")).Expect(200);
        var list = page.Xml;
        Assert.Equal("makers", list.Name.LocalName);
        Assert.Equal(["M2", "M1"], list.Element("results")!.Elements("maker").Select(e => (string?)e.Element("name")));
        Assert.Equal("3", (string?)list.Element("total_size"));
        Assert.Matches("^[0-9]+$", (string?)list.Element("revision"));
        Assert.EndsWith($"page_token={(string?)list.Element("next_page_token")}>; rel=\"next\"", page["Link"], StringComparison.Ordinal);
        Assert.DoesNotContain("HIDDEN", page.Text, StringComparison.Ordinal);

        var last = (await wire.GetAsync(query + "&page_token=" + (string?)list.Element("next_page_token"), "Accept: application/xml")).Xml;
        Assert.Equal(["M0"], last.Element("results")!.Elements("maker").Select(e => (string?)e.Element("name")));
        Assert.Null(last.Element("next_page_token"));
        Assert.Empty((await wire.GetAsync("/countries", "Accept: text/xml")).Xml.Element("results")!.Elements());
        Assert.Equal(["id"], (await wire.GetAsync("/makers/x0?fields=id", "Accept: text/xml")).Xml.Elements().Select(e => e.Name.LocalName));
    }

    [Fact]
    public async Task Expanded_references_are_XML_too()
    {
        (await wire.PutAsync("/makers/m", """{"name":"M"}""")).Written();
        (await wire.PutAsync("/things/e", """{"name":"a","maker":"m"}""")).Written();
        Assert.Equal("M", (string?)(await wire.GetAsync("/things/e?expand=maker", "Accept: application/xml")).Expect(200).Xml.Element("maker")!.Element("name"));
    }

    [Fact]
    public async Task Problems_are_XML_for_who_prefers_it()
    {
        var missing = (await wire.GetAsync("/things/nobody", "Accept: application/xml")).Expect(404);
        Assert.Equal("application/problem+xml", missing["Content-Type"]);
        XNamespace ns = "urn:ietf:rfc:7807";
        Assert.Equal(ns + "problem", missing.Xml.Name);
        Assert.Equal("NOT_FOUND", (string?)missing.Xml.Element(ns + "code"));
        Assert.Equal("404", (string?)missing.Xml.Element(ns + "status"));

        var invalid = (await wire.PutAsync("/things/x", "<thing><price>-1</price><nam>x</nam></thing>", "Content-Type: application/xml", "Accept: application/xml")).Expect(422);
        Assert.Equal(["/nam", "/name", "/price"], invalid.Xml.Element(ns + "errors")!.Elements(ns + "i").Select(e => (string?)e.Element(ns + "pointer")).Order());
        Assert.Equal("application/problem+xml", (await wire.GetAsync("/nowhere", "Accept: application/problem+xml")).Expect(404)["Content-Type"]);
        Assert.Equal("application/problem+json", (await wire.GetAsync("/makers", "Accept: image/png")).Expect(406)["Content-Type"]);
    }

    [Fact]
    public async Task Errors_in_XML_bodies_are_told_like_those_in_JSON()
    {
        const string Bad = "<thing><count>x</count><address><plot>p</plot></address><lines><line sku='a'/><line/></lines></thing>";
        Assert.Equal(["/address/city REQUIRED", "/address/plot TYPE", "/count TYPE", "/lines/1/sku REQUIRED", "/name REQUIRED"],
            (await wire.PutAsync("/things/bad", Bad, "Content-Type: application/xml")).Problem(422, "INVALID_BODY"));
        Assert.Equal(["/id ID_MISMATCH"], (await wire.PutAsync("/things/bad", "<thing><id>other</id><name>a</name></thing>", "Content-Type: application/xml")).Problem(400, "ID_MISMATCH"));
        Assert.Equal(["DUPLICATE_NAME"], (await wire.PutAsync("/things/bad", "<thing><name>a</name><name>b</name></thing>", "Content-Type: application/xml")).Problem(400, "MALFORMED_BODY"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("<thing>")]
    [InlineData("<thing><name>a</nam></thing>")]
    [InlineData("<other><name>a</name></other>")]
    [InlineData("<!DOCTYPE thing [<!ENTITY e 'x'>]><thing><name>&e;</name></thing>")]
    [InlineData("<thing><name>&nbsp;</name></thing>")]
    [InlineData("<?xml version='1.0' encoding='ISO-8859-1'?><thing><name>a</name></thing>")]
    [InlineData("<thing>text<name>a</name></thing>")]
    [InlineData("{\"name\":\"a\"}")]
    public async Task What_is_no_XML_document_of_a_resource_is_400(string body) =>
        (await wire.PutAsync("/things/malformed", body, "Content-Type: application/xml")).Problem(400, "MALFORMED_BODY");

    [Fact]
    public async Task Sixty_four_levels_of_XML_are_taken_and_one_more_is_not()
    {
        static string Nested(int levels) => $"<thing><name>a</name><extra>{string.Concat(Enumerable.Repeat("<a>", levels))}{string.Concat(Enumerable.Repeat("</a>", levels))}</extra></thing>";

        (await wire.PutAsync("/things/deep", Nested(62), "Content-Type: application/xml")).Written();
        (await wire.PutAsync("/things/deep", Nested(70), "Content-Type: application/xml")).Problem(400, "MALFORMED_BODY");
        (await wire.PutAsync("/things/deep", Nested(100_000), "Content-Type: application/xml")).Problem(400, "MALFORMED_BODY");
    }

    [Fact]
    public async Task Hidden_and_owned_fields_are_the_same_in_XML()
    {
        (await wire.PutAsync("/things/own", "<thing><id>own</id><create_time>x</create_time><name>a</name><state>closed</state><secret>HIDDEN</secret><address><city>c</city><pin>HIDDEN</pin></address></thing>",
            "Content-Type: application/xml")).Written();
        var xml = (await wire.GetAsync("/things/own", "Accept: application/xml")).Expect(200);
        Assert.Equal("open", (string?)xml.Xml.Element("state"));
        Assert.DoesNotContain("HIDDEN", xml.Text, StringComparison.Ordinal);
        (await wire.JsonPatchAsync("/things/own", """[{"op":"replace","path":"/secret","value":"T"}]""")).Expect(200); // it is there
    }

    private static string WithoutIds(string xml)
    {
        var thing = XDocument.Parse(xml, LoadOptions.PreserveWhitespace);
        thing.Root!.Element("id")!.Remove();
        thing.Root.Attribute("code")?.Remove();
        thing.Root.Element("address")?.Element("plot")?.Remove();
        return thing.ToString(SaveOptions.DisableFormatting);
    }

    /// <summary>Members sorted, numbers as they are written; without what the store changes.</summary>
    private static string Canonical(JsonNode? node, params string[] without)
    {
        return node switch
        {
            JsonObject o => "{" + string.Join(',', o.Where(p => p.Key is not ("id" or "create_time" or "update_time") && !without.Contains(p.Key))
                .OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => JsonSerializer.Serialize(p.Key) + ":" + Canonical(p.Value, without))) + "}",
            JsonArray a => "[" + string.Join(',', a.Select(i => Canonical(i))) + "]",
            null => "null",
            _ => node.ToJsonString(),
        };
    }
}
