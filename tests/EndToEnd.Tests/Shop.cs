using System.Text;
using System.Text.Json;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests;

/// <summary>The shop, running for the tests of one class. At its end it must not have met anything that it did not expect.</summary>
public sealed class Shop : IAsyncLifetime
{
    private readonly TempFolder _data = new();

    public StatewayProgram Program { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Program = await StatewayProgram.RunAsync(Repository.Path("examples", "shop"), _data.Path);

    public async ValueTask DisposeAsync()
    {
        int code = await Program.StopAsync();
        string output = Program.Output;
        await Program.DisposeAsync();
        _data.Dispose();

        Assert.Equal(0, code);
        Assert.DoesNotContain(" error ", output, StringComparison.Ordinal);
    }

    /// <summary>It lives, and answers a plain request on a connection of its own.</summary>
    public async Task AssertAnswersAsync()
    {
        using var connection = await RawConnection.OpenAsync(Program.Url);
        await connection.SendAsync("GET /products/p1 HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n");
        Assert.Equal(200, (await connection.ReadAsync())?.Status);
    }

    /// <summary>A refusal explains itself: RFC 9457, with the same status inside.</summary>
    public static JsonElement AssertProblem(RawAnswer answer)
    {
        string text = $"{answer.Line}\n{Encoding.UTF8.GetString(answer.Body)}";
        Assert.True(answer.Headers.TryGetValue("Content-Type", out string? type) && type.StartsWith("application/problem+json", StringComparison.Ordinal), text);
        var problem = JsonDocument.Parse(answer.Body).RootElement;
        Assert.Equal(answer.Status, problem.GetProperty("status").GetInt32());
        Assert.StartsWith("/_/problems/", problem.GetProperty("type").GetString(), StringComparison.Ordinal);
        Assert.NotEmpty(problem.GetProperty("code").GetString()!);
        Assert.NotEmpty(problem.GetProperty("title").GetString()!);
        return problem;
    }
}
