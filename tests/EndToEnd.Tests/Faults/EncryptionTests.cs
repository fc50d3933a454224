using System.Net;
using System.Text;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Faults;

/// <summary>TLS to the database, and that nothing shows its password.</summary>
public sealed class EncryptionTests
{
    private const string Wrong = "Wr0ng:Secret/@";

    [Fact]
    public async Task PostgreSQL_is_asked_who_it_is_as_strictly_as_sslmode_says()
    {
        Assert.SkipWhen(PostgresServer.Programs is null, "PostgreSQL is not installed");
        using var certificates = await Certificates.MakeAsync();
        using var strangers = await Certificates.MakeAsync();
        await PostgresServer.GiveAsync(certificates.Folder);
        await using var server = await PostgresServer.StartAsync("ssl=on", "ssl_cert_file=" + certificates.Server, "ssl_key_file=" + certificates.ServerKey);
        string url = server.Url.Split('?')[0];

        // What is let in ...
        foreach (var (parameters, isEncrypted) in ((string, bool)[])[
            ("sslmode=require", true), ("sslmode=prefer", true), ("sslmode=disable", false), ("sslmode=verify-full&sslrootcert=" + certificates.Authority, true)])
        {
            await AssertServesAsync($"{url}?{parameters}", PostgresServer.Password, async () =>
            {
                string used = await server.SqlAsync("SELECT DISTINCT s.ssl FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) WHERE a.application_name='stateway'");
                Assert.Equal(isEncrypted ? "t" : "f", used);
            });
        }

        // ... and what is not: another authority, the right one for another host, none that the system knows.
        await AssertRefusedAsync($"{url}?sslmode=verify-full&sslrootcert={strangers.Authority}", PostgresServer.Password, "certificate");
        await AssertRefusedAsync($"{url}?sslmode=verify-ca&sslrootcert={strangers.Authority}", PostgresServer.Password, "certificate");
        await AssertRefusedAsync($"{url}?sslmode=verify-full", PostgresServer.Password, "certificate");
    }

    [Fact]
    public async Task A_PostgreSQL_of_another_name_is_good_for_verify_ca_and_not_for_verify_full()
    {
        Assert.SkipWhen(PostgresServer.Programs is null, "PostgreSQL is not installed");
        using var certificates = await Certificates.MakeAsync("DNS:db.example", isOnlyHost: true);
        await PostgresServer.GiveAsync(certificates.Folder);
        await using var server = await PostgresServer.StartAsync("ssl=on", "ssl_cert_file=" + certificates.Server, "ssl_key_file=" + certificates.ServerKey);
        string url = server.Url.Split('?')[0];

        await AssertServesAsync($"{url}?sslmode=verify-ca&sslrootcert={certificates.Authority}", PostgresServer.Password);
        await AssertRefusedAsync($"{url}?sslmode=verify-full&sslrootcert={certificates.Authority}", PostgresServer.Password, "certificate");
    }

    [Fact]
    public async Task A_PostgreSQL_without_TLS_is_refused_where_TLS_is_required()
    {
        Assert.SkipWhen(PostgresServer.Programs is null, "PostgreSQL is not installed");
        await using var server = await PostgresServer.StartAsync();
        await AssertRefusedAsync(server.Url.Replace("disable", "require", StringComparison.Ordinal), PostgresServer.Password, "sslmode");
    }

    [Fact]
    public async Task Etcd_and_the_program_show_each_other_their_certificates()
    {
        Assert.SkipUnless(EtcdServer.IsInstalled, "etcd is not installed");
        using var certificates = await Certificates.MakeAsync();
        using var strangers = await Certificates.MakeAsync();
        await using var server = await EtcdServer.StartAsync(certificates);

        await AssertServesAsync($"etcds://{server.Endpoint}/tls?ca={certificates.Authority}&cert={certificates.Client}&key={certificates.ClientKey}", password: null);

        (string Url, string Words)[] refused =
        [
            ($"etcds://{server.Endpoint}/tls?ca={strangers.Authority}&cert={certificates.Client}&key={certificates.ClientKey}", "certificate"),
            ($"etcds://{server.Endpoint}/tls?cert={certificates.Client}&key={certificates.ClientKey}", "certificate"),
            ($"etcds://{server.Endpoint}/tls?ca={certificates.Authority}&cert={strangers.Client}&key={strangers.ClientKey}", server.Endpoint),
            ($"etcds://{server.Endpoint}/tls?ca={certificates.Authority}", server.Endpoint),
            ($"etcd://{server.Endpoint}/tls", server.Endpoint),
        ];
        await Task.WhenAll(refused.Select(r => AssertRefusedAsync(r.Url, null, r.Words)));
    }

    [Fact]
    public async Task A_wrong_password_is_named_as_such_and_never_shown()
    {
        Assert.SkipWhen(PostgresServer.Programs is null, "PostgreSQL is not installed");
        Assert.SkipUnless(EtcdServer.IsInstalled, "etcd is not installed");
        await using var postgres = await PostgresServer.StartAsync();
        await using var etcd = await EtcdServer.StartAsync();
        foreach (string command in (string[])["user add root:sesame", "user grant-role root root", "auth enable"]) await etcd.ControlAsync(command.Split(' '));

        await AssertRefusedAsync($"postgres://{PostgresServer.User}:{Uri.EscapeDataString(Wrong)}@127.0.0.1:{postgres.Port}/postgres?sslmode=disable", Wrong, "password");
        await AssertRefusedAsync($"etcd://root:{Uri.EscapeDataString(Wrong)}@{etcd.Endpoint}/wrong", Wrong, "password");
    }

    [Fact]
    public async Task A_password_that_is_changed_while_it_is_served_costs_503s_until_it_is_right_again_and_no_log_shows_it()
    {
        Assert.SkipWhen(PostgresServer.Programs is null, "PostgreSQL is not installed");
        await using var server = await PostgresServer.StartAsync();
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.File("faults.yaml"), Load.Document);
        await using var program = await KillTests.ServeAsync(folder, server.Url);
        using var watch = await WatchReader.OpenAsync(program.Url, "/things?watch=true");
        await watch.InitialAsync();
        Assert.Equal(HttpStatusCode.Created, await PutAsync(program, "before"));

        // Connections that are open stay; new ones are not let in.
        await server.SqlAsync($"ALTER USER {PostgresServer.User} PASSWORD 'another'");
        await server.StopAsync();
        await server.RestartAsync();
        using (var refused = await program.Http.GetAsync("/things/before"))
        {
            string problem = await refused.Content.ReadAsStringAsync();
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            AssertHidden(PostgresServer.Password, problem);
        }

        Assert.Equal(HttpStatusCode.ServiceUnavailable, await PutAsync(program, "never"));
        await program.SignalAsync("TERM");
        Assert.Equal(0, await program.EndAsync());
        AssertHidden(PostgresServer.Password, program.Output);
        Assert.DoesNotContain(" error ", program.Output, StringComparison.Ordinal);
    }

    private static async Task AssertServesAsync(string url, string? password, Func<Task>? whileServed = null)
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.File("faults.yaml"), Load.Document);
        await using var program = await KillTests.ServeAsync(folder, url);
        Assert.True(await PutAsync(program, "one") is HttpStatusCode.Created or HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.OK, (await program.Http.GetAsync("/things/one")).StatusCode);
        if (whileServed is not null) await whileServed();
        Assert.Equal(0, await program.StopAsync());
        if (password is not null) AssertHidden(password, program.Output);
    }

    /// <summary>In one line, with those words in it and no password, whatever command asks.</summary>
    private static async Task AssertRefusedAsync(string url, string? password, string words)
    {
        var (code, output, error) = await StatewayProgram.CallAsync("store", "check", url);
        Assert.True(code == 1, $"{code}: {output}{error}");
        string line = Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("error: ", line, StringComparison.Ordinal);
        Assert.True(line.Contains(words, StringComparison.OrdinalIgnoreCase), line);
        if (password is not null) AssertHidden(password, output + error);
    }

    private static async Task<HttpStatusCode> PutAsync(StatewayProgram program, string id)
    {
        using var response = await program.Http.PutAsync("/things/" + id, new StringContent("""{"n":1}""", Encoding.UTF8, "application/json"));
        return response.StatusCode;
    }

    /// <summary>Neither as it is nor percent-encoded.</summary>
    private static void AssertHidden(string password, string text)
    {
        Assert.DoesNotContain(password, text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(Uri.EscapeDataString(password), text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("Password=", text, StringComparison.OrdinalIgnoreCase);
    }
}
