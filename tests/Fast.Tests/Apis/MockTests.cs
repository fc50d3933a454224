using System.Text;
using Stateway.Model.Apis;
using Xunit;

namespace Stateway.Fast.Tests.Apis;

/// <summary>What a mock answers, chosen when the document is read.</summary>
public sealed class MockTests
{
    [Theory]
    // The lowest 2xx, its first example, in every media type
    [InlineData("true", "{ '404': { description: no }, '201': { description: ok }, '200': { description: ok, content: { application/json: { example: { a: 1 } }, text/plain: { example: hi } } } }",
        "200 application/json {\"a\":1} | 200 text/plain hi")]
    [InlineData("true", "{ default: { description: ok, content: { application/json: { examples: { x: { value: 1 }, y: { value: 2 } } } } } }", "200 application/json 1")]
    [InlineData("true", "{ '2XX': { description: ok }, '404': { description: ok } }", "200  ")]
    [InlineData("true", "{ '503': { description: ok } }", "503  ")]
    // The named one
    [InlineData("y", "{ '200': { description: ok, content: { application/json: { examples: { x: { value: 1 }, y: { value: 2 } } } } } }", "200 application/json 2")]
    [InlineData("no", "{ '200': { description: ok }, '404': { description: no, content: { application/problem+json: { examples: { no: { value: { a: null } } } } } } }", "404 application/problem+json {\"a\":null}")]
    [InlineData("e", "{ '200': { description: ok, content: { application/json: { examples: { e: { $ref: '#/components/examples/E' } } } } } }", "200 application/json [true]")]
    [InlineData("e", "{ '200': { $ref: '#/components/responses/R' } }", "200 application/json 7")]
    [InlineData("x", "{ '200': { description: ok, content: { application/xml: { examples: { x: { value: <a/> } } } } } }", "200 application/xml <a/>")]
    // Made from the schema
    [InlineData("true", "{ '200': { description: ok, content: { application/json: { schema: { $ref: '#/components/schemas/S' } } } } }",
        "200 application/json {\"a\":\"red\",\"b\":3,\"c\":[\"text\"],\"d\":{\"x\":1,\"y\":true},\"e\":\"2025-01-31T12:00:00Z\",\"n\":\"text\"}")]
    public void The_answer_is_the_example_that_is_meant(string mock, string responses, string expected)
    {
        var answers = Read(mock, responses).Answers;

        Assert.Equal(expected, string.Join(" | ", answers.Select(answer => $"{answer.Status} {answer.MediaType} {Encoding.UTF8.GetString(answer.Body.Span)}")));
    }

    [Fact]
    public void Header_fields_come_from_their_own_examples() =>
        Assert.Equal(["A=1", "B=x"], Read("true", "{ '200': { description: ok, headers: { A: { schema: { type: integer, default: 1 } }, B: { example: x, schema: {} }, C: { schema: {} }, Content-Type: { example: t, schema: {} } } } }")
            .Answers[0].Headers.Select(header => $"{header.Key}={header.Value}"));

    [Fact]
    public void Fields_that_frame_a_message_and_names_that_are_none_are_left_out() =>
        Assert.Equal(["X-Ok=1"], Read("true", "{ '200': { description: ok, headers: { Transfer-Encoding: { schema: { type: string, default: 'chunked' } }, content-length: { schema: { type: string, default: '9' } }, Content-Encoding: { schema: { type: string, default: 'gzip' } }, 'a b': { schema: { type: string, default: 'x' } }, X-Ok: { schema: { type: string, default: '1' } } } } }")
            .Answers[0].Headers.Select(header => $"{header.Key}={header.Value}"));

    [Fact]
    public void An_interim_status_is_no_answer() =>
        Assert.DoesNotContain(Read("true", "{ '101': { description: no }, '200': { description: ok } }").Alternatives, answer => answer.Status < 200);

    [Fact]
    public void Everything_else_is_there_for_clients_that_ask_for_it() =>
        Assert.Equal(["200 x", "200 y", "404 "], Read("x", "{ '200': { description: ok, content: { application/json: { examples: { x: { value: 1 }, y: { value: 2 } } } } }, '404': { description: no } }")
            .Alternatives.Select(answer => $"{answer.Status} {answer.Example}"));

    [Fact]
    public void A_recursive_schema_ends() =>
        Assert.StartsWith("{\"next\":{\"next\":", Encoding.UTF8.GetString(Read("true", "{ '200': { description: ok, content: { application/json: { schema: { $ref: '#/components/schemas/L' } } } } }").Answers[0].Body.Span));

    [Fact]
    public void A_document_without_our_words_is_answered_by_its_examples()
    {
        var reading = DocumentFolder.Read("a.yaml", "openapi: 3.0.3\ninfo: { title: T, version: '1' }\npaths: { /a: { get: { responses: { '200': { description: ok, content: { application/json: { example: 1 } } } } } } }");

        Assert.Equal("1", Encoding.UTF8.GetString(Assert.IsType<TargetSpec.Mock>(reading.Apis[0].Operations[0].Target).Answers[0].Body.Span));
    }

    private static TargetSpec.Mock Read(string mock, string responses)
    {
        var reading = DocumentFolder.Read("a.yaml", $$"""
            openapi: 3.1.0
            info: { title: T, version: '1' }
            paths:
              /a: { get: { x-stateway-target: { mock: '{{mock}}' }, responses: {{responses}} } }
            components:
              examples: { E: { value: [true] } }
              responses: { R: { description: ok, content: { application/json: { examples: { e: { value: 7 } } } } } }
              schemas:
                L: { type: object, properties: { next: { $ref: '#/components/schemas/L' } } }
                S:
                  type: object
                  properties:
                    a: { enum: [red, blue] }
                    b: { type: integer, minimum: 3 }
                    c: { type: array, items: { type: string } }
                    d: { allOf: [ { properties: { x: { const: 1 } } }, { properties: { y: { type: boolean } } } ] }
                    e: { type: string, format: date-time }
                    w: { type: string, writeOnly: true }
                    n: { type: ['null', string] }
            """.Replace("mock: 'true'", "mock: true"));
        Assert.Empty(reading.Errors);
        return Assert.IsType<TargetSpec.Mock>(reading.Apis[0].Operations[0].Target);
    }
}
