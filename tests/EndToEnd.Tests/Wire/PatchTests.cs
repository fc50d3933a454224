using Xunit;

namespace Stateway.EndToEnd.Tests.Wire;

/// <summary>Merge patches (RFC 7396) and JSON patches (RFC 6902).</summary>
public sealed class PatchTests(WireProgram wire) : IClassFixture<WireProgram>
{
    private const string Start = """{"name":"a","price":1.50,"tags":["x","y"],"address":{"city":"c"},"extra":{"a":{"b":[1,2]},"n":null}}""";

    [Theory]
    [InlineData("application/merge-patch+json")]
    [InlineData("application/json")]
    [InlineData("application/merge-patch+json; charset=utf-8")]
    public async Task A_merge_patch_changes_what_it_names_and_removes_by_null(string mediaType)
    {
        (await wire.PutAsync("/things/merge", Start)).Written();
        var patched = (await wire.PatchAsync("/things/merge", """{"price":null,"tags":["z"],"address":{"zone":null},"extra":{"a":{"b":null,"c":1e2},"new":{"gone":null,"kept":1}}}""",
            "Content-Type: " + mediaType)).Expect(200);
        Assert.Null(patched.Json["price"]);
        Assert.Equal("""["z"]""", patched.Json["tags"]!.ToJsonString());
        Assert.Equal("""{"city":"c","zone":"A"}""", patched.Json["address"]!.ToJsonString());
        Assert.Contains("""{"a":{"c":1e2},"n":null,"new":{"kept":1}}""", patched.Text, StringComparison.Ordinal);
        Assert.Equal(patched.Text, (await wire.GetAsync("/things/merge")).Text);
    }

    [Fact]
    public async Task An_empty_patch_changes_nothing_but_the_time_and_the_tag()
    {
        string etag = (await wire.PutAsync("/things/empty", Start)).Written().ETag;
        var patched = (await wire.PatchAsync("/things/empty", "{}")).Expect(200);
        Assert.NotEqual(etag, patched.ETag);
        Assert.Contains("\"price\":1.50", patched.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("1")]
    [InlineData("\"a\"")]
    public async Task A_merge_patch_that_is_no_object_makes_no_resource(string patch)
    {
        (await wire.PutAsync("/things/scalar", Start)).Written();
        Assert.Equal(["TYPE"], (await wire.PatchAsync("/things/scalar", patch)).Problem(422, "INVALID_BODY"));
    }

    [Fact]
    public async Task The_patched_resource_must_fit_the_schema()
    {
        (await wire.PutAsync("/things/fit", Start)).Written();
        Assert.Equal(["/address/city TYPE", "/name REQUIRED", "/nope UNKNOWN_FIELD"], (await wire.PatchAsync("/things/fit", """{"name":null,"nope":1,"address":{"city":1}}""")).Problem(422, "INVALID_BODY"));
        Assert.Equal(["/name REQUIRED"], (await wire.JsonPatchAsync("/things/fit", """[{"op":"remove","path":"/name"}]""")).Problem(422, "INVALID_BODY"));
        Assert.Equal("a", (string?)(await wire.GetAsync("/things/fit")).Json["name"]);
    }

    [Fact]
    public async Task A_json_patch_applies_all_of_its_operations()
    {
        (await wire.PutAsync("/things/ops", Start)).Written();
        var patched = (await wire.JsonPatchAsync("/things/ops", """
            [{"op":"test","path":"/price","value":1.5},
             {"op":"add","path":"/tags/-","value":"z"}, {"op":"add","path":"/tags/0","value":"w"}, {"op":"remove","path":"/tags/1"},
             {"op":"replace","path":"/address/city","value":"d"}, {"op":"move","from":"/extra/a","path":"/extra/moved"},
             {"op":"copy","from":"/extra/moved/b","path":"/extra/copied"}, {"op":"add","path":"/extra/a~1b~0c","value":1e2},
             {"op":"test","path":"/extra/copied/1","value":2}]
            """)).Expect(200);
        Assert.Equal("""["w","y","z"]""", patched.Json["tags"]!.ToJsonString());
        Assert.Equal("d", (string?)patched.Json["address"]!["city"]);
        Assert.Contains("""{"n":null,"moved":{"b":[1,2]},"copied":[1,2],"a/b~c":1e2}""", patched.Text, StringComparison.Ordinal);
        Assert.Contains("\"price\":1.50", patched.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_a_json_patch_that_fails_nothing_is_kept()
    {
        string etag = (await wire.PutAsync("/things/none", Start)).Written().ETag;
        Assert.Equal(["/1/value WRONG_STATE"], (await wire.JsonPatchAsync("/things/none", """[{"op":"add","path":"/note","value":"n"},{"op":"test","path":"/name","value":"b"}]""")).Problem(409, "WRONG_STATE"));
        Assert.Equal(["/1/path PATCH_FAILED"], (await wire.JsonPatchAsync("/things/none", """[{"op":"add","path":"/note","value":"n"},{"op":"remove","path":"/nope"}]""")).Problem(422, "PATCH_FAILED"));
        Assert.Equal(["/0/from PATCH_FAILED"], (await wire.JsonPatchAsync("/things/none", """[{"op":"move","from":"/nope","path":"/note"}]""")).Problem(422, "PATCH_FAILED"));
        Assert.Equal(["/0/path PATCH_FAILED"], (await wire.JsonPatchAsync("/things/none", """[{"op":"add","path":"/tags/9","value":"n"}]""")).Problem(422, "PATCH_FAILED"));
        Assert.Equal(etag, (await wire.GetAsync("/things/none")).ETag);
    }

    [Fact]
    public async Task What_is_no_json_patch_is_400_with_everything_that_is_wrong()
    {
        (await wire.PutAsync("/things/patchless", Start)).Written();
        Assert.Equal(["INVALID_PATCH"], (await wire.JsonPatchAsync("/things/patchless", """{"op":"remove","path":"/name"}""")).Problem(400, "INVALID_PATCH"));
        Assert.Equal(["/0 INVALID_PATCH", "/1/op INVALID_PATCH", "/2 INVALID_PATCH", "/3/path INVALID_PATCH", "/4 INVALID_PATCH"], (await wire.JsonPatchAsync("/things/patchless", """
            [1,{"op":"merge","path":"/a"},{"op":"add","path":"/a"},{"op":"remove","path":"a"},{"op":"copy","path":"/a"}]
            """)).Problem(400, "INVALID_PATCH"));
        foreach (string malformed in new[] { "", "[", "[{}],", """[{"op":"remove","op":"add","path":"/a"}]""" })
            (await wire.JsonPatchAsync("/things/patchless", malformed)).Problem(400, "MALFORMED_BODY");
    }

    [Theory]
    [InlineData("application/xml")]
    [InlineData("text/plain")]
    [InlineData("application/vnd.api+json")]
    [InlineData("application/json-patch+json; charset=utf-16")]
    public async Task Other_media_types_are_415_with_Accept_Patch(string mediaType)
    {
        (await wire.PutAsync("/things/media", Start)).Written();
        var refused = await wire.PatchAsync("/things/media", "{}", "Content-Type: " + mediaType);
        refused.Problem(415, "UNSUPPORTED_MEDIA_TYPE");
        Assert.Equal("application/merge-patch+json, application/json-patch+json", refused["Accept-Patch"]);
    }

    [Fact]
    public async Task Hidden_fields_survive_a_patch()
    {
        (await wire.PutAsync("/things/hidden", """{"name":"a","secret":"S","lines":[{"sku":"a","cost":1},{"sku":"b","cost":2}]}""")).Written();
        (await wire.PatchAsync("/things/hidden", """{"note":"x"}""")).Expect(200);

        // Items that hold something hidden may change places, for what is hidden stays hidden.
        var moved = (await wire.JsonPatchAsync("/things/hidden", """[{"op":"move","from":"/lines/1","path":"/lines/0"},{"op":"copy","from":"/lines/0","path":"/lines/-"}]""")).Expect(200);
        Assert.Equal("""[{"sku":"b","quantity":1},{"sku":"a","quantity":1},{"sku":"b","quantity":1}]""", moved.Json["lines"]!.ToJsonString());

        // It can't be seen, but that it is there can: only what is there can be replaced.
        (await wire.JsonPatchAsync("/things/hidden", """[{"op":"replace","path":"/secret","value":"T"},{"op":"replace","path":"/lines/2/cost","value":3}]""")).Expect(200);
        (await wire.PutAsync("/things/hidden", """{"name":"a"}""")).Expect(200); // a PUT clears it
        (await wire.JsonPatchAsync("/things/hidden", """[{"op":"replace","path":"/secret","value":"T"}]""")).Problem(422, "PATCH_FAILED");
    }
}
