using Xunit;

namespace Stateway.EndToEnd.Tests.Wire;

/// <summary>The Prefer field (RFC 7240).</summary>
public sealed class PreferenceTests(WireProgram wire) : IClassFixture<WireProgram>
{
    [Fact]
    public async Task Return_minimal_leaves_the_content_of_a_write_out()
    {
        const string Minimal = "Prefer: return=minimal";
        foreach (var (answer, status) in new[]
        {
            (await wire.PutAsync("/things/min", """{"name":"a"}""", Minimal), 201),
            (await wire.PutAsync("/things/min", """{"name":"a"}""", Minimal), 204),
            (await wire.PatchAsync("/things/min", "{}", Minimal), 204),
            (await wire.PostAsync("/things?id=min2", """{"name":"a"}""", Minimal), 201),
            (await wire.PostAsync("/things/min2/close", null, Minimal), 204),
        })
        {
            answer.Expect(status);
            Assert.Empty(answer.Bytes);
            Assert.Equal("return=minimal", answer["Preference-Applied"]);
            Assert.NotNull(answer["Last-Modified"]);
            if (status == 201) Assert.NotNull(answer["Location"]);
        }

        Assert.Equal((await wire.PatchAsync("/things/min", "{}", Minimal)).ETag, (await wire.GetAsync("/things/min")).ETag);
        var whole = (await wire.PatchAsync("/things/min", "{}", "Prefer: return=representation")).Expect(200);
        Assert.NotEmpty(whole.Bytes);
        Assert.Equal("return=representation", whole["Preference-Applied"]);
        Assert.Null((await wire.PatchAsync("/things/min", "{}"))["Preference-Applied"]);
    }

    [Fact]
    public async Task Handling_lenient_drops_unknown_fields_wherever_they_stand()
    {
        const string Lenient = "Prefer: handling=lenient";
        const string Body = """{"name":"ä","nope":{"a":[1]},"price":1.50,"address":{"city":"c","nope":1},"lines":[{"sku":"s","nope":2},{"nope":3,"sku":"t"}],"vault":{"k":{"sku":"v","nope":4}},"extra":{"nope":5}}""";
        Assert.Equal(["/address/nope UNKNOWN_FIELD", "/lines/0/nope UNKNOWN_FIELD", "/lines/1/nope UNKNOWN_FIELD", "/nope UNKNOWN_FIELD", "/vault/k/nope UNKNOWN_FIELD"],
            (await wire.PutAsync("/things/len", Body)).Problem(422, "INVALID_BODY"));
        Assert.Equal(5, (await wire.PutAsync("/things/len", Body, "Prefer: handling=strict")).Problem(422, "INVALID_BODY").Length);

        var put = (await wire.PutAsync("/things/len", Body, Lenient)).Expect(201);
        Assert.Equal("handling=lenient", put["Preference-Applied"]);
        Assert.StartsWith("""{"id":"len","name":"ä","price":1.50,"address":{"city":"c","zone":"A"},"lines":[{"sku":"s","quantity":1},{"sku":"t","quantity":1}],"vault":{"k":{"sku":"v","quantity":1}},"extra":{"nope":5},""",
            put.Text, StringComparison.Ordinal);

        Assert.DoesNotContain("other", (await wire.PatchAsync("/things/len", """{"other":1,"address":{"other":2},"note":"n"}""", Lenient)).Expect(200).Text, StringComparison.Ordinal);
        Assert.DoesNotContain("other", (await wire.JsonPatchAsync("/things/len", """[{"op":"add","path":"/other","value":1}]""", Lenient)).Expect(200).Text, StringComparison.Ordinal);
        Assert.DoesNotContain("other", (await wire.PostAsync("/things", "<thing><name>a</name><other/></thing>", Lenient, "Content-Type: application/xml")).Expect(201).Text, StringComparison.Ordinal);
        (await wire.PostAsync("/things/len/note", """{"text":"x","other":1}""", Lenient)).Expect(200);

        // Everything else is as strict as ever.
        Assert.Equal(["/address/city REQUIRED", "/price MINIMUM"], (await wire.PutAsync("/things/len", """{"name":"a","nope":1,"price":-1,"address":{"nope":1}}""", Lenient)).Problem(422, "INVALID_BODY"));
        Assert.Equal(["/name DUPLICATE_NAME", "/nope UNKNOWN_FIELD"], (await wire.PutAsync("/things/len", """{"name":"a","name":"b","nope":1}""", Lenient)).Problem(400, "MALFORMED_BODY"));
    }

    [Fact]
    public async Task Many_unknown_fields_are_dropped_too_up_to_a_thousand()
    {
        const string Lenient = "Prefer: handling=lenient";
        Assert.Equal("a", (string?)(await wire.PutAsync("/things/many", Body(1_000), Lenient)).Expect(201).Json["name"]);
        Assert.Equal("1001 fields are wrong.", (string?)(await wire.PutAsync("/things/many", Body(1_001), Lenient)).Expect(422).Json["detail"]);

        static string Body(int count) => $$"""{{{string.Join(',', Enumerable.Range(0, count).Select(i => $"\"u{i}\":{i}"))}},"name":"a"}""";
    }

    [Fact]
    public async Task Preferences_that_were_not_followed_are_not_named()
    {
        (await wire.PutAsync("/things/not", """{"name":"a"}""")).Expect(201);
        Assert.Null((await wire.GetAsync("/things/not", "Prefer: return=minimal, handling=lenient, count=exact")).Expect(200)["Preference-Applied"]);
        Assert.Equal("count=exact", (await wire.GetAsync("/things", "Prefer: return=minimal, handling=lenient, count=exact")).Expect(200)["Preference-Applied"]);
        Assert.Equal("return=minimal, handling=lenient", (await wire.PatchAsync("/things/not", "{}", "Prefer: return=minimal, handling=lenient, count=exact, respond-async")).Expect(204)["Preference-Applied"]);
        Assert.Equal("return=minimal", (await wire.PatchAsync("/things/not", "{}", "Prefer: return=\"minimal\"; foo=1, return=representation")).Expect(204)["Preference-Applied"]);
        Assert.Equal("return=minimal, handling=lenient", (await wire.PatchAsync("/things/not", "{}", "Prefer: return=minimal", "Prefer: handling=lenient")).Expect(204)["Preference-Applied"]);
        Assert.Null((await wire.PatchAsync("/things/not", "{}", "Prefer: wait=10, nonsense")).Expect(200)["Preference-Applied"]);
        Assert.Null((await wire.PatchAsync("/things/not", """{"count":"x"}""", "Prefer: return=minimal")).Expect(422)["Preference-Applied"]);
    }
}
