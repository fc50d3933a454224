using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Stateway.Bench;

/// <summary>What a benchmark says to the management API of a node.</summary>
public sealed class Administration : IDisposable
{
    private readonly HttpClient _http;

    /// <param name="keyFile">The administrator's key.</param>
    public Administration(string url, string keyFile)
    {
        _http = new HttpClient { BaseAddress = new Uri(url) };
        _http.DefaultRequestHeaders.Authorization = new("Bearer", File.ReadAllText(keyFile).Trim());
    }

    public Task ApiAsync(string api) => SendAsync(HttpMethod.Put, $"/apis/{api}", new { });

    public Task DeployAsync(string api, string id, string document) =>
        SendAsync(HttpMethod.Post, $"/apis/{api}/deployments?id={id}", new { file = api + ".yaml", files = new Dictionary<string, string> { [api + ".yaml"] = document } });

    public Task PointAsync(string api, string deployment) => SendAsync(HttpMethod.Put, $"/apis/{api}/stages/live", new { deployment });

    private async Task SendAsync(HttpMethod method, string path, object body)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, MediaTypeHeaderValue.Parse("application/json"));
        using var answer = await _http.SendAsync(request);
        if (!answer.IsSuccessStatusCode) throw new InvalidOperationException($"{method} {path}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
    }

    public void Dispose() => _http.Dispose();
}
