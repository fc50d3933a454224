using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Wire;

/// <summary>The built program, serving <see cref="WireDocument"/> under <c>/v1</c>; started once for a class of tests.</summary>
public sealed partial class WireProgram : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private StatewayProgram _program = null!;

    private string Data => _folder.File("data");

    /// <summary>The key of page tokens, out of the files of the store, which the program has open.</summary>
    public byte[] PageTokenKey()
    {
        string bytes = string.Concat(Directory.EnumerateFiles(Data, "store.db*").Select(file =>
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(stream, Encoding.Latin1);
            return reader.ReadToEnd();
        }));
        return Convert.FromBase64String(KeyEntry().Match(bytes).Groups[1].Value);
    }

    [GeneratedRegex("""{"key":"([A-Za-z0-9+/]{43}=)"}""")]
    private static partial Regex KeyEntry();

    public Uri Url => _program.Url;

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllTextAsync(_folder.File("wire.yaml"), WireDocument.Text);
        await File.WriteAllTextAsync(_folder.File("seeded.json"), WireDocument.Seed);
        await File.WriteAllTextAsync(_folder.File("stocked.json"),
            """[{"id":"s1","state":"old","secret":"HIDDEN","create_time":"2020-01-01T00:00:00Z","lines":[{"sku":"a","audit":"yes","cost":4711}]}]""");
        _program = await StatewayProgram.RunAsync(_folder.File("wire.yaml"), Data);
    }

    public async ValueTask DisposeAsync()
    {
        await _program.DisposeAsync();
        _folder.Dispose();
    }

    /// <param name="url">Below the base path, unless it begins with two slashes: then below the server's root.</param>
    /// <param name="body">Text, sent as JSON unless the headers say otherwise; or bytes.</param>
    /// <param name="headers">As <c>Name: value</c>.</param>
    public async Task<Answer> SendAsync(string method, string url, object? body, params string[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), url.StartsWith("//", StringComparison.Ordinal) ? url[1..] : "/v1" + url);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body as byte[] ?? Encoding.UTF8.GetBytes((string)body));
            if (!headers.Any(h => h.StartsWith("Content-Type:", StringComparison.Ordinal))) request.Content.Headers.ContentType = new("application/json");
        }

        foreach (string header in headers)
        {
            string[] parts = header.Split(": ", 2);
            if (!request.Headers.TryAddWithoutValidation(parts[0], parts[1])) request.Content!.Headers.TryAddWithoutValidation(parts[0], parts[1]);
        }

        using var response = await _program.Http.SendAsync(request);
        byte[] bytes = await response.Content.ReadAsByteArrayAsync();
        var all = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, values) in Raw(response.Headers).Concat(Raw(response.Content.Headers))) all[name] = string.Join(", ", values);
        return new((int)response.StatusCode, bytes, all);
    }

    public Task<Answer> GetAsync(string url, params string[] headers) => SendAsync("GET", url, null, headers);
    public Task<Answer> PutAsync(string url, object body, params string[] headers) => SendAsync("PUT", url, body, headers);
    public Task<Answer> PostAsync(string url, object? body, params string[] headers) => SendAsync("POST", url, body, headers);
    public Task<Answer> PatchAsync(string url, object body, params string[] headers) => SendAsync("PATCH", url, body, headers);
    public Task<Answer> DeleteAsync(string url, params string[] headers) => SendAsync("DELETE", url, null, headers);

    public Task<Answer> JsonPatchAsync(string url, string body, params string[] headers) =>
        SendAsync("PATCH", url, body, ["Content-Type: application/json-patch+json", .. headers]);

    /// <summary>Every page of a list, one after the other, by its tokens.</summary>
    public async Task<List<string>> AllIdsAsync(string url, Func<Task>? between = null)
    {
        var ids = new List<string>();
        string? token = null;
        do
        {
            var page = (await GetAsync(url + (token is null ? "" : (url.Contains('?') ? "&" : "?") + "page_token=" + token))).Expect(200);
            ids.AddRange(page.Ids);
            token = page.NextPageToken;
            if (between is not null) await between();
        }
        while (token is not null);
        return ids;
    }

    private static IEnumerable<(string Name, IEnumerable<string> Values)> Raw(HttpHeaders headers) =>
        headers.NonValidated.Select(h => (h.Key, (IEnumerable<string>)h.Value));
}
