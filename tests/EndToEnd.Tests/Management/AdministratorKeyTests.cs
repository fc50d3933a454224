using System.Net;
using System.Net.Http.Headers;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Management;

/// <summary>Every call of the management API needs the key that the first start made.</summary>
public sealed class AdministratorKeyTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public AdministratorKeyTests() => File.WriteAllText(Path.Combine(Directory.CreateDirectory(_folder.File("api")).FullName, "notes.yaml"), Administrator.Document("1"));

    [Theory]
    [InlineData("GET", "/apis")]
    [InlineData("GET", "/openapi.json")]
    [InlineData("GET", "/nowhere")]
    [InlineData("PUT", "/apis/new")]
    [InlineData("OPTIONS", "/apis")]
    [InlineData("POST", "/_/batch")]
    public async Task Without_the_key_nothing_is_answered(string method, string path)
    {
        await using var program = await StartAsync();
        using var http = new HttpClient { BaseAddress = program.ManagementUrl };

        foreach (string? credentials in new[] { null, "Bearer", "Bearer wrong", "Basic " + File.ReadAllText(program.KeyFile!).Trim() })
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path);
            if (credentials is not null) request.Headers.TryAddWithoutValidation("Authorization", credentials);
            using var answer = await http.SendAsync(request);

            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
            Assert.Equal("Bearer", Assert.Single(answer.Headers.WwwAuthenticate).Scheme);
            Assert.Contains("UNAUTHENTICATED", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_first_start_writes_the_key_for_its_owner_only_and_later_ones_keep_it()
    {
        string key;
        await using (var first = await StartAsync())
        {
            Assert.Equal(_folder.File("data/administrator.key"), first.KeyFile);
            if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(first.KeyFile!));
            key = await File.ReadAllTextAsync(first.KeyFile!);
            Assert.DoesNotContain(key.Trim(), first.Output, StringComparison.Ordinal);
            Assert.Equal(["administrator.key", "lock", "store.db", "store.db-shm", "store.db-wal"], Directory.GetFiles(_folder.File("data")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
            await first.StopAsync();
        }

        await using var second = await StartAsync();
        using var administrator = new Administrator(second);
        Assert.Equal(["notes"], await administrator.ListAsync("/apis"));
        Assert.Equal(key, await File.ReadAllTextAsync(second.KeyFile!));
    }

    [Fact]
    public async Task A_lost_file_is_not_replaced_and_the_key_goes_on_being_the_key()
    {
        string key;
        await using (var first = await StartAsync())
        {
            key = (await File.ReadAllTextAsync(first.KeyFile!)).Trim();
            await first.StopAsync();
        }

        File.Delete(_folder.File("data/administrator.key"));
        await using var second = await StartAsync();

        Assert.Null(second.KeyFile);
        Assert.False(File.Exists(_folder.File("data/administrator.key")));
        using var http = new HttpClient { BaseAddress = second.ManagementUrl, DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", key) } };
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/apis")).StatusCode);
    }

    [Fact]
    public async Task Users_requests_need_no_key_and_do_not_reach_the_management_api()
    {
        await using var program = await StartAsync();

        Assert.Equal(HttpStatusCode.OK, (await program.Http.GetAsync("/notes-api/notes")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await program.Http.GetAsync("/apis")).StatusCode);
        using var administrator = new Administrator(program);
        Assert.Equal(HttpStatusCode.NotFound, (await administrator.SendAsync("GET", "/notes-api/notes")).Status);
    }

    private Task<StatewayProgram> StartAsync() => StatewayProgram.RunAsync(_folder.File("api"), _folder.File("data"));

    public void Dispose() => _folder.Dispose();
}
