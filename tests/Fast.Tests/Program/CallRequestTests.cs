using System.Text;
using System.Text.Json;
using Stateway.Client.Calling;
using Xunit;

namespace Stateway.Fast.Tests.Program;

/// <summary>What <c>stateway call</c> makes of an OpenAPI document and a command line.</summary>
public sealed class CallRequestTests
{
    private const string Document = """
        {
          "paths": {
            "/shelves/{shelf}/books/{book}": {
              "parameters": [
                { "name": "shelf", "in": "path", "required": true, "schema": { "type": "string" } },
                { "name": "book", "in": "path", "required": true, "description": "Which one.", "schema": { "type": "integer", "format": "int64" } }
              ],
              "patch": {
                "operationId": "patchBook",
                "parameters": [
                  { "$ref": "#/components/parameters/Tags" },
                  { "name": "ids", "in": "query", "explode": false, "schema": { "type": "array" } },
                  { "name": "pipes", "in": "query", "style": "pipeDelimited", "schema": { "type": "array" } },
                  { "name": "where", "in": "query", "style": "deepObject", "schema": { "type": "object" } },
                  { "name": "shelf", "in": "query", "schema": { "type": "string" } },
                  { "name": "X-Tenant", "in": "header", "required": true, "schema": { "enum": ["a", "b"] } },
                  { "name": "session", "in": "cookie", "schema": { "type": "string" } }
                ],
                "requestBody": { "required": true, "content": { "application/xml": {}, "application/json-patch+json": {}, "application/merge-patch+json": {} } }
              }
            },
            "/plain": { "get": {}, "post": { "requestBody": { "content": { "text/csv": {} } } } }
          },
          "components": { "parameters": { "Tags": { "name": "tag", "in": "query", "schema": { "type": "array" } } } }
        }
        """;

    [Fact]
    public void Each_value_goes_where_the_document_says()
    {
        var call = Composed("patchBook", "{}", ["book=7", "shelf=a b/c", "tag=x&y", "tag=z", "ids=1", "ids=2", "pipes=1", "pipes=2", "where[a]=1", "query:shelf=q", "x-tenant=a", "session=s 1"], []);

        Assert.Equal("PATCH", call.Method);
        Assert.Equal("/shelves/a%20b%2Fc/books/7?tag=x%26y&tag=z&ids=1,2&pipes=1%7C2&where%5Ba%5D=1&shelf=q", call.Target);
        Assert.Equal([("X-Tenant", "a"), ("Cookie", "session=s%201"), ("Content-Type", "application/merge-patch+json")], call.Headers);
    }

    [Theory]
    [InlineData("{}", "application/merge-patch+json")]
    [InlineData(" [ ]", "application/json-patch+json")]
    public void The_body_of_a_patch_is_the_kind_that_it_looks_like(string body, string type) =>
        Assert.Contains(("Content-Type", type), Composed("patchBook", body, ["book=7", "shelf=s", "X-Tenant=a"], []).Headers);

    [Fact]
    public void Fields_go_before_what_would_be_sent_otherwise()
    {
        var call = Composed("patchBook", "<a/>", ["book=7", "shelf=s"], ["x-tenant: b", "content-type:application/xml"]);
        Assert.Equal([("x-tenant", "b"), ("content-type", "application/xml")], call.Headers);
    }

    [Fact]
    public void All_that_is_wrong_is_said_at_once()
    {
        var (request, failure) = CallRequest.Compose(Operation("patchBook"), ["shelve=1", "nonsense", "header:shelf=1"], ["no field", "a\u0007b: 1"], null);

        Assert.Null(request);
        Assert.Equal("patchBook can't be called so.", failure!.What);
        Assert.Equal(
        [
            "'no field' is no field; write 'Name: value'.",
            "'a b: 1' is no field; write 'Name: value'.",
            "'shelve' is no parameter of patchBook. Did you mean 'shelf'?",
            "'nonsense' is no parameter; write name=value.",
            "'header:shelf' is no parameter of patchBook. There are: shelf, book, tag, ids, pipes, where, X-Tenant, session.",
            "missing: shelf (path, string)",
            "missing: book (path, integer (int64)): Which one.",
            "missing: X-Tenant (header, a|b)",
            "missing: a body (application/xml or application/json-patch+json or application/merge-patch+json): -d TEXT, -d @FILE or -d -",
        ], failure.Where);
    }

    [Fact]
    public void An_operation_without_an_id_is_called_by_its_method_and_path()
    {
        Assert.Equal("/plain", Composed("GET /plain", null, [], []).Target);
        Assert.Equal([("Content-Type", "text/csv")], Composed("POST /plain", "a,b", [], []).Headers);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"paths":[]}""")]
    public void What_is_no_document_has_no_operations(string json) => Assert.Null(OperationsReader.Read(JsonElement.Parse(json)));

    [Fact]
    public void References_without_end_are_left_alone()
    {
        const string Circle = """{"paths":{"/a":{"get":{"parameters":[{"$ref":"#/components/parameters/A"}]}}},"components":{"parameters":{"A":{"$ref":"#/components/parameters/A"}}}}""";
        Assert.Empty(Assert.Single(OperationsReader.Read(JsonElement.Parse(Circle))!.Value).Parameters);
    }

    [Fact]
    public void Steps_are_read_as_a_server_tells_them() => Assert.Equal(
        [new ServerTiming("match", 0.012, ""), new("target", 12.1, "a, \"b\"; c"), new("stage", null, "shop/live"), new("odd", null, "")],
        ServerTiming.Read("""match;dur=0.012, target;desc="a, \"b\"; c";dur=12.100, stage;desc="shop/live", odd;dur=x, """));

    private static CallRequest Composed(string id, string? body, string[] values, string[] fields)
    {
        var (request, failure) = CallRequest.Compose(Operation(id), values, fields, body is null ? null : Encoding.UTF8.GetBytes(body));
        Assert.True(request is not null, string.Join('\n', failure?.Where ?? []));
        return request;
    }

    private static CallOperation Operation(string id) => OperationsReader.Read(JsonElement.Parse(Document))!.Value.Single(operation => operation.Id == id);
}
