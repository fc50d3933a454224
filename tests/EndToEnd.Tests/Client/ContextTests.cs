using System.Runtime.Versioning;
using System.Security.Cryptography.X509Certificates;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Client;

/// <summary><c>stateway context</c>, and which server and key a command takes.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ContextTests : IAsyncLifetime
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private ClientServer _server = null!;

    private string ContextsFile => _server.PathOf("config/stateway/contexts.yaml");

    public async ValueTask InitializeAsync() => _server = await ClientServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Contexts_are_set_listed_used_and_removed_in_a_file_of_the_users_own()
    {
        Assert.Equal("a is http://127.0.0.1:1.\n", await _server.DoneAsync("context", "set", "a", "--server", "http://127.0.0.1:1", "--key", "k1"));
        await _server.DoneAsync("context", "set", "b", "--server", "https://b.example/base", "--key-file", "keys/b");
        Assert.Equal(Private, File.GetUnixFileMode(ContextsFile));
        Assert.Equal(Private | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(ContextsFile)!));

        Assert.Matches(@"^\* a   http://127\.0\.0\.1:1   key\n  b   https://b\.example/base   key in /.*/keys/b\n$", await _server.DoneAsync("context", "list"));
        await _server.DoneAsync("context", "use", "b");
        Assert.Matches(@"^  a .*\n\* b ", await _server.DoneAsync("context", "list"));
        await _server.DoneAsync("context", "remove", "b");
        Assert.Matches(@"^  a .*\n$", await _server.DoneAsync("context", "list"));
        Assert.Equal(Private, File.GetUnixFileMode(ContextsFile));
    }

    [Fact]
    public async Task A_context_that_turns_to_another_server_does_not_take_its_key_along()
    {
        await _server.DoneAsync("context", "set", "a", "--server", "http://a.example", "--key", "k1");
        await _server.DoneAsync("context", "set", "a", "--ca-file", "/tmp/ca.pem");
        Assert.Contains("key: k1\n", await File.ReadAllTextAsync(ContextsFile), StringComparison.Ordinal);
        await _server.DoneAsync("context", "set", "a", "--server", "http://b.example");
        Assert.DoesNotContain("k1", await File.ReadAllTextAsync(ContextsFile), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_key_of_a_context_goes_to_its_server_alone()
    {
        await using var mine = await MeddlingProxy.StartAsync(_server.Url);
        await using var other = await MeddlingProxy.StartAsync(_server.Url);
        await CallAsync([], "context", "set", "mine", "--server", mine.Url, "--key", "k-mine");

        await CallAsync([], "get", "apis");
        await CallAsync([], "get", "apis", "--server", other.Url);
        await CallAsync([("STATEWAY_SERVER", other.Url)], "get", "apis");
        await CallAsync([("STATEWAY_SERVER", mine.Url)], "get", "apis");
        Assert.Equal(["Bearer k-mine"], mine.Keys);
        Assert.Equal([""], other.Keys);
    }

    [Fact]
    public async Task Options_come_before_variables_and_variables_before_the_current_context()
    {
        await using var first = await MeddlingProxy.StartAsync(_server.Url);
        await using var second = await MeddlingProxy.StartAsync(_server.Url);
        string keyFile = _server.Write("key", "k-file\n");
        await CallAsync([], "context", "set", "current", "--server", "http://127.0.0.1:1");
        await CallAsync([], "context", "set", "named", "--server", second.Url, "--key", "k-named");

        await CallAsync([("STATEWAY_SERVER", first.Url), ("STATEWAY_KEY", "k-variable")], "get", "apis");
        await CallAsync([("STATEWAY_SERVER", first.Url), ("STATEWAY_KEY", "k-variable")], "get", "apis", "--key-file", keyFile);
        Assert.Equal(["Bearer k-variable", "Bearer k-file"], first.Keys);
        await CallAsync([("STATEWAY_SERVER", first.Url)], "get", "apis", "--context", "named");
        Assert.Equal(["Bearer k-named"], second.Keys);
    }

    [Theory]
    [InlineData(1, "There is no context 'x'.", "get", "apis", "--context", "x")]
    [InlineData(1, "There is no context 'x'.", "context", "use", "x")]
    [InlineData(1, "There is no context 'x'.", "context", "remove", "x")]
    [InlineData(2, "needs --server", "context", "set", "x")]
    [InlineData(2, "http://HOST:PORT", "context", "set", "x", "--server", "ftp://a")]
    [InlineData(2, "exclude each other", "context", "set", "x", "--server", "http://a", "--key", "a", "--key-file", "b")]
    [InlineData(2, "one line of visible ASCII", "context", "set", "x", "--server", "http://a", "--key", "a b")]
    [InlineData(2, "exclude each other", "get", "apis", "--context", "x", "--server", "http://a")]
    [InlineData(2, "NAME is 1 to 128", "context", "set", "a/b", "--server", "http://a")]
    [InlineData(1, "/nowhere/key can't be read", "get", "apis", "--key-file", "/nowhere/key")]
    [InlineData(1, "/nowhere/ca can't be read", "get", "apis", "--ca-file", "/nowhere/ca")]
    public async Task What_is_wrong_is_said(int expected, string named, params string[] arguments) =>
        Assert.Contains(named, await _server.FailedAsync(expected, arguments), StringComparison.Ordinal);

    [Fact]
    public async Task A_file_of_contexts_that_is_wrong_is_said_with_its_places_and_left_alone()
    {
        string file = _server.Write("config/stateway/contexts.yaml", "current: a\ncontexts:\n  a: { servre: x }\n");
        string error = await _server.FailedAsync(1, "context", "list");
        Assert.Contains($"{file}:3:8: 'servre' is not known here. Did you mean 'server'?", error, StringComparison.Ordinal);
        await _server.FailedAsync(1, "context", "set", "b", "--server", "http://b");
        Assert.StartsWith("current: a\n", await File.ReadAllTextAsync(file), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_over_an_open_line_is_warned_of()
    {
        await _server.DoneAsync("context", "set", "open", "--server", "http://stateway.invalid:1", "--key", "k");
        Assert.Contains("warning: The key goes to http://stateway.invalid:1 unencrypted", await _server.FailedAsync(1, "get", "apis", "--context", "open"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_is_trusted_when_its_authority_is_named()
    {
        using var certificates = await Certificates.MakeAsync();
        using var certificate = X509Certificate2.CreateFromPemFile(certificates.Server, certificates.ServerKey);
        await using var secure = await MeddlingProxy.StartAsync(_server.Url, certificate);

        string error = await _server.FailedAsync(1, "get", "apis", "--server", secure.Url);
        Assert.Matches(@"^error: https://127\.0\.0\.1:\d+ can't be trusted: .* --ca-file names the authority", error);
        await _server.DoneAsync("get", "apis", "--server", secure.Url, "--ca-file", certificates.Authority);
        await _server.DoneAsync("context", "set", "secure", "--server", secure.Url, "--ca-file", certificates.Authority);
        await _server.DoneAsync("get", "apis", "--context", "secure");

        // A certificate that the authority gave to somebody else.
        using var others = await Certificates.MakeAsync("DNS:other.example", isOnlyHost: true);
        using var wrong = X509Certificate2.CreateFromPemFile(others.Server, others.ServerKey);
        await using var impostor = await MeddlingProxy.StartAsync(_server.Url, wrong);
        await _server.FailedAsync(1, "get", "apis", "--server", impostor.Url, "--ca-file", others.Authority);
    }

    /// <summary>Without the variables that the others are run with.</summary>
    private async Task CallAsync((string Name, string Value)[] variables, params string[] arguments)
    {
        var (code, output, error) = await StatewayProgram.CallAsync(_server.Variables([("STATEWAY_SERVER", ""), .. variables]), arguments);
        Assert.True(code == 0, error + output);
    }
}
