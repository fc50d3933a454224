using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Stateway.Model.Apis;
using Xunit;

namespace Stateway.Fast.Tests.Apis;

/// <summary>What a document becomes: the served text, the operations, the collections.</summary>
public sealed class ExpansionTests
{
    private const string Head = "openapi: 3.1.0\ninfo: { title: T, version: '1' }\n";

    [Fact]
    public void A_small_collection_becomes_the_approved_document()
    {
        string folder = DocumentFolder.InRepository("tests", "Fast.Tests", "Apis", "Expansion");
        var api = Assert.Single(Accepted(ApiReader.Read(Path.Combine(folder, "notes.yaml"))));
        string actual = JsonNode.Parse(api.Document.Span)!.ToJsonString(new JsonSerializerOptions
        {
            WriteIndented = true,
            Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        }) + "\n";

        string expected = Path.Combine(folder, "notes.expected.json");
        if (Environment.GetEnvironmentVariable("STATEWAY_APPROVE") == "1") File.WriteAllText(expected, actual);
        Assert.Equal(File.ReadAllText(expected), actual);
    }

    [Theory]
    [InlineData("3.0.3")]
    [InlineData("3.1.0")]
    public void Both_versions_expand_alike(string version)
    {
        string text = File.ReadAllText(DocumentFolder.InRepository("tests", "Fast.Tests", "Apis", "Expansion", "notes.yaml"));
        var api = Accepted(DocumentFolder.Read("notes.yaml", text.Replace("3.1.0", version)))[0];

        Assert.Equal(9 + 7, api.Operations.Length);
        Assert.True(api.Collections[0].Shape.Property("id")!.ReadOnly);
        Assert.Equal(version, JsonNode.Parse(api.Document.Span)!["openapi"]!.GetValue<string>());
    }

    [Fact]
    public void A_collection_has_its_standard_operations_in_a_form_that_routes()
    {
        var api = Read("""
            x-stateway-collections:
              orders:
                schema: { properties: { status: { type: string } } }
                children: { items: { schema: {} } }
                actions: { cancel: { set: { status: '"cancelled"' } }, tell: { method: GET, target: { http: '/told/{order_id}' } } }
            paths: {}
            """);

        Assert.Equal(
            [
                "GET /orders listOrders List", "POST /orders createOrder Create",
                "GET /orders/{order_id} getOrder Get", "PUT /orders/{order_id} replaceOrder Replace",
                "PATCH /orders/{order_id} patchOrder Patch", "DELETE /orders/{order_id} deleteOrder Delete",
                "GET /orders/{order_id}/history listOrderHistory History",
                "POST /orders/{order_id}/cancel cancelOrder Act cancel",
                "GET /orders/{order_id}/tell tellOrder Act tell",
                "GET /orders/{order_id}/items listOrderItems List", "POST /orders/{order_id}/items createOrderItem Create",
                "GET /orders/{order_id}/items/{item_id} getOrderItem Get", "PUT /orders/{order_id}/items/{item_id} replaceOrderItem Replace",
                "PATCH /orders/{order_id}/items/{item_id} patchOrderItem Patch", "DELETE /orders/{order_id}/items/{item_id} deleteOrderItem Delete",
                "GET /orders/{order_id}/items/{item_id}/history listOrderItemHistory History",
            ],
            api.Operations.Select(operation => $"{operation.Method} {operation.Path} {operation.OperationId} " + operation.Target switch
            {
                TargetSpec.Collection { Action: { } action } act => $"{act.Verb} {action}",
                TargetSpec.Collection collection => collection.Verb.ToString(),
                TargetSpec.Http http => http.Url,
                _ => "?",
            }));
        Assert.Equal("a/orders/items", api.Collections[0].Children[0].StoreName);
    }

    [Theory]
    [InlineData("categories", "listCategories", "getCategory", "category_id")]
    [InlineData("addresses", "listAddresses", "getAddress", "address_id")]
    [InlineData("order-items", "listOrderItems", "getOrderItem", "order_item_id")]
    [InlineData("statuses", "listStatuses", "getStatus", "status_id")]
    [InlineData("boxes", "listBoxes", "getBox", "box_id")]
    [InlineData("clauses", "listClauses", "getClause", "clause_id")]
    [InlineData("news", "listNews", "getNews", "news_id")]
    [InlineData("cart", "listCart", "getCart", "cart_id")]
    public void Names_follow_from_the_collection_s(string name, string list, string get, string id)
    {
        var operations = Read($"x-stateway-collections: {{ {name}: {{ schema: {{}} }} }}\npaths: {{}}").Operations;

        Assert.Equal(list, operations[0].OperationId);
        Assert.Equal(get, operations[2].OperationId);
        Assert.Equal($"/{name}/{{{id}}}", operations[2].Path);
    }

    [Fact]
    public void A_child_of_its_parent_s_name_has_an_id_of_its_own() =>
        Assert.Equal("/comments/{comment_id}/comments/{comment_comment_id}",
            Read("x-stateway-collections: { comments: { schema: {}, children: { comments: { schema: {} } } } }\npaths: {}").Operations[^2].Path);

    [Fact]
    public void Operation_ids_of_collections_give_way_to_the_document_s_own()
    {
        var api = Read("""
            x-stateway-collections: { things: { schema: {} } }
            paths:
              /a: { get: { operationId: listThings, x-stateway-target: { http: /b }, responses: { '200': { description: ok } } } }
            """);

        Assert.Equal(["listThings", "listThings2"], api.Operations.Select(operation => operation.OperationId).Where(id => id.StartsWith("listThings")).Order());
    }

    [Fact]
    public void What_a_document_writes_on_a_collection_s_path_stays_and_the_rest_is_filled_in()
    {
        var api = Read("""
            x-stateway-collections: { things: { schema: {} } }
            paths:
              /things/{key}:
                parameters: [ { name: key, in: path, required: true, schema: { type: string, maxLength: 8 } } ]
                get: { operationId: aThing, summary: One of them }
              /things:
                post: { x-stateway-target: { http: /elsewhere }, responses: { '201': { description: ok } } }
            """);

        var item = JsonNode.Parse(api.Document.Span)!["paths"]!["/things/{key}"]!;
        Assert.Equal(["parameters", "get", "put", "patch", "delete"], item.AsObject().Select(member => member.Key));
        Assert.Equal("One of them", item["get"]!["summary"]!.GetValue<string>());
        Assert.NotNull(item["get"]!["responses"]!["404"]);
        Assert.Single(item["parameters"]!.AsArray());

        var get = api.Operations.Single(operation => operation.OperationId == "aThing");
        Assert.Equal(("/things/{key}", new TargetSpec.Collection("a/things", CollectionVerb.Get, null)), (get.Path, get.Target));
        Assert.Equal("key", Assert.Single(get.Parameters).Name);
        Assert.IsType<TargetSpec.Http>(api.Operations.Single(operation => operation is { Method: "POST", Path: "/things" }).Target);
        Assert.Equal(7, api.Operations.Length);
    }

    [Theory]
    [InlineData("children: { history: { schema: {} } }", "GET /things/{thing_id}/history listThingHistory List")]
    [InlineData("actions: { history: { method: GET, target: { http: '/told' } } }", "GET /things/{thing_id}/history historyThing Act")]
    [InlineData("actions: { history: { set: { a: '\"b\"' } } }", null)]
    public void A_child_or_an_action_named_history_wins(string rest, string? expected)
    {
        var api = Read($"x-stateway-collections: {{ things: {{ schema: {{ properties: {{ a: {{ type: string }} }} }}, {rest} }} }}\npaths: {{}}");

        Assert.Equal(expected is null ? [] : [expected], api.Operations.Where(o => o is { Method: "GET", Path: "/things/{thing_id}/history" })
            .Select(o => $"{o.Method} {o.Path} {o.OperationId} {((TargetSpec.Collection)o.Target).Verb}"));
    }

    [Fact]
    public void The_batch_is_described_where_there_are_collections()
    {
        var api = Read("x-stateway-collections: { things: { schema: {} } }\npaths: { /a: { get: { operationId: batch, x-stateway-target: { http: /b }, responses: { '200': { description: ok } } } } }");
        var document = JsonNode.Parse(api.Document.Span)!;

        Assert.Equal("batch2", document["paths"]!["/_/batch"]!["post"]!["operationId"]!.GetValue<string>());
        Assert.Contains(document["tags"]!.AsArray(), tag => tag!["name"]!.GetValue<string>() == "batch");
        Assert.DoesNotContain(api.Operations, o => o.Path == "/_/batch"); // it is the server's, not the document's
        Assert.Null(JsonNode.Parse(Read("paths: { /a: { get: { x-stateway-target: { http: /b }, responses: { '200': { description: ok } } } } }").Document.Span)!["paths"]!["/_/batch"]);
    }

    [Fact]
    public void Shared_components_give_way_to_the_document_s_own()
    {
        var api = Read("""
            x-stateway-collections: { things: { schema: {} } }
            paths: {}
            components:
              schemas: { Problem: { type: string } }
              parameters: { Filter: { name: f, in: query, schema: { type: string } } }
            """);

        var components = JsonNode.Parse(api.Document.Span)!["components"]!;
        Assert.Equal("string", components["schemas"]!["Problem"]!["type"]!.GetValue<string>());
        Assert.Equal("#/components/schemas/Problem2",
            components["responses"]!["NotFound"]!["content"]!["application/problem+json"]!["schema"]!["$ref"]!.GetValue<string>());
        Assert.Equal("filter", components["parameters"]!["Filter2"]!["name"]!.GetValue<string>());
    }

    [Fact]
    public void The_store_s_fields_are_added_and_bodies_may_hold_them()
    {
        var collection = Read("""
            x-stateway-collections: { things: { schema: { type: object, required: [name], additionalProperties: false, properties: { name: { type: string } } } } }
            paths: {}
            """).Collections[0];

        Assert.Equal(["id", "name", "create_time", "update_time"], collection.Shape.Properties.Select(property => property.Key));
        Assert.Equal("Thing", collection.Shape.ComponentName);
        Assert.Equal(["results", "next_page_token", "revision", "total_size"], collection.ListShape.Properties.Select(property => property.Key));
        Assert.True(Fits(collection, """{"name":"a","id":7,"create_time":null,"update_time":"x"}"""));
        Assert.False(Fits(collection, """{"name":"a","other":1}"""));
        Assert.False(Fits(collection, """{"id":"a"}"""));
    }

    [Fact]
    public void An_author_s_own_words_on_the_id_stay()
    {
        var api = Read("x-stateway-collections: { things: { schema: { properties: { id: { type: string, description: Mine. } } } } }\npaths: {}");

        var id = JsonNode.Parse(api.Document.Span)!["components"]!["schemas"]!["Thing"]!["properties"]!["id"]!;
        Assert.Equal("""{"type":"string","description":"Mine.","readOnly":true}""", id.ToJsonString());
    }

    [Fact]
    public void What_stands_behind_an_operation_is_not_served()
    {
        var api = Read("""
            paths:
              /files/{rest+}:
                x-stateway-target: { http: 'https://secret.example/{rest}' }
                get:
                  parameters: [ { name: rest, in: path, required: true, schema: { type: string, x-stateway-reference: things } } ]
                  responses: { '200': { description: ok } }
            x-stateway-collections: { things: { schema: {} } }
            """);

        string text = Encoding.UTF8.GetString(api.Document.Span);
        Assert.DoesNotContain("secret.example", text);
        Assert.DoesNotContain("x-stateway-collections", text);
        Assert.Contains("x-stateway-reference", text);
        Assert.Contains("\"/files/{rest}\"", text);
        Assert.Equal("/files/{rest+}", api.Operations[^1].Path);
        Assert.Equal("getFilesRest", api.Operations[^1].OperationId);
    }

    [Theory]
    [InlineData("", "", "/")]
    [InlineData("servers: [{ url: / }]", "", "/")]
    [InlineData("servers: [{ url: /v1 }]", "/v1", "/v1")]
    [InlineData("servers: [{ url: v1/ }]", "/v1", "/v1")]
    [InlineData("servers: [{ url: 'https://a.example' }]", "", "/")]
    [InlineData("servers: [{ url: 'https://{host}/{stage}/x/', variables: { host: { default: a.example }, stage: { default: v2 } } }]", "/v2/x", "/v2/x")]
    public void The_base_path_is_that_of_the_first_server_and_this_server_is_served_first(string servers, string basePath, string first)
    {
        var api = Read(servers + "\npaths: {}\nx-stateway-collections: {}");

        Assert.Equal(basePath, api.BasePath);
        Assert.Equal(first, JsonNode.Parse(api.Document.Span)!["servers"]![0]!["url"]!.GetValue<string>());
    }

    [Fact]
    public void Parts_of_other_files_become_components_and_errors_in_them_are_told_where_they_are()
    {
        using var folder = new DocumentFolder()
            .With("a.yaml", Head + """
                x-stateway-collections: { things: { schema: { $ref: 'parts.yaml#/Thing' } } }
                paths:
                  /x: { $ref: 'parts.yaml#/x' }
                components: { schemas: { Colour: { type: integer } } }
                """)
            .With("parts.yaml", """
                Thing:
                  type: object
                  properties:
                    colour: { $ref: '#/Colour' }
                    parts: { type: array, items: { $ref: '#/Thing' } }
                    size: { $ref: 'size.json' }
                Colour: { type: string, enum: [red, blue] }
                x:
                  get:
                    x-stateway-target: { http: /b }
                    responses: { '200': { $ref: '#/Fine' } }
                Fine: { description: fine }
                """)
            .With("size.json", """{ "type": "string" }""");

        var document = JsonNode.Parse(Accepted(folder.Read())[0].Document.Span)!;
        var schemas = document["components"]!["schemas"]!;
        Assert.Equal("#/components/schemas/Colour2", schemas["Thing"]!["properties"]!["colour"]!["$ref"]!.GetValue<string>());
        Assert.Equal("#/components/schemas/Thing", schemas["Thing"]!["properties"]!["parts"]!["items"]!["$ref"]!.GetValue<string>());
        Assert.Equal("string", schemas["size"]!["type"]!.GetValue<string>());
        Assert.Equal("fine", document["components"]!["responses"]!["Fine"]!["description"]!.GetValue<string>());
        Assert.NotNull(document["paths"]!["/x"]!["get"]);

        var error = Assert.Single(folder.With("parts.yaml", File.ReadAllText(folder.PathOf("parts.yaml")).Replace("type: string, enum", "type: strin, enum")).Read().Errors);
        Assert.Equal("parts.yaml:7:17 /Colour/type", $"{error.File}:{error.Line}:{error.Column} {error.Pointer}");
    }

    [Fact]
    public void Documents_may_refer_to_each_other()
    {
        using var folder = new DocumentFolder()
            .With("a.yaml", Head + "servers: [{ url: /a }]\nx-stateway-collections: {}\npaths: {}\ncomponents: { schemas: { A: { properties: { b: { $ref: 'b.yaml#/components/schemas/B' } } } } }")
            .With("b.yaml", Head + "servers: [{ url: /b }]\nx-stateway-collections: {}\npaths: {}\ncomponents: { schemas: { B: { properties: { a: { $ref: 'a.yaml#/components/schemas/A' } } } } }");

        foreach (var api in Accepted(folder.Read()))
        {
            string text = Encoding.UTF8.GetString(api.Document.Span);
            Assert.DoesNotContain(".yaml", text);
            Assert.Contains("#/components/schemas/A", text);
            Assert.Contains("#/components/schemas/B", text);
        }
    }

    [Fact]
    public void Parameters_and_bodies_are_read_with_their_schemas()
    {
        var operation = Read("""
            paths:
              /a/{x}:
                parameters:
                  - { name: x, in: path, required: true, schema: { type: string, maxLength: 1 } }
                  - { name: q, in: query, schema: { type: integer } }
                post:
                  deprecated: true
                  x-stateway-target: { http: '/b/{x}?c={x}', timeout: 1.5s, preserve_host: true, headers: { remove: [Cookie], set: { A: b }, add: { C: d } } }
                  parameters:
                    - { $ref: '#/components/parameters/Q' }
                    - { name: j, in: query, content: { application/json: { schema: { type: object } } } }
                    - { name: Accept, in: header, schema: { type: string } }
                    - { name: X-A, in: header, schema: { type: array, items: { type: string } } }
                  requestBody: { required: true, content: { Application/JSON: { schema: { type: string } }, text/plain: { schema: { type: string } } } }
                  responses: { '200': { description: ok } }
            components: { parameters: { Q: { name: q, in: query, style: pipeDelimited, schema: { type: array } } } }
            """).Operations[0];

        Assert.Equal(
            ["x path simple False False True", "q query pipeDelimited False False False", "j query form True True False", "X-A header simple False False False"],
            operation.Parameters.Select(p => $"{p.Name} {p.In} {p.Style} {p.Explode} {p.IsJson} {p.Required}"));
        Assert.True(operation.Deprecated);
        Assert.True(operation.RequestBody!.Required);
        Assert.Equal(["application/json True", "text/plain False"], operation.RequestBody.Content.Select(content => $"{content.Key} {content.Value is not null}"));

        var http = Assert.IsType<TargetSpec.Http>(operation.Target);
        Assert.Equal(("/b/{x}?c={x}", TimeSpan.FromMilliseconds(1500), true), (http.Url, http.Timeout, http.PreserveHost));
        Assert.Equal("Cookie A=b C=d", $"{http.RequestHeaders.Remove[0]} {http.RequestHeaders.Set[0].Key}={http.RequestHeaders.Set[0].Value} {http.RequestHeaders.Add[0].Key}={http.RequestHeaders.Add[0].Value}");
    }

    [Theory]
    [InlineData("get", "", "{ collection: orders }", CollectionVerb.List)]
    [InlineData("post", "", "{ collection: orders }", CollectionVerb.Create)]
    [InlineData("get", "/{a}", "{ collection: orders }", CollectionVerb.Get)]
    [InlineData("put", "/{a}", "{ collection: orders }", CollectionVerb.Replace)]
    [InlineData("patch", "/{a}", "{ collection: orders }", CollectionVerb.Patch)]
    [InlineData("delete", "/{a}", "{ collection: orders }", CollectionVerb.Delete)]
    [InlineData("post", "/{a}", "{ collection: orders, action: go }", CollectionVerb.Act)]
    [InlineData("post", "/{a}", "{ collection: orders, verb: replace }", CollectionVerb.Replace)]
    [InlineData("get", "/{a}", "{ collection: orders/items }", CollectionVerb.List)]
    [InlineData("get", "/{a}/{b}", "{ collection: shop/orders/items }", CollectionVerb.Get)]
    [InlineData("get", "", "{ collection: shop/orders }", CollectionVerb.List)]
    public void The_verb_follows_from_method_and_path(string method, string path, string target, CollectionVerb verb)
    {
        string parameters = string.Join(", ", "ab".Where(name => path.Contains(name)).Select(name => $"{{ name: {name}, in: path, required: true, schema: {{ type: string }} }}"));
        using var folder = new DocumentFolder()
            .With("shop.yaml", Head + "servers: [{ url: /shop }]\nx-stateway-collections: { orders: { schema: { properties: { a: {} } }, children: { items: { schema: {} } }, actions: { go: { set: { a: 1 } } } } }\npaths: {}")
            .With("front.yaml", Head + $"paths: {{ '/mine{path}': {{ {method}: {{ parameters: [{parameters}], x-stateway-target: {target.Replace("collection: orders", "collection: shop/orders")}, responses: {{ '200': {{ description: ok }} }} }} }} }}");

        var operation = Assert.Single(Accepted(folder.Read())[0].Operations);

        Assert.Equal(verb, Assert.IsType<TargetSpec.Collection>(operation.Target).Verb);
    }

    [Theory]
    [InlineData("post", "/{a}", "{ collection: shop/orders }", "no usual meaning")]
    [InlineData("get", "/{a}/{b}", "{ collection: shop/orders }", "takes one parameter in the path")]
    [InlineData("get", "", "{ collection: shop/orders, verb: get }", "takes one parameter in the path")]
    [InlineData("post", "/{a}", "{ collection: shop/orders, verb: act }", "which action")]
    [InlineData("post", "/{a}", "{ collection: shop/orders, action: went }", "no action 'went'")]
    public void A_verb_that_does_not_fit_is_refused(string method, string path, string target, string message)
    {
        string parameters = string.Join(", ", "ab".Where(name => path.Contains(name)).Select(name => $"{{ name: {name}, in: path, required: true, schema: {{ type: string }} }}"));
        using var folder = new DocumentFolder()
            .With("shop.yaml", Head + "servers: [{ url: /shop }]\nx-stateway-collections: { orders: { schema: { properties: { a: {} } }, actions: { go: { set: { a: 1 } } } } }\npaths: {}")
            .With("front.yaml", Head + $"paths: {{ '/mine{path}': {{ {method}: {{ parameters: [{parameters}], x-stateway-target: {target}, responses: {{ '200': {{ description: ok }} }} }} }} }}");

        Assert.Contains(message, Assert.Single(folder.Read().Errors).Message);
    }

    private static ApiSpec Read(string rest) => Assert.Single(Accepted(DocumentFolder.Read("a.yaml", Head + rest)));

    private static IReadOnlyList<ApiSpec> Accepted(ApiReading reading)
    {
        Assert.Empty(reading.Errors);
        return reading.Apis;
    }

    private static bool Fits(CollectionDeclaration collection, string json) =>
        collection.RequestSchema.Validate(Encoding.UTF8.GetBytes(json), new());
}
