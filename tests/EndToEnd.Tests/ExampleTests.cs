using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests;

/// <summary>The examples that a newcomer runs, as they are.</summary>
public sealed class ExampleTests
{
    [Fact]
    public async Task The_shop_sells()
    {
        using var data = new TempFolder();
        await using var shop = await StatewayProgram.RunAsync(Repository.Path("examples", "shop"), data.Path);
        var http = shop.Http;

        Assert.Equal("1", (await GetAsync(http, "/users/1")).GetProperty("id").GetString());
        Assert.NotEmpty((await GetAsync(http, "/users")).GetProperty("results").EnumerateArray());
        Assert.Equal(20, (await GetAsync(http, "/products?max_page_size=20")).GetProperty("results").GetArrayLength());

        // The cart: add, see, change, remove.
        using var added = await http.PostAsync("/cart", Json("""{"product":"p2","quantity":2}"""));
        Assert.Equal(HttpStatusCode.Created, added.StatusCode);
        string line = added.Headers.Location!.ToString();
        Assert.Contains((await GetAsync(http, "/cart")).GetProperty("results").EnumerateArray(), l => l.GetProperty("product").GetString() == "p2");
        using var changed = await http.PutAsync(line, Json("""{"product":"p2","quantity":5}"""));
        Assert.Equal(5, (await changed.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("quantity").GetInt32());
        using var removed = await http.DeleteAsync(line);
        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync(line)).StatusCode);

        // A product of the cart must exist.
        using var unknown = await http.PostAsync("/cart", Json("""{"product":"nothing","quantity":1}"""));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, unknown.StatusCode);

        // Orders have items, and an order can be cancelled once.
        string order = (await GetAsync(http, "/orders?status=placed&max_page_size=1")).GetProperty("results")[0].GetProperty("id").GetString()!;
        Assert.NotEmpty((await GetAsync(http, $"/orders/{order}/items")).GetProperty("results").EnumerateArray());
        using var cancelled = await http.PostAsync($"/orders/{order}/cancel", null);
        Assert.Equal("cancelled", (await cancelled.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("status").GetString());
        using var again = await http.PostAsync($"/orders/{order}/cancel", null);
        Assert.Equal(HttpStatusCode.Conflict, again.StatusCode);
    }

    [Fact]
    public async Task The_seed_is_loaded_once()
    {
        using var data = new TempFolder();
        await using (var first = await StatewayProgram.RunAsync(Repository.Path("examples", "shop"), data.Path))
        {
            using var request = new HttpRequestMessage(HttpMethod.Delete, "/orders/o1") { Headers = { { "If-Match", "*" } } };
            using var deleted = await first.Http.SendAsync(request);
            Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
            Assert.Equal(0, await first.StopAsync());
        }

        await using var second = await StatewayProgram.RunAsync(Repository.Path("examples", "shop"), data.Path);
        Assert.Equal(HttpStatusCode.NotFound, (await second.Http.GetAsync("/orders/o1")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await second.Http.GetAsync("/orders/o2")).StatusCode);
    }

    [Fact]
    public async Task The_weather_comes_from_the_service_behind()
    {
        using var data = new TempFolder();
        await using var weather = await StatewayProgram.RunAsync(Repository.Path("examples", "weather"), data.Path);

        using var response = await weather.Http.GetAsync("/weather/berlin");
        string body = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.OK, body + weather.Output);
        Assert.Contains("stateway", response.Headers.Via.ToString(), StringComparison.OrdinalIgnoreCase);
        Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(body).RootElement.ValueKind);
    }

    [Theory]
    [InlineData("shop", "/openapi.json")]
    [InlineData("weather", "/openapi.json")]
    [InlineData("weather", "/upstream/openapi.json")]
    public async Task The_served_document_passes_a_public_linter(string example, string path)
    {
        string linter = Repository.Path("tests", "spectral", "node_modules", ".bin", "spectral");
        if (!File.Exists(linter)) Assert.Skip("npm did not install the linter");

        using var data = new TempFolder();
        await using var program = await StatewayProgram.RunAsync(Repository.Path("examples", example), Path.Combine(data.Path, "data"));
        await File.WriteAllBytesAsync(Path.Combine(data.Path, "openapi.json"), await program.Http.GetByteArrayAsync(path));

        using var lint = Process.Start(new ProcessStartInfo(linter, ["lint", "--ruleset", Repository.Path("tests", "spectral", ".spectral.yaml"), Path.Combine(data.Path, "openapi.json")])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        string output = await lint.StandardOutput.ReadToEndAsync();
        await lint.WaitForExitAsync();

        Assert.Contains("No results with a severity of 'error' found!", output, StringComparison.Ordinal);
        Assert.Equal(0, lint.ExitCode);
    }

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    private static async Task<JsonElement> GetAsync(HttpClient http, string url)
    {
        using var response = await http.GetAsync(url);
        string body = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{url}: {body}");
        return JsonDocument.Parse(body).RootElement;
    }
}
