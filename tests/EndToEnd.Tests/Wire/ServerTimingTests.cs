using System.Net;
using System.Security.Cryptography;
using System.Text;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Wire;

/// <summary>Who signs a request with the administrator's key is told the times of its steps; nobody else is told anything.</summary>
public sealed class ServerTimingTests : IAsyncLifetime
{
    private const string Document = """
        openapi: 3.1.0
        info: { title: Timed, version: 1.0.0 }
        servers: [ { url: /timed } ]
        x-stateway-collections:
          things: { schema: { type: object, properties: { name: { type: string } } } }
        paths:
          /mock:
            get:
              operationId: 'a "mock" – é'
              parameters: [ { name: n, in: query, schema: { type: integer } } ]
              x-stateway-target: { mock: true }
              responses: { '200': { description: ok, content: { text/plain: { example: ok } } } }
          /behind:
            get: { operationId: behind, x-stateway-target: { http: /timed/mock }, responses: { '200': { description: ok } } }
          /down:
            get: { operationId: down, x-stateway-target: { http: 'http://127.0.0.1:1/' }, responses: { '200': { description: ok } } }
        """;

    private readonly TempFolder _folder = new();
    private StatewayProgram _program = null!;
    private byte[] _key = null!;

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllTextAsync(Path.Combine(Directory.CreateDirectory(_folder.File("api")).FullName, "timed.yaml"), Document);
        _program = await StatewayProgram.RunAsync(_folder.File("api"), _folder.File("data"));
        _key = KeyOf(await File.ReadAllTextAsync(_program.KeyFile!));
    }

    public async ValueTask DisposeAsync()
    {
        await _program.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("/timed/things", 200, "match target:store total deployment stage operation:listThings")]
    [InlineData("/timed/things/none", 404, "match target:store total deployment stage operation:getThing")]
    [InlineData("/timed/things?nonsense=%C3%A9", 400, "match target:store total deployment stage operation:listThings")]
    [InlineData("/timed/mock?n=1", 200, "match validate target:mock total deployment stage operation:a \\\"mock\\\" ? ?")]
    [InlineData("/timed/mock?n=x", 400, "match validate total deployment stage operation:a \\\"mock\\\" ? ?")]
    [InlineData("/timed/behind", 200, "match target:upstream total deployment stage operation:behind")]
    [InlineData("/timed/down", 502, "match target:upstream total deployment stage operation:down")]
    [InlineData("/timed/openapi.json", 200, "match target:gateway total deployment stage operation:getDocument")]
    [InlineData("/timed/nowhere", 404, "match total")]
    [InlineData("/", 404, "match total")]
    public async Task A_signed_request_is_told_its_steps(string target, int status, string steps)
    {
        using var answer = await SendAsync(HttpMethod.Get, target, Sign("GET", target));

        Assert.Equal(status, (int)answer.StatusCode);
        string timing = Timing(answer)!;
        Assert.Equal(steps, Outline(timing));
        if (timing.Contains("stage", StringComparison.Ordinal)) Assert.Contains("stage;desc=\"timed/live\"", timing, StringComparison.Ordinal);
        double[] times = [.. timing.Split(", ").Where(step => step.Contains("dur=", StringComparison.Ordinal)).Select(step => double.Parse(step[(step.IndexOf("dur=", StringComparison.Ordinal) + 4)..], System.Globalization.CultureInfo.InvariantCulture))];
        Assert.Equal(times[^1], times[..^1].Sum(), 0.01);
    }

    [Fact]
    public async Task A_write_and_a_batch_are_timed_as_well()
    {
        using var write = await SendAsync(HttpMethod.Put, "/timed/things/a", Sign("PUT", "/timed/things/a"), "{}");
        Assert.Equal(HttpStatusCode.Created, write.StatusCode);
        Assert.Equal("match target:store total deployment stage operation:replaceThing", Outline(Timing(write)!));
        using var batch = await SendAsync(HttpMethod.Post, "/timed/_/batch", Sign("POST", "/timed/_/batch"), """{"requests":[{"method":"DELETE","path":"/things/a"}]}""");
        Assert.Equal(HttpStatusCode.OK, batch.StatusCode);
        Assert.Equal("match target:store total operation:batch", Outline(Timing(batch)!));
    }

    [Fact]
    public async Task A_signature_that_is_wrong_stale_or_of_another_request_changes_nothing()
    {
        const string Target = "/timed/mock";
        string right = Sign("GET", Target);
        string?[] wrong =
        [
            null, "", "x", right + " ", right[..^1] + (right[^1] == '0' ? '1' : '0'), Sign("POST", Target), Sign("GET", Target + "?n=1"),
            Sign("GET", Target, -120), Sign("GET", Target, 120), Sign("GET", Target, key: KeyOf("stateway_other")),
        ];
        foreach (string? field in wrong)
        {
            using var answer = await SendAsync(HttpMethod.Get, Target, field);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.True((Timing(answer) is null) == (field != right + " "), $"{field}: {Timing(answer)}"); // blanks around a value are not of it
        }

        using var twice = new HttpRequestMessage(HttpMethod.Get, Target);
        twice.Headers.TryAddWithoutValidation("Stateway-Trace", [right, right]);
        using var refused = await _program.Http.SendAsync(twice);
        Assert.Null(Timing(refused));
    }

    [Fact]
    public async Task The_key_that_another_start_wrote_signs_too()
    {
        Assert.Equal(0, await _program.StopAsync());
        await _program.DisposeAsync();
        File.Delete(_folder.File("data/administrator.key")); // the hash in the store is all that is left
        _program = await StatewayProgram.RunAsync(_folder.File("api"), _folder.File("data"));

        using var answer = await SendAsync(HttpMethod.Get, "/timed/mock", Sign("GET", "/timed/mock"));
        Assert.NotNull(Timing(answer));
    }

    /// <summary>As docs/reference/wire.md says it.</summary>
    private static byte[] KeyOf(string administratorKey) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, SHA256.HashData(Encoding.UTF8.GetBytes(administratorKey.Trim())), 32, [], "stateway-trace"u8.ToArray());

    private string Sign(string method, string target, int secondsAhead = 0, byte[]? key = null)
    {
        long time = DateTimeOffset.FromUnixTimeMilliseconds(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()).ToUnixTimeSeconds() + secondsAhead;
        return $"t={time};s={Convert.ToHexStringLower(HMACSHA256.HashData(key ?? _key, Encoding.UTF8.GetBytes($"{method}\n{target}\n{time}")))}";
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string target, string? field, string? body = null)
    {
        using var request = new HttpRequestMessage(method, target);
        if (field is not null) request.Headers.TryAddWithoutValidation("Stateway-Trace", field);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        return await _program.Http.SendAsync(request);
    }

    private static string? Timing(HttpResponseMessage answer) =>
        answer.Headers.NonValidated.TryGetValues("Server-Timing", out var values) ? values.ToString() : null;

    /// <summary>Without what differs each time.</summary>
    private static string Outline(string timing) => string.Join(' ', timing.Split(", ").Select(step =>
    {
        Assert.Matches("^[a-z]+(;desc=\"([^\"\\\\]|\\\\.)*\")?(;dur=[0-9]+\\.[0-9]{3})?$", step);
        string name = step[..step.IndexOf(';', StringComparison.Ordinal)];
        int desc = step.IndexOf("desc=\"", StringComparison.Ordinal);
        return desc < 0 || name is "deployment" or "stage" ? name : $"{name}:{step[(desc + 6)..step.LastIndexOf('"')]}";
    }));
}
