using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Management;

/// <summary>Who knows nothing of Stateway but the address and the key: curl, a client that follows links, a generated one, a linter.</summary>
public sealed partial class StrangerTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private StatewayProgram _program = null!;

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllTextAsync(Path.Combine(Directory.CreateDirectory(_folder.File("api")).FullName, "notes.yaml"), Administrator.Document("1"));
        _program = await StatewayProgram.RunAsync(_folder.File("api"), _folder.File("data"));
        await File.WriteAllTextAsync(_folder.File("key"), "Authorization: Bearer " + await File.ReadAllTextAsync(_program.KeyFile!));
    }

    public async ValueTask DisposeAsync()
    {
        await _program.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Curl_walks_through_all_that_can_be_done()
    {
        Assert.EndsWith("401", (await StatewayProgram.CallToolAsync("curl", "-sS", "-w", "%{http_code}", $"{_program.ManagementUrl}apis")).Out, StringComparison.Ordinal);
        Assert.Contains("\"id\":\"notes\"", await CurlAsync("/apis"), StringComparison.Ordinal);

        string made = await CurlAsync("/apis?id=shop", "-i", "-H", "Content-Type: application/json", "-d", """{"title":"Shop"}""");
        Assert.EndsWith("201", made, StringComparison.Ordinal);
        Assert.Matches("\nLocation: /apis/shop\r\n", made);
        string etag = Field(made, "ETag"), revision = Field(made, "Stateway-Revision");

        string put = await CurlAsync("/apis/shop", "-i", "-X", "PUT", "-H", "If-Match: " + etag, "-H", "Content-Type: application/json", "-d", """{"title":"Shop 2"}""");
        Assert.EndsWith("200", put, StringComparison.Ordinal);
        string stale = await CurlAsync("/apis/shop", "-i", "-X", "PUT", "-H", "If-Match: " + etag, "-H", "Content-Type: application/json", "-d", """{"title":"Shop 3"}""");
        Assert.EndsWith("412", stale, StringComparison.Ordinal);
        Assert.Equal(Field(put, "ETag"), Field(stale, "ETag"));
        Assert.EndsWith("304", await CurlAsync("/apis/shop", "-H", "If-None-Match: " + Field(put, "ETag")), StringComparison.Ordinal);

        Assert.Matches("""^\{"type":"modified","revision":"[0-9]+","object":\{"id":"shop","generation":2,.*"title":"Shop 2",""", await FirstLineAsync($"/apis?watch=true&revision={revision}"));

        string batch = await CurlAsync("/_/batch", "-H", "Content-Type: application/json", "-d",
            """{"requests":[{"method":"PUT","path":"/apis/a","body":{"title":"A"}},{"method":"PATCH","path":"/apis/shop","body":{"labels":{"team":"x"}}}]}""");
        Assert.EndsWith("200", batch, StringComparison.Ordinal);
        Assert.Matches("^\\{\"revision\":\"[0-9]+\",\"results\":\\[\\{\"status\":201", batch);

        string xml = await CurlAsync("/apis/shop", "-H", "Accept: application/xml");
        Assert.Contains("<title>Shop 2</title>", xml, StringComparison.Ordinal);
        string written = xml[..^3].Replace("Shop 2", "Shop X", StringComparison.Ordinal);
        Assert.EndsWith("200", await CurlAsync("/apis/shop", "-X", "PUT", "-H", "Content-Type: application/xml", "-d", written), StringComparison.Ordinal);
        Assert.Contains("\"title\":\"Shop X\",\"labels\":{\"team\":\"x\"}", await CurlAsync("/apis/shop"), StringComparison.Ordinal);

        Assert.EndsWith("204", await CurlAsync("/apis/shop", "-X", "DELETE"), StringComparison.Ordinal);
        Assert.EndsWith("404", await CurlAsync("/apis/shop"), StringComparison.Ordinal);
    }

    /// <summary>As restish and others find their way: the address alone, then links.</summary>
    [Fact]
    public async Task From_the_base_links_lead_to_the_document_and_to_every_collection()
    {
        using var http = _program.Administrator();
        foreach (var client in new[] { http, _program.Http })
        {
            string @base = client == http ? "/" : "/notes-api";
            using var welcome = await client.GetAsync(@base);
            string description = Assert.Single(LinkTargets(welcome, "service-desc"));
            var document = JsonNode.Parse(await client.GetStringAsync(description))!;
            Assert.Equal("3.1.0", (string?)document["openapi"]);

            // Every collection that the document lists stands in the base, as a template of what leads to it.
            var collections = JsonNode.Parse(await welcome.Content.ReadAsStringAsync())!["collections"]!.AsObject();
            var described = document["paths"]!.AsObject().Where(path => ((string?)path.Value!["get"]?["operationId"])?.StartsWith("list", StringComparison.Ordinal) == true
                && !path.Key.EndsWith("/history", StringComparison.Ordinal)).Select(path => @base.TrimEnd('/') + path.Key);
            Assert.Equal(described.Order(StringComparer.Ordinal), collections.Select(each => (string)each.Value!).Order(StringComparer.Ordinal));
            foreach (var (_, template) in collections) Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(Parameter().Replace((string)template!, "notes"))).StatusCode);
        }
    }

    [Fact]
    public async Task The_catalog_leads_to_every_stage_that_is_served()
    {
        using var administrator = new Administrator(_program);
        await administrator.DeployAsync("notes", "v2", Administrator.Document("2"));
        await administrator.PointAsync("/apis/notes/stages/dev", "v2", "/dev");
        await Administrator.UntilAsync(_program.Http, "/dev/notes-api/version", HttpStatusCode.OK);

        using var http = _program.Administrator();
        using var welcome = await http.GetAsync("/");
        string catalog = Assert.Single(LinkTargets(welcome, "api-catalog"));
        Assert.Equal("/.well-known/api-catalog", catalog); // RFC 9727, section 2
        using var answer = await http.GetAsync(catalog);
        Assert.Equal("application/linkset+json", answer.Content.Headers.ContentType!.MediaType);

        var links = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["linkset"]!.AsArray();
        Assert.Equal([$"{_program.Url}dev/notes-api/", $"{_program.Url}notes-api/"], links[0]!["item"]!.AsArray().Select(item => (string?)item!["href"]));
        Assert.Equal(["notes/dev", "notes/live"], links.Skip(1).Select(link => (string?)link!["service-desc"]![0]!["stage"]![0]));
        Assert.Equal("v2", (string?)links[1]!["service-desc"]![0]!["deployment"]![0]);
        foreach (var link in links.Skip(1))
        {
            Assert.Equal(HttpStatusCode.OK, (await _program.Http.GetAsync((string?)link!["anchor"])).StatusCode);
            Assert.Contains("\"openapi\"", await _program.Http.GetStringAsync((string?)link["service-desc"]![0]!["href"]), StringComparison.Ordinal);
        }

        using var stranger = new HttpClient { BaseAddress = _program.ManagementUrl };
        Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync(catalog)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await _program.Http.GetAsync(catalog)).StatusCode);
    }

    [Fact]
    public async Task A_node_that_listens_on_all_addresses_is_named_as_the_administrator_named_it()
    {
        using var data = new TempFolder();
        await using var open = await StatewayProgram.RunAsync(_folder.File("api"), data.Path, "0.0.0.0:0");
        using var http = open.Administrator();
        http.DefaultRequestHeaders.Host = $"stateway.example:{open.ManagementUrl.Port}";

        string catalog = await http.GetStringAsync("/.well-known/api-catalog");
        Assert.Contains($"\"http://stateway.example:{open.Url.Port}/notes-api/\"", catalog, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_says_which_key_is_asked_for_and_the_document_says_so_too()
    {
        using var stranger = new HttpClient { BaseAddress = _program.ManagementUrl };
        using var refused = await stranger.GetAsync("/");
        Assert.Equal("Bearer realm=\"stateway\"", refused.Headers.WwwAuthenticate.ToString());
        stranger.DefaultRequestHeaders.Authorization = new("Bearer", "wrong");
        using var wrong = await stranger.GetAsync("/");
        Assert.Equal("Bearer realm=\"stateway\", error=\"invalid_token\"", wrong.Headers.WwwAuthenticate.ToString());

        using var http = _program.Administrator();
        var document = JsonNode.Parse(await http.GetStringAsync("/openapi.json"))!;
        string scheme = Assert.Single(Assert.Single(document["security"]!.AsArray())!.AsObject()).Key;
        Assert.Equal(("http", "bearer"), ((string?)document["components"]!["securitySchemes"]![scheme]!["type"], (string?)document["components"]!["securitySchemes"]![scheme]!["scheme"]));
        Assert.All(document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject()).Where(each => each.Value is JsonObject), operation => Assert.Null(operation.Value!["security"]));
    }

    [Fact]
    public async Task A_client_generated_from_the_document_compiles_strictly_and_works()
    {
        string tools = Repository.Path("tests", "typescript");
        if (!Directory.Exists(Path.Combine(tools, "node_modules"))) Assert.Skip("npm did not install the generator");

        string work = Directory.CreateDirectory(_folder.File("client")).FullName;
        foreach (string name in new[] { "walk.mts", "tsconfig.json" }) File.Copy(Path.Combine(tools, name), Path.Combine(work, name));
        Directory.CreateSymbolicLink(Path.Combine(work, "node_modules"), Path.Combine(tools, "node_modules"));
        using var http = _program.Administrator();
        await File.WriteAllBytesAsync(Path.Combine(work, "openapi.json"), await http.GetByteArrayAsync("/openapi.json"));

        await RunAsync(Path.Combine(tools, "node_modules", ".bin", "openapi-typescript"), Path.Combine(work, "openapi.json"), "-o", Path.Combine(work, "schema.d.ts"));
        await RunAsync(Path.Combine(tools, "node_modules", ".bin", "tsc"), "--project", work);
        string output = await RunAsync("node", Path.Combine(work, "built", "walk.mjs"), _program.ManagementUrl.ToString().TrimEnd('/'), (await File.ReadAllTextAsync(_program.KeyFile!)).Trim());
        Assert.Equal("The walk is done.\n", output);

        static async Task<string> RunAsync(string tool, params string[] arguments)
        {
            var (code, output, error) = await StatewayProgram.CallToolAsync(tool, arguments);
            Assert.True(code == 0, $"{tool}: {output}{error}");
            return output;
        }
    }

    [Fact]
    public async Task The_document_passes_a_public_linter_without_a_word()
    {
        string linter = Repository.Path("tests", "spectral", "node_modules", ".bin", "spectral");
        if (!File.Exists(linter)) Assert.Skip("npm did not install the linter");

        using var http = _program.Administrator();
        await File.WriteAllBytesAsync(_folder.File("openapi.json"), await http.GetByteArrayAsync("/openapi.json"));
        var (code, output, error) = await StatewayProgram.CallToolAsync(linter, "lint", "--ruleset", Repository.Path("tests", "spectral", ".spectral.yaml"), _folder.File("openapi.json"));
        Assert.True(code == 0 && output.Contains("No results with a severity of 'error' found!", StringComparison.Ordinal), output + error);
        Assert.DoesNotContain("warning", output, StringComparison.Ordinal);
    }

    private static string[] LinkTargets(HttpResponseMessage answer, string relation) =>
        [.. answer.Headers.GetValues("Link").SelectMany(field => Link().Matches(field)).Where(link => link.Groups[2].Value == relation).Select(link => link.Groups[1].Value)];

    private static string Field(string answer, string name) => Regex.Match(answer, $"\n{name}: ([^\r]*)\r\n").Groups[1].Value;

    /// <returns>The answer, and its status behind it.</returns>
    private async Task<string> CurlAsync(string path, params string[] arguments)
    {
        var (code, output, error) = await StatewayProgram.CallToolAsync("curl", ["-sS", "-w", "%{http_code}", "-H", "@" + _folder.File("key"), .. arguments, _program.ManagementUrl.ToString().TrimEnd('/') + path]);
        Assert.True(code == 0, error);
        return output;
    }

    private async Task<string?> FirstLineAsync(string path)
    {
        using var curl = Process.Start(new ProcessStartInfo("curl", ["-sSN", "-H", "@" + _folder.File("key"), _program.ManagementUrl.ToString().TrimEnd('/') + path]) { RedirectStandardOutput = true })!;
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            return await curl.StandardOutput.ReadLineAsync(limit.Token);
        }
        finally
        {
            curl.Kill();
        }
    }

    [GeneratedRegex("<([^>]*)>; *rel=\"([^\"]*)\"")]
    private static partial Regex Link();

    [GeneratedRegex("\\{[^}]*\\}")]
    private static partial Regex Parameter();
}
