using System.Text.RegularExpressions;
using Stateway.Model.Apis;
using Xunit;

namespace Stateway.Fast.Tests.Apis;

/// <summary>What is wrong in a document, found where it stands, with what would be right.</summary>
public sealed partial class DocumentErrorTests
{
    private const string Head = "openapi: 3.1.0\ninfo: { title: T, version: '1' }\n";
    private const string Ok = "responses: { '200': { description: ok } }";

    /// <summary>The rest of a document; line, column, pointer and a part of the message of its one error.</summary>
    public static TheoryData<string, int, int, string, string> Wrong => new()
    {
        // OpenAPI's own form
        { "paths: {}\ntag: []", 4, 1, "/tag", "did you mean tags?" },
        { "paths:\n  a: {}", 4, 3, "/paths/a", "a path begins with '/'" },
        { "paths:\n  /a:\n    gett: {}", 5, 5, "/paths/~1a/gett", "did you mean get?" },
        { "paths: {}\nservers: [{ url: 5 }]", 4, 18, "/servers/0/url", "Write it in quotes." },
        { "paths: {}\nservers: [{}]", 4, 11, "/servers/0/url", "url is missing" },
        { $"paths:\n  /a:\n    get: {{ x-stateway-target: {{ http: /b }}, responses: {{ '2000': {{ description: ok }} }} }}", 5, 58, "/paths/~1a/get/responses/2000", "no status" },

        // Paths and parameters
        { $"paths:\n  /a/{{x}}:\n    get: {{ x-stateway-target: {{ http: /b }}, {Ok} }}", 5, 5, "/paths/~1a~1{x}/get", "add { name: x, in: path" },
        { $"paths:\n  /a:\n    get:\n      parameters: [{{ name: q, in: path, required: true, schema: {{ type: string }} }}]\n      x-stateway-target: {{ http: /b }}\n      {Ok}", 6, 28, "/paths/~1a/get/parameters/0/name", "has no parameter {q}" },
        { $"paths:\n  /a:\n    get:\n      parameters: [{{ name: q, in: query, schema: {{ type: string }} }}, {{ name: q, in: query, schema: {{ type: string }} }}]\n      x-stateway-target: {{ http: /b }}\n      {Ok}", 6, 70, "/paths/~1a/get/parameters/1", "declared twice" },
        { $"paths:\n  /a:\n    get:\n      parameters: [{{ name: q, in: query, schema: {{ type: strng }} }}]\n      x-stateway-target: {{ http: /b }}\n      {Ok}", 6, 58, "/paths/~1a/get/parameters/0/schema/type", "'strng' is no type" },
        { "paths:\n  /a/{x}-{y}: {}", 4, 3, "/paths/~1a~1{x}-{y}", "a parameter is a whole segment" },
        { "paths:\n  /a/{x+}/b: {}", 4, 3, "/paths/~1a~1{x+}~1b", "only the last segment" },
        { "paths:\n  /a/{x}/{x}: {}", 4, 3, "/paths/~1a~1{x}~1{x}", "twice" },
        { "paths:\n  /a//b: {}", 4, 3, "/paths/~1a~1~1b", "empty segment" },
        { "paths:\n  /a?b: {}", 4, 3, "/paths/~1a?b", "no '?'" },
        { "paths:\n  /_/a: {}", 4, 3, "/paths/~1_~1a", "belong to the server" },
        { "paths:\n  /a/{x}: {}\n  /a/{y}: {}", 5, 3, "/paths/~1a~1{y}", "the same requests as /a/{x}" },
        { $"paths:\n  /a:\n    get: {{ operationId: o, x-stateway-target: {{ http: /b }}, {Ok} }}\n    put: {{ operationId: o, x-stateway-target: {{ http: /b }}, {Ok} }}", 6, 25, "/paths/~1a/put/operationId", "twice" },

        // References
        { "paths:\n  /a:\n    get: { x-stateway-target: { http: /b }, responses: { '200': { $ref: '#/components/responses/None' } } }\ncomponents: { responses: { Nine: { description: ok } } }", 5, 73, "/paths/~1a/get/responses/200/$ref", "Did you mean 'Nine'?" },
        { "paths: {}\ncomponents:\n  schemas:\n    A: { $ref: 'none.yaml#/A' }", 6, 16, "/components/schemas/A/$ref", "There is no file 'none.yaml'" },
        { "paths: {}\ncomponents:\n  schemas:\n    A: { $ref: 'https://x.example/a.json' }", 6, 16, "/components/schemas/A/$ref", "Stateway fetches nothing" },
        { "paths: {}\ncomponents:\n  schemas:\n    A: { $ref: '../a.yaml' }", 6, 16, "/components/schemas/A/$ref", "leads out of the folder" },
        { "paths: {}\ncomponents:\n  schemas:\n    A: { $ref: '#/components/schemas/A' }", 6, 16, "/components/schemas/A/$ref", "back to itself" },
        { "paths: {}\ncomponents:\n  schemas:\n    A: { properties: { a: { minLength: x } } }", 6, 40, "/components/schemas/A/properties/a/minLength", "" },

        // Servers
        { "servers: [{ url: '/{a}' }]\npaths: {}", 3, 18, "/servers/0/url", "variable 'a'" },
        { "servers: [{ url: '/a?b' }]\npaths: {}", 3, 18, "/servers/0/url", "without '?'" },

        // Extensions
        { "paths: {}\nx-stateway-colection: {}", 4, 1, "/x-stateway-colection", "Did you mean 'x-stateway-collections'?" },
        { "paths: {}\nx-stateway-target: { http: /b }", 4, 1, "/x-stateway-target", "stands in an operation" },
        { $"x-stateway-collections: {{}}\npaths:\n  /a:\n    get: {{ {Ok} }}", 6, 5, "/paths/~1a/get", "Nothing answers GET /a" },
        { $"paths:\n  /a:\n    get: {{ x-stateway-target: {{ collection: c, http: /b }}, {Ok} }}", 5, 12, "/paths/~1a/get/x-stateway-target", "exactly one" },
        { $"paths:\n  /a:\n    get: {{ x-stateway-target: {{ collection: c }}, {Ok} }}", 5, 45, "/paths/~1a/get/x-stateway-target/collection", "declares the collection 'c'" },
        { $"paths:\n  /a:\n    get: {{ x-stateway-target: {{ http: '/{{x}}' }}, {Ok} }}", 5, 39, "/paths/~1a/get/x-stateway-target/http", "no parameter of the path" },
        { $"paths:\n  /a:\n    get: {{ x-stateway-target: {{ http: '/x}}' }}, {Ok} }}", 5, 39, "/paths/~1a/get/x-stateway-target/http", "A brace stands alone" },
        { $"paths:\n  /a:\n    get: {{ x-stateway-target: {{ http: 'ftp://a' }}, {Ok} }}", 5, 39, "/paths/~1a/get/x-stateway-target/http", "http://, https://, or with /" },
        { $"paths:\n  /a:\n    get: {{ x-stateway-target: {{ http: '//a' }}, {Ok} }}", 5, 39, "/paths/~1a/get/x-stateway-target/http", "one slash" },
        { $"paths:\n  /a:\n    get: {{ x-stateway-target: {{ http: 'http://u:p@a/' }}, {Ok} }}", 5, 39, "/paths/~1a/get/x-stateway-target/http", "password" },
        { $"paths:\n  /a:\n    get: {{ x-stateway-target: {{ http: /b, timeout: 5 s }}, {Ok} }}", 5, 52, "/paths/~1a/get/x-stateway-target/timeout", "250ms, 5s, 2m" },
        { $"paths:\n  /a:\n    get: {{ x-stateway-target: {{ http: /b, timeout: 0s }}, {Ok} }}", 5, 52, "/paths/~1a/get/x-stateway-target/timeout", "above zero" },
        { $"paths:\n  /a:\n    get: {{ x-stateway-target: {{ http: /b, headers: {{ set: {{ Host: a }} }} }}, {Ok} }}", 5, 61, "/paths/~1a/get/x-stateway-target/headers/set/Host", "preserve_host" },
        { $"paths:\n  /a:\n    get: {{ x-stateway-target: {{ http: /b, headers: {{ set: {{ 'a b': a }} }} }}, {Ok} }}", 5, 68, "/paths/~1a/get/x-stateway-target/headers/set/a b", "does not match" },
        { $"paths:\n  /a:\n    get: {{ x-stateway-target: {{ http: /b, timeot: 5s }}, {Ok} }}", 5, 43, "/paths/~1a/get/x-stateway-target/timeot", "did you mean timeout?" },
        { $"paths:\n  /a:\n    get: {{ x-stateway-target: {{ mock: true, timeout: 5s }}, {Ok} }}", 5, 12, "/paths/~1a/get/x-stateway-target/http", "http is missing where timeout" },
        { $"paths:\n  /a:\n    get: {{ x-stateway-target: {{ mock: none }}, {Ok} }}", 5, 39, "/paths/~1a/get/x-stateway-target/mock", "No response has an example 'none'" },
        { "paths:\n  /a:\n    get: { x-stateway-target: { mock: true } }", 5, 39, "/paths/~1a/get/x-stateway-target/mock", "add some" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void An_error_stands_where_it_is_and_says_what_would_be_right(string rest, int line, int column, string pointer, string message)
    {
        var error = Assert.Single(DocumentFolder.Read("a.yaml", Head + rest).Errors);

        Assert.Equal($"a.yaml:{line}:{column} {pointer}", $"{error.File}:{error.Line}:{error.Column} {error.Pointer}");
        Assert.Contains(message, error.Message);
    }

    /// <summary>What stands under <c>x-stateway-collections: things:</c>, from line 5, column 5; its schema is in line 4.</summary>
    public static TheoryData<string, int, int, string, string> WrongCollections => new()
    {
        { "filter: [nam]", 5, 14, "/filter/0", "Did you mean 'name'?" },
        { "filter: [tags]", 5, 14, "/filter/0", "'tags' is a list" },
        { "filter: [where]", 5, 14, "/filter/0", "'where' is an object" },
        { "filter: [name.first]", 5, 14, "/filter/0", "no fields inside" },
        { "filter: [where.zip]", 5, 14, "/filter/0", "no field 'zip' in 'where'" },
        { "filter: [any]", 5, 14, "/filter/0", "give it a type" },
        { "filter: [secret]", 5, 14, "/filter/0", "writeOnly" },
        { "filter: [fields]", 5, 14, "/filter/0", "a parameter 'fields' already" },
        { "order: [-name]", 5, 13, "/order/0", "no field '-name'" },
        { "unique: name", 5, 13, "/unique", "an array is expected" },
        { "order: [name, name]", 5, 19, "/order/1", "there twice" },
        { "filtr: [name]", 5, 5, "/filtr", "did you mean filter?" },
        { "require_condition: yes", 5, 24, "/require_condition", "true or false is expected" },
        { "seed: ../seed.json", 5, 11, "/seed", "the document's folder" },
        { "seed: none.json", 5, 11, "/seed", "There is no file" },
        { "children: { Kids: { schema: { type: object } } }", 5, 17, "/children/Kids", "Write kids." },
        { "children: { name: { schema: { type: object } } }", 5, 17, "/children/name", "a field of the schema as well" },
        { "children: { kids: { schema: { type: object }, seed: a.json } }", 5, 57, "/children/kids/seed", "seeded with their parents" },
        { "children: { b: { schema: {}, children: { c: { schema: {}, children: { d: { schema: {}, children: { e: { schema: {} } } } } } } } }", 5, 104, "/children/b/children/c/children/d/children/e", "at most 3 levels" },
        { "actions: { go: { set: { any: 1 }, target: { http: /b } } }", 5, 16, "/actions/go", "leave one out" },
        { "actions: { go: {} }", 5, 16, "/actions/go", "Nothing says what 'go' does" },
        { "actions: { go_on: { set: { any: 1 } } }", 5, 16, "/actions/go_on", "Write go-on." },
        { "actions: { go: { method: GET, set: { any: 1 } } }", 5, 35, "/actions/go/set", "only tells" },
        { "actions: { go: { method: DELETE, set: { any: 1 } } }", 5, 30, "/actions/go/method", "POST" },
        { "actions: { go: { set: { nam: 1 } } }", 5, 29, "/actions/go/set/nam", "Did you mean 'name'?" },
        { "actions: { go: { set: { id: 1 } } }", 5, 29, "/actions/go/set/id", "belongs to the store" },
        { "actions: { go: { set: { name: 'resource.' } } }", 5, 35, "/actions/go/set/name", "At character 10" },
        { "actions: { go: { set: { name: 'request.a' } } }", 5, 35, "/actions/go/set/name", "At character 1 of the expression: There is no request, as the action has no body; declare body." },
        { "actions: { go: { set: { name: back } } }", 5, 35, "/actions/go/set/name", "write it in quotes inside the expression: '\"back\"'" },
        { "actions: { go: { set: { name: 1 } } }", 5, 35, "/actions/go/set/name", "string" },
        { "actions: { go: { set: { state: '\"opne\"' } } }", 5, 36, "/actions/go/set/state", "open" },
        { "actions: { go: { set: { where.city: 5 } } }", 5, 41, "/actions/go/set/where.city", "string" },
        { "actions: { go: { when: 'resource.nam == 1', set: { any: 1 } } }", 5, 28, "/actions/go/when", "name is near" },
        { "actions: { go: { when: 'resource.name', set: { any: 1 } } }", 5, 28, "/actions/go/when", "neither true nor false" },
        { "actions: { go: { target: { http: '/b/{thing-id}' } } }", 5, 38, "/actions/go/target/http", "Did you mean 'thing_id'?" },
    };

    [Theory]
    [MemberData(nameof(WrongCollections))]
    public void An_error_of_a_collection_stands_where_it_is(string rest, int line, int column, string pointer, string message)
    {
        string text = Head + "x-stateway-collections: { things: {\n    schema: { $ref: '#/components/schemas/Thing' },\n    "
            + rest + " } }\npaths: {}\ncomponents:\n  schemas:\n    Thing:\n      type: object\n      properties:\n"
            + "        name: { type: string }\n        tags: { type: array }\n        where: { type: object, properties: { city: { type: string } } }\n"
            + "        state: { enum: [open, shut] }\n        any: {}\n        secret: { type: string, writeOnly: true }\n        fields: { type: string }\n";

        var error = Assert.Single(DocumentFolder.Read("a.yaml", text).Errors);

        Assert.Equal($"a.yaml:{line}:{column} /x-stateway-collections/things{pointer}", $"{error.File}:{error.Line}:{error.Column} {error.Pointer}");
        Assert.Contains(message, error.Message);
    }

    [Theory]
    [InlineData("3.0.3")]
    [InlineData("3.1.0")]
    public void A_document_with_collections_needs_no_paths(string version)
    {
        var reading = DocumentFolder.Read("a.yaml", $"openapi: {version}\ninfo: {{ title: T, version: '1' }}\nx-stateway-collections: {{ things: {{ schema: {{ type: object }} }} }}");

        Assert.Empty(reading.Errors);
        Assert.Empty(DocumentFolder.Read("a.json", System.Text.Encoding.UTF8.GetString(Assert.Single(reading.Apis).Document.Span)).Errors);
    }

    [Fact]
    public void A_name_that_is_not_kebab_case_is_refused() =>
        AssertOne(Head + "x-stateway-collections:\n  MyThings:\n    schema: { type: object }\npaths: {}", "a.yaml:4:3", "Write my-things.");

    [Fact]
    public void A_child_and_an_action_of_one_name_are_refused() =>
        AssertOne(Head + "x-stateway-collections:\n  a:\n    schema: {}\n    children: { go: { schema: {} } }\n    actions: { go: { target: { http: /b } } }\npaths: {}",
            "a.yaml:7:16", "/a/{id}/go");

    [Fact]
    public void A_constant_that_the_field_of_an_inline_schema_can_not_hold_is_refused() =>
        AssertOne(Head + "x-stateway-collections:\n  a:\n    schema: { properties: { n: { type: integer } } }\n    actions: { go: { set: { n: '\"x\"' } } }", "a.yaml:6:32", "integer");

    [Fact]
    public void A_collection_without_a_schema_is_refused() =>
        AssertOne(Head + "x-stateway-collections:\n  things: {}\npaths: {}", "a.yaml:4:3", "schema is missing");

    [Fact]
    public void A_schema_that_is_no_object_is_refused() =>
        AssertOne(Head + "x-stateway-collections:\n  things: { schema: { type: array } }\npaths: {}", "a.yaml:4:13", "A resource is an object");

    [Fact]
    public void An_id_of_another_type_is_refused() =>
        AssertOne(Head + "x-stateway-collections:\n  things:\n    schema:\n      properties: { id: { type: integer } }\npaths: {}", "a.yaml:6:33", "it is a string");

    [Fact]
    public void A_reference_to_no_collection_is_refused() =>
        AssertOne(Head + "x-stateway-collections:\n  things:\n    schema:\n      properties: { a: { type: string, x-stateway-reference: thing } }\npaths: {}",
            "a.yaml:6:62", "Did you mean 'things'?");

    [Fact]
    public void A_reference_inside_a_list_is_refused() =>
        AssertOne(Head + "x-stateway-collections:\n  things:\n    schema:\n      properties: { a: { items: { type: string, x-stateway-reference: things } } }\npaths: {}",
            "a.yaml:5:5", "make the list a child collection");

    [Fact]
    public void A_reference_that_is_no_text_is_refused() =>
        AssertOne(Head + "x-stateway-collections:\n  things:\n    schema:\n      properties: { a: { type: integer, x-stateway-reference: things } }\npaths: {}",
            "a.yaml:5:5", "its type must be string");

    [Fact]
    public void A_file_that_collections_can_not_be_kept_under_is_refused()
    {
        var error = Assert.Single(DocumentFolder.Read("My_Shop.yaml", Head + "x-stateway-collections: { a: { schema: {} } }\npaths: {}").Errors);

        Assert.Contains("rename the file to my-shop.yaml", error.Message);
    }

    [Fact]
    public void All_errors_of_all_documents_are_told_at_once_in_order()
    {
        using var folder = new DocumentFolder()
            .With("b.yaml", "openapi: 3.1.0\ninfo: { titel: T, version: 1 }\npaths:\n  /a: { get: { responses: { '200': {} } } }\nx-stateway-collections: { A: {} }")
            .With("a.json", "{\n  \"openapi\": \"3.0.3\",\n  \"info\": { \"title\": \"T\" },\n  \"paths\": { \"a\": {} }\n}");

        var reading = folder.Read();

        Assert.Empty(reading.Apis);
        Assert.Equal(
            [
                "a.json:3:3 /info/version", "a.json:4:14 /paths/a",
                "b.yaml:2:1 /info/title", "b.yaml:2:9 /info/titel", "b.yaml:2:28 /info/version",
                "b.yaml:4:9 /paths/~1a/get", "b.yaml:4:29 /paths/~1a/get/responses/200/description",
                "b.yaml:5:27 /x-stateway-collections/A", "b.yaml:5:27 /x-stateway-collections/A/schema",
            ],
            reading.Errors.Select(error => $"{error.File}:{error.Line}:{error.Column} {error.Pointer}"));
    }

    [Theory]
    [InlineData("3.0.3")]
    [InlineData("3.1.0")]
    public void JSON_documents_are_checked_like_YAML(string version)
    {
        string json = $$"""
            {
              "openapi": "{{version}}",
              "info": { "title": "T", "version": "1" },
              "paths": {
                "/a": {
                  "get": { "x-stateway-target": { "http": "/b", "timeout": "soon" }, "responses": { "200": { "description": "ok" } } }
                }
              }
            }
            """;

        var error = Assert.Single(DocumentFolder.Read("a.json", json).Errors);

        Assert.Equal("a.json:6:64 /paths/~1a/get/x-stateway-target/timeout", $"{error.File}:{error.Line}:{error.Column} {error.Pointer}");
    }

    [Theory]
    [InlineData("type: [string, 'null']", "type")]
    [InlineData("const: 1", "const")]
    [InlineData("exclusiveMinimum: 5", "exclusiveMinimum")]
    [InlineData("requird: [a]", "requird")]
    public void What_only_3_1_has_is_refused_in_3_0(string keyword, string name)
    {
        string text = $"openapi: 3.0.3\ninfo: {{ title: T, version: '1' }}\npaths: {{}}\ncomponents: {{ schemas: {{ A: {{ {keyword} }} }} }}";

        var error = Assert.Single(DocumentFolder.Read("a.yaml", text).Errors);

        Assert.Equal("/components/schemas/A/" + name, error.Pointer);
    }

    [Theory]
    [InlineData("swagger: '2.0'\npaths: {}", "Swagger")]
    [InlineData("a: 1", "Begin with openapi: 3.1.0")]
    [InlineData("openapi: 3.2.0", "3.0 and 3.1")]
    [InlineData("openapi: 3.1", "3.0 and 3.1")]
    [InlineData("", "Begin with openapi: 3.1.0")]
    [InlineData("[", "not YAML")]
    public void A_file_that_is_named_must_be_a_document(string text, string message)
    {
        using var folder = new DocumentFolder().With("a.yaml", text);

        Assert.Contains(message, Assert.Single(folder.Read("a.yaml").Errors).Message);
    }

    [Fact]
    public void Other_files_of_a_folder_are_left_alone()
    {
        using var folder = new DocumentFolder()
            .With("a.yaml", Head + "paths: {}\nx-stateway-collections: {}")
            .With("seed.json", "[1, 2")
            .With("group.yaml", "kind: group\n---\nkind: group\n")
            .With("broken.yaml", "a: [")
            .With("notes.txt", "openapi: 3.1.0");

        var reading = folder.Read();

        Assert.Empty(reading.Errors);
        Assert.Equal(["a"], reading.Apis.Select(api => api.Name));
    }

    [Theory]
    [InlineData("broken.yaml", "openapi: 3.1.0\na: [")]
    [InlineData("broken.json", "{\n  \"openapi\": \"3.1.0\",\n}")]
    public void A_broken_file_that_means_to_be_a_document_is_refused(string name, string text) =>
        Assert.Equal(name, Assert.Single(DocumentFolder.Read(name, text).Errors).File);

    [Fact]
    public void A_folder_without_documents_is_refused() =>
        Assert.Contains("No OpenAPI document", Assert.Single(DocumentFolder.Read("a.yaml", "kind: group").Errors).Message);

    [Fact]
    public void A_path_that_is_not_there_is_refused() =>
        Assert.Contains("no such file or folder", Assert.Single(ApiReader.Read("/none/at/all").Errors).Message);

    [Fact]
    public void Two_files_of_one_name_are_refused()
    {
        using var folder = new DocumentFolder().With("a.yaml", Head + "paths: {}").With("a.yml", Head + "paths: {}");

        Assert.Contains("same name", Assert.Single(folder.Read().Errors).Message);
    }

    [Fact]
    public void Two_documents_that_answer_the_same_request_are_refused()
    {
        string paths = $"paths:\n  /a/{{x}}:\n    parameters: [{{ name: x, in: path, required: true, schema: {{ type: string }} }}]\n    get: {{ x-stateway-target: {{ http: /c }}, {Ok} }}";
        using var folder = new DocumentFolder()
            .With("a.yaml", Head + "servers: [{ url: /v1 }]\n" + paths)
            .With("b.yaml", Head + "servers: [{ url: 'https://b.example/v1/' }]\n" + paths.Replace("{x}", "{y}").Replace("name: x", "name: y"))
            .With("c.yaml", Head + "servers: [{ url: /v2 }]\n" + paths);

        var error = Assert.Single(folder.Read().Errors);

        Assert.Equal("b.yaml:5:3 /paths/~1a~1{y}", $"{error.File}:{error.Line}:{error.Column} {error.Pointer}");
        Assert.Contains("a.yaml answers GET /v1/a/{y} as well", error.Message);
    }

    [Theory]
    [InlineData("paths: {}\nsecurity: [{ key: [] }]\nx-stateway-collections: {}", "/security", "not enforced")]
    [InlineData("paths: { /a: { get: { responses: { '200': { description: ok } } } } }", "/paths", "its examples do")]
    [InlineData("paths: {}\nx-stateway-collections: {}\ncomponents: { schemas: { A: { requierd: [a] } } }", "/components/schemas/A/requierd", "Did you mean 'required'?")]
    [InlineData("paths: {}\nx-stateway-collections: {}\ncomponents: { schemas: { A: { description: One, at the time: } } }", "/components/schemas/A/at the time", "Put it in quotes.")]
    [InlineData("paths: {}\nx-stateway-collections: {}\ncomponents: { schemas: { A: { somethingElse: 1, x-mine: 2 } } }", "/components/schemas/A/somethingElse", "no keyword")]
    [InlineData("paths: {}\nx-stateway-collections: {}\ncomponents: { schemas: { A: { type: string, nullable: true } } }", "/components/schemas/A/nullable", "type: [string, 'null']")]
    [InlineData("paths: { /a: { servers: [], get: { x-stateway-target: { http: /b }, responses: { '200': { description: ok } } } } }", "/paths/~1a/servers", "no effect")]
    public void What_is_allowed_but_surely_not_meant_is_warned_of(string rest, string pointer, string message)
    {
        var reading = DocumentFolder.Read("a.yaml", Head + rest);

        Assert.Empty(reading.Errors);
        var warning = Assert.Single(reading.Warnings);
        Assert.Equal(pointer, warning.Pointer);
        Assert.Contains(message, warning.Message);
    }

    [Fact]
    public void A_shop_with_any_piece_broken_is_refused_or_read_and_never_throws()
    {
        string[] lines = File.ReadAllLines(DocumentFolder.InRepository("examples", "shop", "shop.yaml"));
        string[] seeds = ["users.json", "products.json", "orders.json"];
        using var folder = new DocumentFolder();
        foreach (string seed in seeds) folder.With(seed, "[]");

        for (int i = 0; i < lines.Length; i++)
        {
            foreach (string broken in new[] { "", lines[i].Split(':')[0] + ": [1]", lines[i].Split(':')[0] + ": { a: 1 }", lines[i].Split(':')[0] + ": x", Letters().Replace(lines[i], "q", 1) })
            {
                var reading = folder.With("shop.yaml", string.Join('\n', [.. lines[..i], broken, .. lines[(i + 1)..]])).Read("shop.yaml");
                Assert.True(reading.Errors.Count > 0 != reading.Apis.Count > 0);
            }
        }
    }

    private static void AssertOne(string text, string place, string message)
    {
        var error = Assert.Single(DocumentFolder.Read("a.yaml", text).Errors);

        Assert.Equal(place, $"{error.File}:{error.Line}:{error.Column}");
        Assert.Contains(message, error.Message);
    }

    [GeneratedRegex("[a-z]")]
    private static partial Regex Letters();
}
