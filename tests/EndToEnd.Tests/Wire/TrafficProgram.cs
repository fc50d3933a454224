using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Wire;

/// <summary>The built program, serving APIs of several bases that say different things about who may call, and until when.</summary>
public sealed class TrafficProgram : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private StatewayProgram _program = null!;

    public Uri Url => _program.Url;

    public async ValueTask InitializeAsync()
    {
        foreach (var (name, text) in TrafficDocuments.All) await File.WriteAllTextAsync(_folder.File(name), text);
        _program = await StatewayProgram.RunAsync(_folder.Path, _folder.File("data"));
    }

    public async ValueTask DisposeAsync()
    {
        await _program.DisposeAsync();
        _folder.Dispose();
    }

    /// <param name="headers">As <c>Name: value</c>.</param>
    public async Task<Answer> SendAsync(string method, string url, string? body, params string[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), url);
        if (body is not null) request.Content = new StringContent(body, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json"));
        foreach (string header in headers)
        {
            string[] parts = header.Split(": ", 2);
            Assert.True(request.Headers.TryAddWithoutValidation(parts[0], parts[1]));
        }

        using var response = await _program.Http.SendAsync(request);
        var fields = response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated);
        byte[] bytes = await response.Content.ReadAsByteArrayAsync();
        return new((int)response.StatusCode, bytes, fields.ToDictionary(f => f.Key, f => string.Join(", ", f.Value), StringComparer.OrdinalIgnoreCase));
    }
}
