using Xunit;

namespace Stateway.EndToEnd.Tests.Wire;

/// <summary>Operations that the document itself declares: their parameters and bodies are checked before a target answers.</summary>
public sealed class ParameterTests(WireProgram wire) : IClassFixture<WireProgram>
{
    private const string Level = "X-Level: 3";

    [Theory]
    [InlineData("")]
    [InlineData("?days=7&flag=true&kinds=a&kinds=c&csv=1,2,3&box[w]=1&box[h]=2")]
    [InlineData("?shape=%7B%22sides%22%3A3%7D")]
    [InlineData("?unknown=1")]
    [InlineData("?csv=")]
    public async Task Parameters_that_fit_are_let_through(string query) =>
        Assert.Equal(true, (bool?)(await wire.GetAsync("/echo/rome" + query, Level, "Cookie: theme=dark; other=1")).Expect(200).Json["ok"]);

    [Theory]
    [InlineData("days=0", "days MINIMUM")]
    [InlineData("days=8", "days MAXIMUM")]
    [InlineData("days=x", "days TYPE")]
    [InlineData("days=1.5", "days TYPE")]
    [InlineData("days=", "days TYPE")]
    [InlineData("flag=yes", "flag TYPE")]
    [InlineData("kinds=d", "kinds ENUM")]
    [InlineData("kinds=a&kinds=b&kinds=c", "kinds MAX_ITEMS")]
    [InlineData("csv=1,x", "csv TYPE")]
    [InlineData("box[h]=2", "box REQUIRED")]
    [InlineData("box[w]=x", "box TYPE")]
    [InlineData("shape=%7B%7D", "shape REQUIRED")]
    [InlineData("shape=triangle", "shape MALFORMED_JSON")]
    public async Task A_parameter_that_does_not_fit_is_400_and_named(string query, string expected) =>
        Assert.Equal([expected], (await wire.GetAsync("/echo/rome?" + query, Level)).Problem(400, "INVALID_PARAMETER"));

    [Fact]
    public async Task All_wrong_parameters_are_told_at_once_wherever_they_stand()
    {
        var refused = await wire.GetAsync("/echo/constantinople?days=9&flag=1", "Cookie: theme=pink");
        Assert.Equal(["X-Level REQUIRED", "city MAX_LENGTH", "days MAXIMUM", "flag TYPE", "theme ENUM"], refused.Problem(400, "INVALID_PARAMETER"));
        Assert.Contains("\"header\":\"X-Level\"", refused.Text, StringComparison.Ordinal);
        Assert.Equal(["X-Level TYPE"], (await wire.GetAsync("/echo/rome", "X-Level: high")).Problem(400, "INVALID_PARAMETER"));
        (await wire.GetAsync("/echo/r%C3%B6m", Level)).Expect(200); // three characters
    }

    [Fact]
    public async Task A_declared_body_is_checked()
    {
        (await wire.PostAsync("/echo/rome", """{"size":1}""")).Expect(200);
        (await wire.PostAsync("/echo/rome", "anything", "Content-Type: text/plain")).Expect(200);
        Assert.Equal(["/color UNKNOWN_FIELD", "/size REQUIRED"], (await wire.PostAsync("/echo/rome", """{"color":"red"}""")).Problem(422, "INVALID_BODY"));
        (await wire.PostAsync("/echo/rome", """{"size":1,"size":2}""")).Problem(400, "MALFORMED_BODY");
        (await wire.PostAsync("/echo/rome", "{")).Problem(400, "MALFORMED_BODY");
        (await wire.PostAsync("/echo/rome", null)).Problem(400, "MALFORMED_BODY");
        var refused = await wire.PostAsync("/echo/rome", "<size>1</size>", "Content-Type: application/xml");
        refused.Problem(415, "UNSUPPORTED_MEDIA_TYPE");
        Assert.Equal("application/json, text/plain", refused["Accept"]);
        (await wire.PostAsync("/echo/rome", $$"""{"size":1,"colour":"{{new string('x', 1 << 20)}}"}""")).Problem(413, "BODY_TOO_LARGE");
    }

    [Fact]
    public async Task A_service_behind_an_operation_gets_what_was_checked()
    {
        (await wire.PutAsync("/makers/b1", """{"name":"B"}""")).Written();
        Assert.Equal(["b1"], (await wire.GetAsync("/behind?filter=" + Uri.EscapeDataString("name == \"B\""))).Expect(200).Ids);
        Assert.Equal(["filter MAX_LENGTH"], (await wire.GetAsync("/behind?filter=" + new string('x', 21))).Problem(400, "INVALID_PARAMETER"));
        (await wire.GetAsync("/behind?filter=x")).Problem(400, "INVALID_FILTER"); // the service's own answer

        // Through two services, in one piece and in chunks.
        Assert.Equal("hello", (string?)(await wire.PostAsync("/receive", """{"text":"hello"}""")).Expect(201).Json["text"]);
        (await wire.DeleteAsync("/inbox/forwarded")).Expect(204);
        (await wire.PostAsync("/receive", """{"text":"chunks"}""", "Transfer-Encoding: chunked")).Expect(201);
        Assert.Equal("chunks", (string?)(await wire.GetAsync("/inbox/forwarded")).Json["text"]);
        Assert.Equal(["/text MAX_LENGTH"], (await wire.PostAsync("/receive", """{"text":"longer than twenty characters"}""")).Problem(422, "INVALID_BODY"));
    }

    [Fact]
    public async Task A_mock_answers_with_the_documents_examples()
    {
        var page = (await wire.GetAsync("/page")).Expect(200);
        Assert.Equal("large", page["X-Kind"]);
        Assert.Equal("application/json", page["Content-Type"]);
        Assert.Equal("<page/>", (await wire.GetAsync("/page", "Accept: application/xml")).Expect(200).Text);
        var none = (await wire.GetAsync("/page", "Prefer: status=404")).Expect(404);
        Assert.Equal(true, (bool?)none.Json["none"]);
        Assert.Equal("status=404", none["Preference-Applied"]);
    }
}
