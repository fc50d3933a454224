using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace Stateway.EndToEnd.Tests.Wire;

/// <summary>URLs and methods, ids, bodies, what the store and the server own, defaults.</summary>
public sealed partial class ResourceTests(WireProgram wire) : IClassFixture<WireProgram>
{
    [Fact]
    public async Task A_map_of_many_objects_is_replaced_in_time_that_grows_with_its_size_alone()
    {
        // Looking each of them up in the stored text would take minutes.
        string entries = string.Join(',', Enumerable.Range(0, 30_000).Select(i => $"\"k{i}\":{{\"sku\":\"a\"}}"));
        string body = "{\"name\":\"a\",\"vault\":{" + entries + "}}";
        (await wire.PutAsync("/things/map", body)).Expect(201);
        (await wire.PutAsync("/things/map", body)).Expect(200);
        (await wire.PatchAsync("/things/map", """{"vault":{"k29999":{"sku":"b"}}}""")).Expect(200);
        Assert.Equal(30_000, (await wire.GetAsync("/things/map")).Json["vault"]!.AsObject().Count);
        (await wire.DeleteAsync("/things/map")).Expect(204); // other tests read whole lists
    }

    [Fact]
    public async Task A_resource_is_created_read_replaced_changed_and_deleted()
    {
        var created = (await wire.PutAsync("/things/life", """{"name":"a"}""")).Expect(201);
        Assert.Equal("/v1/things/life", created["Location"]);
        Assert.Equal("application/json", created["Content-Type"]);
        Assert.Equal("life", (string?)created.Json["id"]);

        var read = (await wire.GetAsync("/things/life")).Expect(200);
        Assert.Equal(created.Text, read.Text);
        Assert.Equal(created.ETag, read.ETag);
        Assert.Equal(created["Last-Modified"], read["Last-Modified"]);

        var replaced = (await wire.PutAsync("/things/life", """{"name":"b"}""")).Expect(200);
        Assert.Null(replaced["Location"]);
        Assert.NotEqual(read.ETag, replaced.ETag);
        Assert.Equal("c", (string?)(await wire.PatchAsync("/things/life", """{"name":"c"}""")).Expect(200).Json["name"]);

        var deleted = (await wire.DeleteAsync("/things/life")).Expect(204);
        Assert.Empty(deleted.Bytes);
        (await wire.GetAsync("/things/life")).Problem(404, "NOT_FOUND");
        (await wire.DeleteAsync("/things/life")).Problem(404, "NOT_FOUND");
        (await wire.PatchAsync("/things/life", "{}")).Problem(404, "NOT_FOUND");
    }

    [Fact]
    public async Task The_client_chooses_the_id_in_the_query_or_in_the_body()
    {
        var queried = (await wire.PostAsync("/things?id=by-query", """{"name":"a"}""")).Expect(201);
        Assert.Equal("/v1/things/by-query", queried["Location"]);
        Assert.NotNull(queried["ETag"]);
        Assert.NotNull(queried["Last-Modified"]);

        var bodied = (await wire.PostAsync("/things", """{"id":"by-body","name":"a"}""")).Expect(201);
        Assert.Equal("/v1/things/by-body", bodied["Location"]);
        Assert.Equal("by-body", (string?)(await wire.GetAsync("/things/by-body")).Json["id"]);

        (await wire.PostAsync("/things?id=both", """{"id":"both","name":"a"}""")).Expect(201);
        Assert.Equal(["/id ID_MISMATCH"], (await wire.PostAsync("/things?id=one", """{"id":"two","name":"a"}""")).Problem(400, "ID_MISMATCH"));
    }

    [Fact]
    public async Task The_server_chooses_ids_of_26_characters_that_sort_by_time()
    {
        var ids = new List<string>();
        for (int i = 0; i < 20; i++)
        {
            var created = (await wire.PostAsync("/planets", i % 2 == 0 ? """{"name":"a"}""" : """{"id":null,"name":"a"}""")).Expect(201);
            string id = (string)created.Json["id"]!;
            Assert.Matches("^[0-9a-z]{26}$", id);
            Assert.Equal("/v1/planets/" + id, created["Location"]);
            ids.Add(id);
            NextMillisecond(); // ids of one millisecond are in no order
        }

        Assert.Equal(ids.Order(StringComparer.Ordinal), ids);
    }

    /// <summary>Waits for the clock that times and ids are made of, which has whole milliseconds.</summary>
    private static void NextMillisecond()
    {
        long before = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        SpinWait.SpinUntil(() => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() > before);
    }

    [Theory]
    [InlineData("A-z0.9_~")]
    [InlineData("-")]
    [InlineData("~")]
    [InlineData("x...")]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678")]
    public async Task An_id_of_unreserved_characters_is_taken(string id)
    {
        (await wire.PutAsync("/planets/" + id, """{"name":"a"}""")).Expect(201);
        Assert.Equal(id, (string?)(await wire.GetAsync("/planets/" + id)).Expect(200).Json["id"]);
        Assert.Equal(id, (string?)(await wire.GetAsync("/planets/" + string.Concat(id.Select(c => $"%{(int)c:X2}")))).Expect(200).Json["id"]);
    }

    [Theory]
    [InlineData(".a")]
    [InlineData("a b")]
    [InlineData("a%2Fb")]
    [InlineData("ä")]
    [InlineData("a+b")]
    [InlineData("a@b")]
    [InlineData("123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789")]
    public async Task Another_id_is_refused_wherever_it_stands(string id)
    {
        string escaped = id.Contains('%') ? id : Uri.EscapeDataString(id);
        string plain = Uri.UnescapeDataString(id);
        (await wire.GetAsync("/planets/" + escaped)).Problem(404, "NOT_FOUND");
        (await wire.PutAsync("/planets/" + escaped, """{"name":"a"}""")).Problem(404, "NOT_FOUND");
        (await wire.PatchAsync("/planets/" + escaped, """{"name":"a"}""")).Problem(404, "NOT_FOUND");
        (await wire.DeleteAsync("/planets/" + escaped)).Problem(404, "NOT_FOUND");
        Assert.Equal(["id ID"], (await wire.PostAsync("/planets?id=" + escaped, """{"name":"a"}""")).Problem(400, "INVALID_PARAMETER"));
        Assert.Equal(["/id ID"], (await wire.PostAsync("/planets", $$"""{"id":"{{plain}}","name":"a"}""")).Problem(422, "INVALID_BODY"));
    }

    [Fact]
    public async Task An_empty_id_and_one_that_is_no_text_are_refused()
    {
        Assert.Equal(["id ID"], (await wire.PostAsync("/planets?id=", """{"name":"a"}""")).Problem(400, "INVALID_PARAMETER"));
        Assert.Equal(["/id ID"], (await wire.PostAsync("/planets", """{"id":"","name":"a"}""")).Problem(422, "INVALID_BODY"));
        Assert.Equal(["/id ID"], (await wire.PostAsync("/planets", """{"id":7,"name":"a"}""")).Problem(422, "INVALID_BODY"));
        Assert.Equal(["id DUPLICATE"], (await wire.PostAsync("/planets?id=a1&id=a2", """{"name":"a"}""")).Problem(400, "INVALID_PARAMETER"));
    }

    [Fact]
    public async Task Post_creates_only()
    {
        (await wire.PutAsync("/planets/there", """{"name":"a"}""")).Expect(201);
        (await wire.PostAsync("/planets?id=there", """{"name":"b"}""")).Problem(409, "ALREADY_EXISTS");
        Assert.Equal("a", (string?)(await wire.GetAsync("/planets/there")).Json["name"]);
    }

    [Fact]
    public async Task An_id_in_the_body_must_be_the_urls()
    {
        (await wire.PutAsync("/planets/same", """{"id":"same","name":"a"}""")).Expect(201);
        Assert.Equal(["/id ID_MISMATCH"], (await wire.PutAsync("/planets/same", """{"id":"other","name":"a"}""")).Problem(400, "ID_MISMATCH"));
        Assert.Equal(["/id ID_MISMATCH"], (await wire.PatchAsync("/planets/same", """{"id":"other"}""")).Problem(400, "ID_MISMATCH"));
        (await wire.PatchAsync("/planets/same", """{"id":"same","name":"b"}""")).Expect(200);
    }

    [Fact]
    public async Task What_the_store_owns_may_stand_in_a_body_and_is_not_looked_at()
    {
        var created = (await wire.PutAsync("/planets/own", """{"create_time":"nonsense","update_time":7,"name":"a"}""")).Expect(201);
        string createTime = (string)created.Json["create_time"]!;
        Assert.Matches(Rfc3339(), createTime);
        Assert.Equal(createTime, (string?)created.Json["update_time"]);

        NextMillisecond();
        var replaced = (await wire.PutAsync("/planets/own", created.Text.Replace(createTime, "1999-01-01T00:00:00Z", StringComparison.Ordinal))).Expect(200);
        Assert.Equal(createTime, (string?)replaced.Json["create_time"]);
        Assert.True(string.CompareOrdinal(createTime, (string?)replaced.Json["update_time"]) < 0);

        var patched = (await wire.PatchAsync("/planets/own", """{"create_time":null,"update_time":"x"}""")).Expect(200);
        Assert.Equal(createTime, (string?)patched.Json["create_time"]);
        Assert.Matches(Rfc3339(), (string?)patched.Json["update_time"]);
        Assert.Equal(["id", "name", "create_time", "update_time"], patched.Json.AsObject().Select(p => p.Key));
    }

    [Fact]
    public async Task Last_Modified_is_the_update_time_as_an_http_date()
    {
        var created = (await wire.PutAsync("/planets/dated", """{"name":"a"}""")).Expect(201);
        var date = DateTimeOffset.ParseExact(created["Last-Modified"]!, "r", CultureInfo.InvariantCulture);
        var update = DateTimeOffset.Parse((string)created.Json["update_time"]!, CultureInfo.InvariantCulture);
        Assert.InRange(update - date, TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task ReadOnly_fields_of_a_body_are_not_looked_at_and_kept_on_put()
    {
        (await wire.PutAsync("/things/ro", """{"name":"a","state":"nonsense","noted_by":7,"address":{"city":"x","verified":"?"},"lines":[{"sku":"s","audit":1}]}""")).Expect(201);
        var read = (await wire.GetAsync("/things/ro")).Json;
        Assert.Equal("open", (string?)read["state"]); // its default
        Assert.Null(read["noted_by"]);
        Assert.Null(read["address"]!["verified"]);
        Assert.Equal("""[{"sku":"s","quantity":1}]""", read["lines"]!.ToJsonString());

        (await wire.PostAsync("/things/ro/note", """{"text":"hi","by":"me"}""")).Expect(200);
        (await wire.PostAsync("/things/ro/close", null)).Expect(200);
        var replaced = (await wire.PutAsync("/things/ro", """{"name":"b","state":"open","noted_by":"you","closed_at":null}""")).Expect(200).Json;
        Assert.Equal("closed", (string?)replaced["state"]);
        Assert.Equal("me", (string?)replaced["noted_by"]);
        Assert.Matches(Rfc3339(), (string?)replaced["closed_at"]);
        Assert.Null(replaced["note"]); // not readOnly: cleared

        var patched = (await wire.PatchAsync("/things/ro", """{"state":"open","noted_by":null}""")).Expect(200).Json;
        Assert.Equal("closed", (string?)patched["state"]);
        Assert.Equal("me", (string?)patched["noted_by"]);
    }

    [Fact]
    public async Task WriteOnly_fields_are_kept_and_never_served()
    {
        const string Body = """
            {"name":"safe","secret":"HIDDEN","address":{"city":"x","pin":"HIDDEN"},"lines":[{"sku":"s","cost":4711.5}],"vault":{"k":{"sku":"v","cost":4711.5}}}
            """;
        var answers = new List<Answer>
        {
            (await wire.PutAsync("/things/wo", Body)).Expect(201),
            (await wire.PatchAsync("/things/wo", """{"count":1}""")).Expect(200),
            (await wire.PostAsync("/things?id=wo2", Body)).Expect(201),
            (await wire.PostAsync("/things/wo2/close", null)).Expect(200),
            (await wire.GetAsync("/things/wo")).Expect(200),
            (await wire.GetAsync("/things/wo", "Accept: application/xml")).Expect(200),
            (await wire.GetAsync("/things/wo?fields=name,address,lines,vault")).Expect(200),
            (await wire.GetAsync("/things/wo?fields=address.city,address,lines.sku,vault.k")).Expect(200),
            (await wire.GetAsync("/things")).Expect(200),
            (await wire.GetAsync("/things", "Accept: application/xml")).Expect(200),
            (await wire.GetAsync("/things?fields=address,lines,vault")).Expect(200),
            (await wire.GetAsync("/things?expand=maker")).Expect(200),
        };
        Assert.All(answers, a => Assert.DoesNotMatch("HIDDEN|4711", a.Text));
        Assert.Equal("""{"city":"x","zone":"A"}""", answers[0].Json["address"]!.ToJsonString());

        foreach (string field in new[] { "secret", "address.pin", "lines.cost", "vault.k.cost" })
        {
            Assert.Equal(["fields UNKNOWN_FIELD"], (await wire.GetAsync("/things?fields=" + field)).Problem(400, "INVALID_PARAMETER"));
            Assert.Equal(["fields UNKNOWN_FIELD"], (await wire.GetAsync("/things/wo?fields=address,lines,vault," + field)).Problem(400, "INVALID_PARAMETER"));
        }

        foreach (string filter in new[] { "secret == \"HIDDEN\"", "has(secret)", "address.pin == \"HIDDEN\"", "lines.exists(l, l.cost > 1.0)", "vault.k.cost > 1.0" })
            Assert.Equal("filter INVALID_EXPRESSION", (await wire.GetAsync("/things?filter=" + Uri.EscapeDataString(filter))).Problem(400, "INVALID_FILTER")[0]);
    }

    [Fact]
    public async Task A_patch_can_not_read_what_is_writeOnly()
    {
        (await wire.PutAsync("/things/oracle", """{"name":"safe","secret":"HIDDEN","address":{"city":"x","pin":"HIDDEN"},"extra":{}}""")).Expect(201);
        foreach (string operation in new[]
        {
            """{"op":"test","path":"/secret","value":"HIDDEN"}""",
            """{"op":"test","path":"/secret","value":"other"}""",
            """{"op":"test","path":"/address/pin","value":"HIDDEN"}""",
            """{"op":"copy","from":"/secret","path":"/name"}""",
            """{"op":"move","from":"/secret","path":"/name"}""",
            """{"op":"copy","from":"/address","path":"/extra/a"}""",
            """{"op":"copy","from":"","path":"/extra/a"}""",
        })
        {
            (await wire.JsonPatchAsync("/things/oracle", $"[{operation}]")).Problem(422, "PATCH_FAILED");
        }

        (await wire.JsonPatchAsync("/things/oracle", """[{"op":"replace","path":"/secret","value":"NEW"},{"op":"add","path":"/address/pin","value":"NEW"}]""")).Expect(200);
        (await wire.JsonPatchAsync("/things/oracle", """[{"op":"test","path":"/name","value":"safe"},{"op":"remove","path":"/secret"}]""")).Expect(200);
    }

    [Fact]
    public async Task Put_replaces_and_sets_defaults()
    {
        (await wire.PutAsync("/things/def", """{"name":"a","count":5,"active":false,"price":1,"address":{"city":"x","zone":"B"},"lines":[{"sku":"s"},{"sku":"t","quantity":2}]}""")).Expect(201);
        var replaced = (await wire.PutAsync("/things/def", """{"name":"a","address":{"city":"y"}}""")).Expect(200).Json;
        Assert.Equal(0, (int?)replaced["count"]);
        Assert.Equal(true, (bool?)replaced["active"]);
        Assert.Equal("A", (string?)replaced["address"]!["zone"]);
        Assert.Null(replaced["price"]);
        Assert.Null(replaced["lines"]);

        var patched = (await wire.PatchAsync("/things/def", """{"count":null,"address":{"zone":null},"lines":[{"sku":"u"}]}""")).Expect(200).Json;
        Assert.Equal(0, (int?)patched["count"]);
        Assert.Equal("A", (string?)patched["address"]!["zone"]);
        Assert.Equal("""[{"sku":"u","quantity":1}]""", patched["lines"]!.ToJsonString());
    }

    [Fact]
    public async Task All_that_is_wrong_with_a_body_is_told_at_once()
    {
        var errors = (await wire.PutAsync("/things/bad", """
            {"code":"x","count":1.5,"price":-1,"weight":0,"active":"yes","nam":"a","address":{"plot":"p"},"lines":[{"sku":"a"},{"sku":1,"qty":2}],"tags":["a",1]}
            """)).Problem(422, "INVALID_BODY");
        Assert.Equal(
            ["/active TYPE", "/address/city REQUIRED", "/address/plot TYPE", "/code PATTERN", "/count TYPE", "/lines/1/qty UNKNOWN_FIELD", "/lines/1/sku TYPE",
             "/nam UNKNOWN_FIELD", "/name REQUIRED", "/price MINIMUM", "/tags/1 TYPE", "/weight MINIMUM"], errors);
        (await wire.GetAsync("/things/bad")).Problem(404, "NOT_FOUND");
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("""{"name":"a",}""")]
    [InlineData("""{"name":"a"} x""")]
    [InlineData("""{"name":"a"}{}""")]
    [InlineData("""{"name":"a"/* no */}""")]
    [InlineData("""{"name":'a'}""")]
    [InlineData("""{name:"a"}""")]
    [InlineData("""{"name":"a","count":01}""")]
    [InlineData("""{"name":"a","count":NaN}""")]
    [InlineData("""{"name":"a","count":+1}""")]
    [InlineData("{\"name\":\"a\nb\"}")]
    [InlineData("""{"name":"\x"}""")]
    [InlineData("""{"name":"a","name":"b"}""")]
    [InlineData("""{"name":"a","n\u0061me":"b"}""")]
    [InlineData("""{"name":"a","extra":{"x":1,"x":2}}""")]
    public async Task What_is_no_json_is_400(string body)
    {
        (await wire.PutAsync("/things/malformed", body)).Problem(400, "MALFORMED_BODY");
        (await wire.PostAsync("/things", body)).Problem(400, "MALFORMED_BODY");
        (await wire.PutAsync("/things/lenient", body, "Prefer: handling=lenient")).Problem(400, "MALFORMED_BODY");
        (await wire.PutAsync("/things/tobepatched", """{"name":"a"}""")).Written();
        (await wire.PatchAsync("/things/tobepatched", body)).Problem(400, "MALFORMED_BODY");
    }

    [Fact]
    public async Task Bytes_that_are_not_UTF8_are_400()
    {
        byte[] body = [.. "{\"name\":\""u8, 0xC3, 0x28, .. "\"}"u8];
        (await wire.PutAsync("/things/bytes", body)).Problem(400, "MALFORMED_BODY");
        byte[] surrogate = [.. "{\"name\":\""u8, 0xED, 0xA0, 0x80, .. "\"}"u8];
        (await wire.PutAsync("/things/bytes", surrogate)).Problem(400, "MALFORMED_BODY");
        (await wire.PutAsync("/things/bytes", """{"name":"a"}""", "Content-Type: application/json; charset=iso-8859-1")).Problem(415, "UNSUPPORTED_MEDIA_TYPE");
    }

    [Theory]
    [InlineData("""{"name":"lone \ud800 one"}""")]
    [InlineData("""{"name":"a","extra":{"\ud800":1}}""")]
    [InlineData("""{"name":"a","anything":"\udfff"}""")]
    public async Task Lone_surrogates_are_no_text_and_400(string body)
    {
        (await wire.PutAsync("/things/lone", body)).Problem(400, "MALFORMED_BODY");
        (await wire.PutAsync("/things/lone", body, "Prefer: handling=lenient")).Problem(400, "MALFORMED_BODY");
        (await wire.PutAsync("/things/patched", """{"name":"a"}""")).Written();
        (await wire.PatchAsync("/things/patched", body)).Problem(400, "MALFORMED_BODY");
        (await wire.PostAsync("/things/patched/note", """{"text":"\ud800"}""")).Problem(400, "MALFORMED_BODY");
        (await wire.JsonPatchAsync("/things/patched", """[{"op":"add","path":"/name","value":"\ud800"}]""")).Problem(400, "MALFORMED_BODY");
        (await wire.PutAsync("/things/paired", """{"name":"\ud83d\ude00 😀"}""")).Written();
        Assert.Equal("😀 😀", (string?)(await wire.GetAsync("/things/paired", "Accept: application/xml")).Xml.Element("name"));
    }

    [Fact]
    public async Task Number_text_is_kept()
    {
        const string Numbers = """[1.50,1e2,1E+2,-0,0.0,12345678901234567890,1.0000000000000000000000001,1e400]""";
        (await wire.PutAsync("/things/num", $$$"""{"name":"a","price":1.50,"extra":{"n":{{{Numbers}}}}}""")).Expect(201);
        foreach (string url in new[] { "/things/num", "/things/num?expand=maker", "/things/num?fields=price,extra", "/things?fields=price,extra" })
        {
            string text = (await wire.GetAsync(url)).Expect(200).Text;
            Assert.Contains("\"price\":1.50", text, StringComparison.Ordinal);
            Assert.Contains(Numbers, text, StringComparison.Ordinal);
        }

        Assert.Contains(Numbers, (await wire.PatchAsync("/things/num", """{"price":1e2}""")).Expect(200).Text, StringComparison.Ordinal);
        Assert.Contains("\"price\":1e2", (await wire.PostAsync("/things/num/close", null)).Expect(200).Text, StringComparison.Ordinal);
        Assert.Contains(Numbers, (await wire.PutAsync("/things/num", $$$"""{"name":"a","zzz":1,"extra":{"n":{{{Numbers}}}}}""", "Prefer: handling=lenient")).Expect(200).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sixty_four_levels_are_taken_and_one_more_is_not()
    {
        // The resource and extra are two levels.
        static string Nested(int levels) => $$$"""{"name":"deep","extra":{"a":{{{new string('[', levels)}}}{{{new string(']', levels)}}}}}""";

        string body = Nested(62);
        (await wire.PutAsync("/things/deep", body)).Expect(201);
        (await wire.PutAsync("/things/deeper", Nested(63))).Problem(400, "MALFORMED_BODY");
        foreach (string url in new[] { "/things/deep", "/things/deep?fields=extra", "/things/deep?expand=maker", "/things", "/things?expand=maker" })
        {
            Assert.Contains(new string('[', 62), (await wire.GetAsync(url)).Expect(200).Text, StringComparison.Ordinal);
            (await wire.GetAsync(url, "Accept: application/xml")).Expect(200);
        }

        (await wire.PatchAsync("/things/deep", """{"count":1}""")).Expect(200);
        (await wire.PatchAsync("/things/deep", Nested(63))).Problem(400, "MALFORMED_BODY");
        (await wire.JsonPatchAsync("/things/deep", $$"""[{"op":"add","path":"/extra/b","value":{{new string('[', 63)}}{{new string(']', 63)}}}]""")).Problem(400, "MALFORMED_BODY");
        (await wire.JsonPatchAsync("/things/deep", """[{"op":"copy","from":"/extra","path":"/extra/b"}]""")).Problem(422, "PATCH_FAILED");
        (await wire.PostAsync("/things/deep/close", null)).Expect(200);
    }

    [Fact]
    public async Task A_body_of_1_MB_is_taken_and_a_larger_one_is_not()
    {
        static string Sized(int bytes) => $$$"""{"name":"big","extra":{"a":"{{{new string('x', bytes - 31)}}}"}}""" is var text && text.Length == bytes
            ? text : throw new InvalidOperationException(text.Length.ToString(CultureInfo.InvariantCulture));

        (await wire.PutAsync("/things/big", Sized(1 << 20))).Expect(201);
        (await wire.PutAsync("/things/bigger", Sized((1 << 20) + 1))).Problem(413, "BODY_TOO_LARGE");
        (await wire.PutAsync("/things/bigger", Sized((1 << 20) + 1), "Transfer-Encoding: chunked")).Problem(413, "BODY_TOO_LARGE");
        (await wire.PutAsync("/things/chunked", Sized(20_000), "Transfer-Encoding: chunked")).Expect(201);

        // Patches can't make it larger than what a PUT may be.
        (await wire.PatchAsync("/things/big", $$$"""{"extra":{"b":"{{{new string('x', 500_000)}}}"}}""")).Problem(413, "BODY_TOO_LARGE");
        (await wire.JsonPatchAsync("/things/big", """[{"op":"copy","from":"/extra/a","path":"/extra/b"}]""")).Problem(413, "BODY_TOO_LARGE");
        (await wire.DeleteAsync("/things/big")).Expect(204);
    }

    [Fact]
    public async Task Media_types_other_than_JSON_and_XML_are_415_and_406()
    {
        var refused = await wire.PutAsync("/things/media", "name=a", "Content-Type: application/x-www-form-urlencoded");
        refused.Problem(415, "UNSUPPORTED_MEDIA_TYPE");
        Assert.Equal("application/json, application/xml", refused["Accept"]);

        (await wire.GetAsync("/planets", "Accept: text/html")).Problem(406, "NOT_ACCEPTABLE");
        (await wire.PutAsync("/things/media", """{"name":"a"}""", "Accept: image/png")).Problem(406, "NOT_ACCEPTABLE");
        (await wire.PostAsync("/things?id=media", """{"name":"a"}""", "Accept: image/png")).Problem(406, "NOT_ACCEPTABLE");
        (await wire.GetAsync("/things/media")).Problem(404, "NOT_FOUND"); // refused before it was done
        (await wire.PutAsync("/things/media", """{"name":"a"}""")).Expect(201);
        (await wire.PatchAsync("/things/media", "{}", "Accept: image/png")).Problem(406, "NOT_ACCEPTABLE");
        (await wire.PostAsync("/things/media/close", null, "Accept: image/png")).Problem(406, "NOT_ACCEPTABLE");
        (await wire.GetAsync("/things/media", "Accept: image/png")).Problem(406, "NOT_ACCEPTABLE");
        (await wire.GetAsync("/things/media", "Accept: application/json;q=0, application/xml;q=0.1")).Expect(200);
    }

    [Fact]
    public async Task Head_is_get_without_content()
    {
        (await wire.PutAsync("/planets/head", """{"name":"a"}""")).Expect(201);
        foreach (string url in new[] { "/planets/head", "/planets", "/openapi.json", "" })
        {
            var get = (await wire.GetAsync(url)).Expect(200);
            var head = (await wire.SendAsync("HEAD", url, null)).Expect(200);
            Assert.Empty(head.Bytes);
            foreach (string field in new[] { "Content-Type", "Content-Length", "ETag", "Last-Modified", "Vary" }) Assert.Equal(get[field], head[field]);
        }

        Assert.Empty((await wire.SendAsync("HEAD", "/planets/none", null)).Expect(404).Bytes);
    }

    [Theory]
    [InlineData("/things", "GET, HEAD, OPTIONS, POST")]
    [InlineData("/things/x", "DELETE, GET, HEAD, OPTIONS, PATCH, PUT")]
    [InlineData("/things/x/close", "OPTIONS, POST")]
    [InlineData("/things/x:close", "OPTIONS, POST")]
    [InlineData("/things/x/look", "GET, HEAD, OPTIONS")]
    [InlineData("/openapi.json", "GET, HEAD, OPTIONS")]
    public async Task Options_and_405_name_the_methods(string url, string allow)
    {
        var options = (await wire.SendAsync("OPTIONS", url, null)).Expect(204);
        Assert.Equal(allow, options["Allow"]);
        Assert.Equal(allow.Contains("PATCH", StringComparison.Ordinal) ? "application/merge-patch+json, application/json-patch+json" : null, options["Accept-Patch"]);

        foreach (string method in new[] { "GET", "POST", "PUT", "PATCH", "DELETE", "PROPFIND" })
        {
            if (allow.Split(", ").Contains(method)) continue;
            var refused = await wire.SendAsync(method, url, null);
            refused.Problem(405, "METHOD_NOT_ALLOWED");
            Assert.Equal(allow, refused["Allow"]);
        }
    }

    [Fact]
    public async Task Parameters_that_there_are_not_are_400_on_every_method()
    {
        (await wire.PutAsync("/planets/params", """{"name":"a"}""")).Expect(201);
        foreach (var answer in new[]
        {
            await wire.GetAsync("/planets/params?nope=1"),
            await wire.PutAsync("/planets/params?nope=1", """{"name":"b"}"""),
            await wire.PatchAsync("/planets/params?nope=1", """{"name":"b"}"""),
            await wire.PostAsync("/planets?nope=1", """{"name":"b"}"""),
            await wire.DeleteAsync("/planets/params?nope=1"),
            await wire.PostAsync("/things/params/close?nope=1", null),
        })
        {
            Assert.Equal(["nope UNKNOWN_PARAMETER"], answer.Problem(400, "INVALID_PARAMETER"));
        }

        Assert.Equal("a", (string?)(await wire.GetAsync("/planets/params")).Expect(200).Json["name"]);
    }

    [Fact]
    public async Task A_URL_or_header_section_that_is_too_long_is_refused()
    {
        (await wire.GetAsync("/things?filter=" + new string('a', 9_000))).Problem(414, "URI_TOO_LONG");
        (await wire.GetAsync("/things", "X-Large: " + new string('a', 33_000))).Problem(431, "HEADERS_TOO_LARGE");
    }

    [Fact]
    public async Task A_unique_value_is_one_resources()
    {
        (await wire.PutAsync("/things/u1", """{"name":"a","code":"U-1","address":{"city":"x","plot":1}}""")).Expect(201);
        Assert.Equal(["/code NOT_UNIQUE"], (await wire.PutAsync("/things/u2", """{"name":"a","code":"U-1"}""")).Problem(409, "NOT_UNIQUE"));
        Assert.Equal(["/code NOT_UNIQUE"], (await wire.PostAsync("/things", """{"name":"a","code":"U-1"}""")).Problem(409, "NOT_UNIQUE"));
        Assert.Equal(["/address/plot NOT_UNIQUE"], (await wire.PutAsync("/things/u2", """{"name":"a","address":{"city":"x","plot":1.0}}""")).Problem(409, "NOT_UNIQUE"));
        Assert.Equal(["/address/plot NOT_UNIQUE", "/code NOT_UNIQUE"], (await wire.PutAsync("/things/u2", """{"name":"a","code":"U-1","address":{"city":"x","plot":1}}""")).Problem(409, "NOT_UNIQUE"));

        (await wire.PutAsync("/things/u2", """{"name":"a","code":"U-2"}""")).Expect(201);
        Assert.Equal(["/code NOT_UNIQUE"], (await wire.PatchAsync("/things/u2", """{"code":"U-1"}""")).Problem(409, "NOT_UNIQUE"));
        Assert.Equal(["/code NOT_UNIQUE"], (await wire.PostAsync("/things/u2/recode", """{"code":"U-1"}""")).Problem(409, "NOT_UNIQUE"));
        (await wire.PutAsync("/things/u1", """{"name":"b","code":"U-1"}""")).Expect(200); // its own
        (await wire.PatchAsync("/things/u1", """{"code":null}""")).Expect(200);
        (await wire.PatchAsync("/things/u2", """{"code":"U-1"}""")).Expect(200);
    }

    [Fact]
    public async Task Of_many_that_want_one_unique_value_exactly_one_gets_it()
    {
        for (int round = 0; round < 10; round++)
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => wire.PutAsync($"/things/race{round}-{i}", $$"""{"name":"a","code":"R-{{round}}"}""")));
            Assert.Single(answers, a => a.Status == 201);
            Assert.Equal(7, answers.Count(a => a.Status == 409));
        }
    }

    [Fact]
    public async Task A_recursive_schema_hides_and_keeps_at_every_depth()
    {
        string nested = """{"label":"leaf","hidden":"HIDDEN","sealed":"SEALED"}""";
        for (int i = 0; i < 40; i++) nested = $$"""{"hidden":"HIDDEN","sealed":"SEALED","{{"abcd"[i % 4]}}":{{nested}}}""";
        (await wire.PutAsync("/trees/t", nested)).Expect(201);
        string text = (await wire.GetAsync("/trees/t")).Expect(200).Text;
        Assert.Contains("leaf", text, StringComparison.Ordinal);
        Assert.DoesNotMatch("HIDDEN|SEALED", text);
    }

    [Fact]
    public async Task A_seed_may_give_what_only_the_server_writes()
    {
        var seeded = (await wire.GetAsync("/stocked/s1")).Expect(200);
        Assert.Equal("old", (string?)seeded.Json["state"]);
        Assert.Equal("2020-01-01T00:00:00Z", (string?)seeded.Json["create_time"]);
        Assert.Equal("""[{"sku":"a","audit":"yes","quantity":1}]""", seeded.Json["lines"]!.ToJsonString());
        Assert.DoesNotContain("HIDDEN", seeded.Text, StringComparison.Ordinal);
        (await wire.JsonPatchAsync("/stocked/s1", """[{"op":"replace","path":"/secret","value":"T"}]""")).Expect(200); // it is there
    }

    [Fact]
    public async Task A_schema_that_is_open_takes_any_names()
    {
        const string Body = """{"a.b":1.50,"":null,"ä ö":{"x":[{}]},"ID":2,"__proto__":"p","a/b~c":true,"\u0000":0,"\n":1}""";
        var put = (await wire.PutAsync("/open/o", Body)).Written();
        Assert.StartsWith("{\"id\":\"o\"," + Body[1..^1] + ",", put.Text, StringComparison.Ordinal);
        Assert.Equal("""{"id":"o","ä ö":{"x":[{}]}}""", (await wire.GetAsync("/open/o?fields=" + Uri.EscapeDataString("ä ö"))).Text);
        Assert.Equal("""{"id":"o","ä ö":{"x":[{}]}}""", (await wire.GetAsync("/open/o?fields=" + Uri.EscapeDataString("ä ö.x,nowhere"))).Text);

        var xml = (await wire.GetAsync("/open/o", "Accept: application/xml")).Expect(200);
        var back = (await wire.PutAsync("/open/o", xml.Bytes, "Content-Type: application/xml")).Expect(200);
        Assert.Equal(put.Json["ä ö"]!.ToJsonString(), back.Json["ä ö"]!.ToJsonString());
        Assert.Contains(Body[1..^1], back.Text, StringComparison.Ordinal);
        (await wire.JsonPatchAsync("/open/o", """[{"op":"test","path":"/a~1b~0c","value":true},{"op":"move","from":"/","path":"/moved"}]""")).Expect(200);
    }

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?Z$")]
    private static partial Regex Rfc3339();
}
