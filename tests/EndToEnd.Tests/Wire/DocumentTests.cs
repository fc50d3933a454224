using System.Text.Json.Nodes;
using Xunit;

namespace Stateway.EndToEnd.Tests.Wire;

/// <summary>What the server says of itself: the document, the base that links to it, the pages that explain problems.</summary>
public sealed class DocumentTests(WireProgram wire) : IClassFixture<WireProgram>
{
    [Fact]
    public async Task The_base_links_to_the_document()
    {
        foreach (string url in new[] { "", "/" })
        {
            var root = (await wire.GetAsync(url)).Expect(200);
            Assert.Equal("</v1/openapi.json>; rel=\"service-desc\"", root["Link"]);
            Assert.Equal("Wire", (string?)root.Json["title"]);
        }

        (await wire.GetAsync("//")).Problem(404, "NOT_FOUND");
        (await wire.GetAsync("//things")).Problem(404, "NOT_FOUND");
        (await wire.GetAsync("//openapi.json")).Problem(404, "NOT_FOUND");
    }

    [Fact]
    public async Task The_document_describes_every_operation_that_there_is()
    {
        var answer = (await wire.GetAsync("/openapi.json")).Expect(200);
        Assert.Equal("application/json", answer["Content-Type"]);
        (await wire.GetAsync("/openapi.json", "If-None-Match: " + answer.ETag)).Expect(304);
        var document = answer.Json;
        Assert.Equal("/v1", (string?)document["servers"]![0]!["url"]);
        Assert.DoesNotMatch("x-stateway-(collections|target)", answer.Text);

        foreach (var (path, item) in document["paths"]!.AsObject())
        {
            string url = path.Replace("{city}", "rome", StringComparison.Ordinal);
            while (url.IndexOf('{') is >= 0 and var open) url = url[..open] + "nobody" + url[(url.IndexOf('}') + 1)..];
            string[] methods = [.. item!.AsObject().Select(p => p.Key.ToUpperInvariant()).Where(m => m is "GET" or "POST" or "PUT" or "PATCH" or "DELETE")];
            string allow = (await wire.SendAsync("OPTIONS", url, null)).Expect(204)["Allow"]!;
            Assert.Equal(methods.Append("OPTIONS").Concat(methods.Contains("GET") ? ["HEAD"] : []).Order(StringComparer.Ordinal), allow.Split(", "));
        }
    }

    [Fact]
    public async Task The_document_describes_only_parameters_that_are_taken()
    {
        (await wire.PutAsync("/makers/d", """{"name":"a"}""")).Written();
        (await wire.PutAsync("/things/d", """{"name":"a","maker":"d"}""")).Written();
        var document = (await wire.GetAsync("/openapi.json")).Json;
        var samples = new Dictionary<string, string>
        {
            ["filter"] = "count == 1", ["order_by"] = "name", ["max_page_size"] = "1", ["page_token"] = "", ["fields"] = "name", ["expand"] = "maker", ["count"] = "1", ["price"] = "1",
            ["revision"] = (string)(await wire.GetAsync("/things")).Json["revision"]!, ["min_revision"] = "1", ["watch"] = "false", ["active"] = "true", ["born"] = "2001-01-01", ["at"] = "2024-05-01T10:00:00Z", ["id"] = "",
        };
        foreach (string path in new[] { "/things", "/things/{thing_id}", "/things/{thing_id}/history" })
        {
            foreach (var (method, operation) in document["paths"]![path]!.AsObject())
            {
                if (operation is not JsonObject o || o["parameters"] is not JsonArray parameters) continue;
                foreach (var reference in parameters)
                {
                    var parameter = reference!["$ref"] is { } r ? document["components"]!["parameters"]![r.GetValue<string>().Split('/')[^1]]! : reference;
                    if ((string?)parameter["in"] != "query") continue;

                    string name = (string)parameter["name"]!;
                    string value = name == "id" ? Guid.NewGuid().ToString() : samples.GetValueOrDefault(name, "x");
                    var answer = await wire.SendAsync(method.ToUpperInvariant(), path.Replace("{thing_id}", "d", StringComparison.Ordinal) + $"?{name}={Uri.EscapeDataString(value)}",
                        method is "put" or "post" or "patch" ? """{"name":"a"}""" : null);
                    Assert.True(answer.Status is 200 or 201, $"{method} {path}?{name}={value}: {answer.Text}");
                }
            }
        }
    }

    [Fact]
    public async Task Answers_have_the_members_that_the_document_requires_and_no_others()
    {
        (await wire.PutAsync("/things/all", """{"name":"a","secret":"s"}""")).Written();
        var document = (await wire.GetAsync("/openapi.json")).Json;
        var thing = document["components"]!["schemas"]!["Thing"]!["properties"]!.AsObject();
        Assert.All((await wire.GetAsync("/things/all")).Json.AsObject(), p => Assert.True(thing.ContainsKey(p.Key), p.Key));
        foreach (string owned in new[] { "id", "create_time", "update_time" }) Assert.Equal(true, (bool?)thing[owned]!["readOnly"]);

        var list = document["components"]!["schemas"]!["ThingList"]!["properties"]!.AsObject();
        Assert.All((await wire.GetAsync("/things?max_page_size=1", "Prefer: count=exact")).Json.AsObject(), p => Assert.True(list.ContainsKey(p.Key), p.Key));
        var problem = document["components"]!["schemas"]!["Problem"]!["properties"]!.AsObject();
        Assert.All((await wire.PutAsync("/things/bad", "{}")).Expect(422).Json.AsObject(), p => Assert.True(problem.ContainsKey(p.Key), p.Key));
    }

    [Fact]
    public async Task Every_problems_type_is_a_page_that_explains_it()
    {
        (await wire.PutAsync("/guarded/p", """{"title":"a"}""")).Written();
        (await wire.PutAsync("/things/p", """{"name":"a"}""")).Written();
        var problems = new[]
        {
            await wire.GetAsync("/nowhere"), await wire.SendAsync("DELETE", "/things", null), await wire.PutAsync("/things/p", "{"), await wire.PutAsync("/things/p", "{}"),
            await wire.PostAsync("/things?id=p", """{"name":"a"}"""), await wire.PutAsync("/guarded/p", """{"title":"a"}"""), await wire.PutAsync("/things/p", """{"name":"a"}""", "If-None-Match: *"),
            await wire.GetAsync("/things?nope=1"), await wire.GetAsync("/things?filter=x"), await wire.GetAsync("/things?page_token=x"), await wire.GetAsync("/things/p", "Accept: image/png"),
            await wire.PutAsync("/things/p", "a", "Content-Type: text/plain"), await wire.JsonPatchAsync("/things/p", "{}"), await wire.JsonPatchAsync("/things/p", """[{"op":"remove","path":"/x"}]"""),
            await wire.PutAsync("/things/p", """{"id":"q","name":"a"}"""),
        };
        Assert.Equal(problems.Length, problems.Select(p => (string)p.Json["type"]!).Distinct().Count());
        foreach (var problem in problems)
        {
            var page = (await wire.GetAsync("/" + (string)problem.Json["type"]!)).Expect(200);
            foreach (string member in new[] { "type", "title", "status", "code" }) Assert.Equal(problem.Json[member]!.ToJsonString(), page.Json[member]!.ToJsonString());
            Assert.NotEmpty((string)page.Json["explanation"]!);
            Assert.NotEmpty(problem.Detail);
            (await wire.GetAsync("/" + (string)problem.Json["type"]!, "If-None-Match: " + page.ETag)).Expect(304);
        }
    }
}
