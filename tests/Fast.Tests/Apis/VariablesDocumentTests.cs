using Stateway.Model.Apis;
using Xunit;

namespace Stateway.Fast.Tests.Apis;

/// <summary><c>x-stateway-variables</c> in a document, and what uses them.</summary>
public sealed class VariablesDocumentTests
{
    private const string Head = "openapi: 3.1.0\ninfo: { title: T, version: '1' }\n";

    private static string Get(string variables, string target) =>
        Head + $"x-stateway-variables: {variables}\npaths: {{ '/a/{{id}}': {{ get: {{ x-stateway-target: {target}, parameters: [{{ name: id, in: path, required: true, schema: {{ type: string }} }}], responses: {{ '200': {{ description: A. }} }} }} }} }}\n";

    [Fact]
    public void A_document_declares_them_and_does_not_serve_them()
    {
        var reading = DocumentFolder.Read("a.yaml", Get("{ backend: { default: 'https://a.example', description: Who answers. }, token: {} }",
            "{ http: '{stage.backend}/v1/{id}?k={stage.token}', headers: { set: { X-Token: 'T {stage.token}' } } }"));

        Assert.Empty(reading.Errors);
        var api = Assert.Single(reading.Apis);
        Assert.Equal([new("backend", "https://a.example", "Who answers."), new("token", null, null)], api.Variables);
        Assert.DoesNotContain("x-stateway-variables", System.Text.Encoding.UTF8.GetString(api.Document.Span));
        Assert.DoesNotContain("stage.", System.Text.Encoding.UTF8.GetString(api.Document.Span));
    }

    [Theory]
    [InlineData("{ token: {} }", "{ http: 'https://a.example/{stage.tokn}' }", "4:57 /paths/~1a~1{id}/get/x-stateway-target/http", "Did you mean 'token'?")]
    [InlineData("{ token: {} }", "{ http: 'https://a.example/', headers: { add: { X-T: '{stage.tokn}' } } }", "4:102 /paths/~1a~1{id}/get/x-stateway-target/headers/add/X-T", "Did you mean 'token'?")]
    [InlineData("{ a: {} }", "{ http: '{stage.a}{id}/x' }", "4:57 /paths/~1a~1{id}/get/x-stateway-target/http", "can't stand in the host")]
    [InlineData("{ a: { default: 'ftp://a' } }", "{ http: '{stage.a}/x' }", "3:39 /x-stateway-variables/a/default", "no http or https URL")]
    [InlineData("{ a: { default: '..' } }", "{ http: 'http://h/{stage.a}/x' }", "3:39 /x-stateway-variables/a/default", "'.' or '..'")]
    [InlineData("{ a: { default: \"x\\ny\" } }", "{ http: 'http://h/', response_headers: { set: { X: '{stage.a}' } } }", "3:39 /x-stateway-variables/a/default", "line breaks")]
    [InlineData("{ A: {} }", "{ mock: true }", "3:25 /x-stateway-variables/A", "")]
    [InlineData("{ a: { defalt: x } }", "{ mock: true }", "3:30 /x-stateway-variables/a/defalt", "did you mean default?")]
    public void What_is_wrong_is_told_where_it_stands(string variables, string target, string place, string message)
    {
        var error = Assert.Single(DocumentFolder.Read("a.yaml", Get(variables, target)).Errors);

        Assert.Equal(place, $"{error.Line}:{error.Column} {error.Pointer}");
        Assert.Contains(message, error.Message);
    }

    [Fact]
    public void Values_reach_every_target_that_a_request_may_be_answered_by()
    {
        var reading = DocumentFolder.Read("a.yaml", Head + """
            x-stateway-variables: { host: {}, token: {} }
            x-stateway-collections:
              orders:
                schema: { type: object }
                actions: { pay: { target: { http: 'https://{stage.host}/pay', headers: { set: { X-Token: '{stage.token}' } } } } }
            paths:
              /a: { get: { x-stateway-target: { http: 'https://{stage.host}:81/a?t={stage.token}' }, responses: { '200': { description: A. } } } }
            """);
        Assert.Empty(reading.Errors);

        var api = reading.Apis[0].With(new([KeyValuePair.Create("host", ("h.example", false)), KeyValuePair.Create("token", ("t&1", true))]));

        var operation = Assert.Single(api.Operations.Select(o => o.Target).OfType<TargetSpec.Http>());
        var action = Assert.IsType<TargetSpec.Http>(api.Collections[0].Actions[0].Target);
        Assert.Equal("https://h.example:81/a?t=t%261", operation.Filled().Url);
        Assert.Equal("t&1", action.Filled().RequestHeaders.Set[0].Value);
        Assert.DoesNotContain("t&1", $"{api} {operation} {action}", StringComparison.Ordinal);
        Assert.Contains("{stage.token}", operation.Url, StringComparison.Ordinal);
    }
}
