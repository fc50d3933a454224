using System.Text.Json.Nodes;
using Stateway.Model.Apis;
using Xunit;

namespace Stateway.Fast.Tests.Apis;

/// <summary><c>x-stateway-lifecycle</c> in a document.</summary>
public sealed class LifecycleDocumentTests
{
    private const string Head = "openapi: 3.1.0\ninfo: { title: T, version: '1' }\n";
    private const string Ok = "x-stateway-target: { http: /b }, responses: { '200': { description: ok } }";

    private static readonly DateTimeOffset March = new(2027, 3, 31, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_documents_own_holds_for_what_is_deprecated_and_an_operations_goes_before_it()
    {
        var reading = DocumentFolder.Read("a.yaml", Head + $$"""
            x-stateway-lifecycle: { deprecated_at: 2027-03-31, sunset_at: '2027-09-30T12:00:00+02:00', link: /why }
            x-stateway-collections: { things: { schema: { type: object } } }
            paths:
              /old: { get: { deprecated: true, {{Ok}} } }
              /new: { get: { {{Ok}} } }
              /own: { get: { x-stateway-lifecycle: { sunset_at: 2027-03-31, enforce: true }, {{Ok}} } }
              /soon: { get: { x-stateway-lifecycle: { deprecated_at: 2027-03-31 }, {{Ok}} } }
              /things: { get: { deprecated: true } }
            """);

        Assert.Empty(reading.Errors);
        Assert.Empty(reading.Warnings);
        var api = Assert.Single(reading.Apis);
        var whole = new LifecycleSpec(March, new(2027, 9, 30, 10, 0, 0, TimeSpan.Zero), "/why", false);
        Assert.Equal([whole], api.Operations.Where(o => o.Path is "/old").Select(o => o.Lifecycle));
        Assert.Equal((null, false), Of(api, "GET", "/new"));
        Assert.Equal((new LifecycleSpec(null, March, null, true), false), Of(api, "GET", "/own"));
        Assert.Equal((new LifecycleSpec(March, null, null, false), true), Of(api, "GET", "/soon"));
        Assert.Equal((whole, true), Of(api, "GET", "/things"));
        Assert.Equal((null, false), Of(api, "POST", "/things"));

        var served = JsonNode.Parse(api.Document.Span)!;
        Assert.True(served["paths"]!["/soon"]!["get"]!["deprecated"]!.GetValue<bool>());
        Assert.Equal("2027-03-31", served["paths"]!["/soon"]!["get"]!["x-stateway-lifecycle"]!["deprecated_at"]!.GetValue<string>());
        Assert.Null(served["paths"]!["/own"]!["get"]!["deprecated"]);
        Assert.DoesNotContain(DocumentFolder.Read("a.json", served.ToJsonString()).Errors, error => error.Message.Contains("lifecycle"));
    }

    [Fact]
    public void A_whole_API_can_come_to_its_end_with_what_its_collections_make()
    {
        var api = Assert.Single(DocumentFolder.Read("a.yaml", Head + """
            x-stateway-lifecycle: { deprecated_at: 2027-03-31, whole_api: true }
            x-stateway-collections: { things: { schema: { type: object } } }
            """).Apis);

        Assert.All(api.Operations, operation => Assert.Equal((new LifecycleSpec(March, null, null, false), true), (operation.Lifecycle, operation.Deprecated)));
        Assert.True(JsonNode.Parse(api.Document.Span)!["paths"]!["/things/{thing_id}"]!["delete"]!["deprecated"]!.GetValue<bool>());
    }

    [Theory]
    [InlineData("{}", 4, 1, "", "deprecated_at, sunset_at or both")]
    [InlineData("{ deprecated_at: 31.3.2027 }", 4, 40, "/deprecated_at", "2027-03-31")]
    [InlineData("{ deprecated_at: 2027-02-30 }", 4, 40, "/deprecated_at", "2027-03-31")]
    [InlineData("{ sunset_at: 2027-03-31T12:00:00 }", 4, 36, "/sunset_at", "RFC 3339")]
    [InlineData("{ deprecated_at: 2027-03-31, sunset_at: 2027-03-30 }", 4, 63, "/sunset_at", "can't come before")]
    [InlineData("{ deprecated_at: 2027-03-31, enforce: true }", 4, 61, "/enforce", "add sunset_at")]
    [InlineData("{ deprecated_at: 2027-03-31, link: 'https://a.example/>x' }", 4, 58, "/link", "percent-encoded")]
    [InlineData("{ deprecated_at: 2027-03-31, link: 'javascript:x' }", 4, 58, "/link", "http or https")]
    [InlineData("{ deprecated_at: 2027-03-31, sunset_a: 2027-03-31 }", 4, 52, "/sunset_a", "did you mean sunset_at?")]
    public void What_is_wrong_is_told_where_it_stands(string value, int line, int column, string pointer, string message)
    {
        string text = Head + "paths: { /a: { get: { deprecated: true, " + Ok + " } } }\nx-stateway-lifecycle: " + value;
        var error = Assert.Single(DocumentFolder.Read("a.yaml", text).Errors);

        Assert.Equal($"{line}:{column} /x-stateway-lifecycle{pointer}", $"{error.Line}:{error.Column} {error.Pointer}");
        Assert.Contains(message, error.Message);
    }

    [Fact]
    public void What_has_no_effect_or_stands_elsewhere_is_told()
    {
        var idle = DocumentFolder.Read("a.yaml", Head + "x-stateway-lifecycle: { deprecated_at: 2027-03-31 }\npaths: { /a: { get: { " + Ok + " } } }");
        Assert.Empty(idle.Errors);
        Assert.Contains(idle.Warnings, warning => warning.Message.Contains("add whole_api: true"));

        Assert.Contains("in an operation", Assert.Single(DocumentFolder.Read("a.yaml", Head + "paths: { /a: { x-stateway-lifecycle: { deprecated_at: 2027-03-31 } } }").Errors).Message);
        Assert.Contains("the operation's own", Assert.Single(DocumentFolder.Read("a.yaml", Head
            + "paths: { /a: { get: { x-stateway-lifecycle: { deprecated_at: 2027-03-31, whole_api: true }, " + Ok + " } } }").Errors).Message);
    }

    private static (LifecycleSpec?, bool) Of(ApiSpec api, string method, string path)
    {
        var operation = api.Operations.Single(o => o.Method == method && o.Path == path);
        return (operation.Lifecycle, operation.Deprecated);
    }
}
