using Xunit;

namespace Stateway.EndToEnd.Tests.Wire;

/// <summary>What is kept and never served can't be learned in any other way either; and what one client asks for changes nothing for others.</summary>
public sealed class HiddenValueTests(WireProgram wire) : IClassFixture<WireProgram>
{
    [Theory]
    [InlineData("address.exists(k, address[k] == \"HIDDEN\")")]
    [InlineData("[address].exists(a, a.pin.startsWith(\"HID\"))")]
    public async Task A_filter_does_not_see_them(string filter)
    {
        (await wire.PutAsync("/things/hidden", """{"name":"a","address":{"city":"c","pin":"HIDDEN"}}""")).Written();
        var answer = await wire.GetAsync("/things?filter=" + Uri.EscapeDataString(filter));
        Assert.True(answer.Status == 400 || answer.Json["results"]!.AsArray().Count == 0, answer.Text);
    }

    [Fact]
    public async Task A_patch_does_not_move_them_to_where_an_error_tells_them()
    {
        (await wire.PutAsync("/things/moved", """{"name":"a","secret":"HIDDEN","lines":[{"sku":"s"}]}""")).Written();
        var answer = await wire.JsonPatchAsync("/things/moved", """[{"op":"copy","from":"/secret","path":"/lines/0/cost"}]""");
        Assert.Equal(422, answer.Status);
        Assert.DoesNotContain("HIDDEN", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fields_below_a_whole_value_are_not_remembered()
    {
        await Task.WhenAll(Enumerable.Range(0, 200).Select(async i =>
        {
            (await wire.PutAsync($"/things/whole{i}", """{"name":"a","address":{"city":"c"}}""")).Written();
            (await wire.GetAsync($"/things/whole{i}?fields=id.a{i},name.b{i},address,address.city")).Expect(200);
            (await wire.PatchAsync($"/things/whole{i}", $$$"""{"address":{"city":"c{{{i}}}"}}""")).Expect(200);
        }));

        Assert.Equal(["id"], (await wire.GetAsync("/things/whole0?fields=id.a7")).Expect(200).Json.AsObject().Select(member => member.Key));
    }

    [Fact]
    public async Task Pages_go_on_behind_a_text_that_is_too_long_for_a_token()
    {
        string text = new('z', 7_000);
        foreach (string id in new[] { "l1", "l2", "l3" }) (await wire.PutAsync("/makers/" + id, $$"""{"name":"{{text}}{{id}}"}""")).Written();
        var seen = new List<string>();
        string url = "/makers?order_by=name&max_page_size=1&fields=id";
        for (int page = 0; page < 50; page++)
        {
            var answer = (await wire.GetAsync(url)).Expect(200);
            seen.Add((string)answer.Json["results"]![0]!["id"]!);
            if ((string?)answer.Json["next_page_token"] is not { } token) break;
            url = "/makers?order_by=name&max_page_size=1&fields=id&page_token=" + token;
        }

        Assert.Equal(["l1", "l2", "l3"], seen.Where(id => id[0] == 'l' && id.Length == 2));
    }

    [Fact]
    public async Task A_condition_that_says_nothing_is_none()
    {
        (await wire.PutAsync("/guarded/none", """{"title":"a"}""")).Expect(201);
        (await wire.DeleteAsync("/guarded/none", "If-None-Match: \"x\"")).Problem(428, "PRECONDITION_REQUIRED");
    }
}
