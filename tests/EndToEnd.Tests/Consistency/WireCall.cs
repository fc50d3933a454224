using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Stateway.EndToEnd.Tests.Consistency;

/// <summary>What these tests need of an answer.</summary>
/// <param name="Revision">Of <c>Stateway-Revision</c>; 0 without.</param>
/// <param name="Tag">The revision in the ETag; 0 without.</param>
internal sealed record WireAnswer(int Status, string Text, long Revision, long Tag)
{
    public JsonNode Json => JsonNode.Parse(Text)!;
}

internal static class WireCall
{
    /// <exception cref="HttpRequestException">The connection failed.</exception>
    public static async Task<WireAnswer> SendAsync(this HttpClient http, string method, string url, string? body, params string[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), url);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        foreach (string header in headers)
        {
            string[] parts = header.Split(": ", 2);
            request.Headers.TryAddWithoutValidation(parts[0], parts[1]);
        }

        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        string text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        string? revision = response.Headers.TryGetValues("Stateway-Revision", out var values) ? values.Single() : null;
        return new((int)response.StatusCode, text, Number(revision), Number(response.Headers.ETag is { IsWeak: false } tag ? tag.Tag.Trim('"').Split('-')[0] : null));
    }

    /// <summary>Every version of a resource, the newest first.</summary>
    public static async Task<List<PastValue>> HistoryAsync(this HttpClient http, string collection, string key)
    {
        var past = new List<PastValue>();
        for (string query = "?max_page_size=1000"; ;)
        {
            var page = await http.SendAsync("GET", $"/{collection}/{key}/history{query}", null);
            if (page.Status == 404) return past;
            Assert.Equal(200, page.Status);
            past.AddRange(page.Json["results"]!.AsArray().Select(v => new PastValue(key, Number((string?)v!["revision"]), v["object"] is { } value ? RegisterOf(value) : null)));
            if (page.Json["next_page_token"] is not { } token) return past;

            query = $"?max_page_size=1000&page_token={Uri.EscapeDataString((string)token!)}";
        }
    }

    public static Register RegisterOf(JsonNode value) => new((string?)value["text"], (string?)value["note"]);

    public static long Number(string? text) => text is null ? 0 : long.Parse(text, CultureInfo.InvariantCulture);
}
