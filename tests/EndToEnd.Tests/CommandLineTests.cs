using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests;

/// <summary>What the program says to a person, and its exit codes: 0 done, 1 it could not be done, 2 the command line was wrong.</summary>
public sealed class CommandLineTests
{
    private static readonly string Shop = Repository.Path("examples", "shop");

    [Fact]
    public async Task Help_names_the_commands()
    {
        var (code, output, error) = await StatewayProgram.CallAsync("--help");
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("run <FOLDER|FILE>", output, StringComparison.Ordinal);
        Assert.Contains("serve <FOLDER|FILE>", output, StringComparison.Ordinal);
        Assert.Contains("check <FOLDER|FILE>", output, StringComparison.Ordinal);
        Assert.Contains("store", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run", "--listen", "--data", "127.0.0.1:8080")]
    [InlineData("check", "FOLDER|FILE")]
    [InlineData("serve", "--listen", "--store", "--config", "STATEWAY_STORE", "STATEWAY_STORE_PASSWORD", "stateway.yaml", "postgres://", "etcd://")]
    [InlineData("store", "copy", "check", "sqlite:PATH", "postgres://", "etcd://")]
    [InlineData("store copy", "FROM", "TO", "--follow", "STATEWAY_STORE_PASSWORD")]
    [InlineData("store check", "URL", "sqlite:")]
    public async Task Help_of_a_command_names_its_options(string command, params string[] words)
    {
        var (code, output, error) = await StatewayProgram.CallAsync([.. command.Split(' '), "--help"]);
        Assert.Equal((0, ""), (code, error));
        Assert.All(words, word => Assert.Contains(word, output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Version_is_a_number()
    {
        var (code, output, _) = await StatewayProgram.CallAsync("--version");
        Assert.Equal(0, code);
        Assert.Matches(@"^\d+\.\d+\.\d+", output);
    }

    [Theory]
    [InlineData("Required command", "")]
    [InlineData("'frob'", "frob")]
    [InlineData("run", "run")]
    [InlineData("'--frob'", "run SHOP --frob")]
    [InlineData("'--frob'", "run --frob")]
    [InlineData("'--frob'", "check --frob")]
    [InlineData("'b'", "check SHOP b")]
    [InlineData("--listen", "run SHOP --listen")]
    [InlineData("ADDRESS:PORT", "run SHOP --listen frob")]
    [InlineData("ADDRESS:PORT", "run SHOP --listen 8080")]
    [InlineData("ADDRESS:PORT", "run SHOP --listen 127.0.0.1:70000")]
    [InlineData("ADDRESS:PORT", "run SHOP --listen 127.0.0.1:-1")]
    [InlineData("ADDRESS:PORT", "run SHOP --listen ::1:8080")]
    [InlineData("--listen", "run SHOP --listen 127.0.0.1:1 --listen 127.0.0.1:2")]
    [InlineData("ADDRESS:PORT", "serve SHOP --listen 8080")]
    [InlineData("'--data'", "serve --data x")]
    [InlineData("did you mean postgres?", "serve SHOP --store postgre://db/shop")]
    [InlineData("--store", "serve SHOP --store")]
    [InlineData("'copi'", "store copi")]
    [InlineData("store copy --help", "store copy sqlite:a")]
    [InlineData("TO: The store's URL has an unknown scheme", "store copy sqlite:a mysql://b")]
    [InlineData("'--folow'", "store copy sqlite:a sqlite:b --folow")]
    [InlineData("store check --help", "store check")]
    [InlineData("did you mean schema?", "store check postgres://db/shop?shema=x")]
    public async Task A_wrong_command_line_is_refused_and_the_help_named(string named, string line)
    {
        string[] arguments = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var (code, output, error) = await StatewayProgram.CallAsync([.. arguments.Select(a => a == "SHOP" ? Shop : a)]);

        Assert.Equal((2, ""), (code, output));
        Assert.Contains(named, error, StringComparison.Ordinal);
        Assert.Contains("--help", error, StringComparison.Ordinal);
        Assert.All(Lines(error)[..^1], l => Assert.StartsWith("error: ", l, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("run")]
    [InlineData("check")]
    public async Task A_folder_that_is_missing_or_has_no_document_is_named(string command)
    {
        using var empty = new TempFolder();
        await File.WriteAllTextAsync(empty.File("notes.json"), """{"a":1}""");

        Assert.Contains(empty.File("nothing"), await RefusedAsync(command, empty.File("nothing")), StringComparison.Ordinal);
        Assert.Contains("No OpenAPI document", await RefusedAsync(command, empty.Path), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run")]
    [InlineData("check")]
    public async Task All_errors_of_a_document_are_told_with_their_places(string command)
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.File("bad.yaml"), """
            openapi: 3.1.0
            info: { title: Bad, version: 1.0.0 }
            x-stateway-collections:
              things:
                schema: { $ref: '#/components/schemas/Thing' }
                filter: [nmae]
                frob: 1
              others:
                schema: { $ref: '#/components/schemas/Nothing' }
            components:
              schemas:
                Thing: { type: object, properties: { name: { type: string } } }
            """);

        var (code, _, error) = await StatewayProgram.CallAsync(command, folder.Path);
        Assert.Equal(1, code);
        var lines = Lines(error);
        Assert.All(lines, line => Assert.Matches(@"^error: bad\.yaml:\d+:\d+: .*\(/.*\)$", line));
        Assert.Contains(lines, line => line.Contains("bad.yaml:6:", StringComparison.Ordinal) && line.Contains("name", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("bad.yaml:7:", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("bad.yaml:9:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Check_says_what_is_there_and_serves_nothing()
    {
        var (code, output, error) = await StatewayProgram.CallAsync("check", Shop);
        Assert.Equal((0, ""), (code, error));
        Assert.Matches(@"^shop: Shop 1\.0\.0, \d+ operations under /\nNo errors\.\n$", output);
    }

    [Fact]
    public async Task Ready_says_where_and_how_to_stop()
    {
        using var data = new TempFolder();
        await using var program = await StatewayProgram.RunAsync(Shop, data.Path);

        Assert.Matches(@"Shop 1\.0\.0 at http://127\.0\.0\.1:\d+/  \d+ operations, described at /openapi\.json", program.Output);
        Assert.Matches(@"Ready in \d+\.\d s\. Press Ctrl-C to stop\.", program.Output);
        Assert.DoesNotContain('\e', program.Output);
        Assert.Equal(HttpStatusCode.OK, (await program.Http.GetAsync("/openapi.json")).StatusCode);
    }

    [Fact]
    public async Task A_port_in_use_is_named()
    {
        using var data = new TempFolder();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();

        string error = await RefusedAsync("run", Shop, "--data", data.Path, "--listen", $"{listener.LocalEndpoint}");
        Assert.Contains($"{listener.LocalEndpoint} is in use", error, StringComparison.Ordinal);
        Assert.Contains("--listen", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_of_another_machine_is_named()
    {
        using var data = new TempFolder();
        Assert.Contains("192.0.2.1:80", await RefusedAsync("run", Shop, "--data", data.Path, "--listen", "192.0.2.1:80"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_is_free_again_once_the_program_has_ended()
    {
        using var data = new TempFolder();
        string listen;
        await using (var program = await StatewayProgram.RunAsync(Shop, data.Path))
        {
            listen = program.Url.Authority;
            await program.Http.GetAsync("/status");
            await program.KillAsync();
        }

        await using var again = await StatewayProgram.RunAsync(Shop, data.Path, listen);
        Assert.Equal(HttpStatusCode.OK, (await again.Http.GetAsync("/status")).StatusCode);
    }

    [Fact]
    public async Task A_data_folder_in_use_is_named_and_its_user_goes_on()
    {
        using var data = new TempFolder();
        await using var program = await StatewayProgram.RunAsync(Shop, data.Path);

        string error = await RefusedAsync("run", Shop, "--data", data.Path, "--listen", "127.0.0.1:0");
        Assert.Contains($"{data.Path} is in use by another process", error, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await program.Http.GetAsync("/products/p1")).StatusCode);
    }

    [Fact]
    public async Task A_store_of_a_newer_version_is_left_alone()
    {
        using var data = new TempFolder();
        await using (var program = await StatewayProgram.RunAsync(Shop, data.Path)) Assert.Equal(0, await program.StopAsync());

        // The format's number is SQLite's user_version, at byte 60 of the file.
        byte[] file = await File.ReadAllBytesAsync(data.File("store.db"));
        BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(60), 99);
        await File.WriteAllBytesAsync(data.File("store.db"), file);

        string error = await RefusedAsync("run", Shop, "--data", data.Path, "--listen", "127.0.0.1:0");
        Assert.Contains("newer version", error, StringComparison.Ordinal);
        Assert.Equal(file, await File.ReadAllBytesAsync(data.File("store.db")));
    }

    [Fact]
    public async Task A_store_that_is_none_is_left_alone()
    {
        using var data = new TempFolder();
        await File.WriteAllTextAsync(data.File("store.db"), new string('x', 10_000));

        Assert.Contains("is not a store", await RefusedAsync("run", Shop, "--data", data.Path, "--listen", "127.0.0.1:0"), StringComparison.Ordinal);
        Assert.Equal(new string('x', 10_000), await File.ReadAllTextAsync(data.File("store.db")));
    }

    [Fact]
    public async Task A_data_folder_that_is_a_file_is_named()
    {
        using var data = new TempFolder();
        await File.WriteAllTextAsync(data.File("file"), "");
        Assert.Contains("is a file", await RefusedAsync("run", Shop, "--data", data.File("file"), "--listen", "127.0.0.1:0"), StringComparison.Ordinal);
        Assert.Contains(data.File("file"), await RefusedAsync("run", Shop, "--data", data.File("file/below"), "--listen", "127.0.0.1:0"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_data_folder_that_can_t_be_written_is_named(bool withStore)
    {
        var (mount, whyNot) = await TempMount.TryMakeAsync("16m");
        Assert.SkipWhen(mount is null, whyNot ?? "");
        await using (mount)
        {
            string data = Path.Combine(mount.Path, "data");
            if (withStore)
            {
                await using var program = await StatewayProgram.RunAsync(Shop, data);
                Assert.Equal(0, await program.StopAsync());
            }

            await mount.MakeReadOnlyAsync();
            string error = await RefusedAsync("run", Shop, "--data", data, "--listen", "127.0.0.1:0");
            Assert.Contains($"{data} can't be written", error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("NO_COLOR=1", false)]
    [InlineData("NO_COLOR=", true)]
    public async Task Colour_is_for_a_terminal_that_wants_it(string environment, bool isColoured)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/script") && File.Exists("/usr/bin/env"), "script, which makes a terminal, is not installed");

        string command = $"env -u NO_COLOR TERM=xterm {environment} {StatewayProgram.File} check /nowhere";
        var (_, output, _) = await StatewayProgram.CallToolAsync("/usr/bin/script", "-qec", command, "/dev/null");
        Assert.Contains("there is no such folder", output, StringComparison.Ordinal);
        Assert.Equal(isColoured, output.Contains("\e[31m", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task A_request_in_flight_is_finished_before_the_end(string signal)
    {
        using var folder = new TempFolder();
        using var service = new SlowService();
        await File.WriteAllTextAsync(folder.File("front.yaml"), Documents.Proxy(service.Url));
        await using var program = await StatewayProgram.RunInShellAsync(":", folder.Path, folder.File("data"));
        SkipWhenIgnored(signal, program.ProcessId);

        var answer = program.Http.GetStringAsync("/slow");
        await service.Asked;
        var stopping = program.LineAsync("Stopping");
        await program.SignalAsync(signal);
        await stopping;

        // Longer than the two seconds that the library of the command line would wait.
        await Task.Delay(TimeSpan.FromSeconds(2.5));
        Assert.False(answer.IsCompleted);
        service.Release();

        Assert.Equal("at last", await answer);
        Assert.Equal(0, await program.EndAsync());
    }

    [Fact]
    public async Task A_second_signal_ends_at_once()
    {
        using var folder = new TempFolder();
        using var service = new SlowService();
        await File.WriteAllTextAsync(folder.File("front.yaml"), Documents.Proxy(service.Url));
        await using var program = await StatewayProgram.RunAsync(folder.Path, folder.File("data"));
        SkipWhenIgnored("INT", program.ProcessId);

        var answer = program.Http.GetStringAsync("/slow");
        await service.Asked;
        var stopping = program.LineAsync("Stopping");
        await program.SignalAsync("INT");
        await stopping;
        await program.SignalAsync("INT");

        Assert.Equal(130, await program.EndAsync()); // the shells' number for an end by SIGINT
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => answer);
    }

    /// <summary>Runs what must be refused with exit code 1 and one line.</summary>
    private static async Task<string> RefusedAsync(params string[] arguments)
    {
        var (code, _, error) = await StatewayProgram.CallAsync(arguments);
        Assert.True(code == 1, $"Exit code {code}: {error}");
        string line = Assert.Single(Lines(error));
        Assert.StartsWith("error: ", line, StringComparison.Ordinal);
        return line;
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>What a shell starts in the background ignores SIGINT, and so does everything below it.</summary>
    private static void SkipWhenIgnored(string signal, int process)
    {
        string mask = File.ReadLines($"/proc/{process}/status").First(l => l.StartsWith("SigIgn:", StringComparison.Ordinal))[7..].Trim();
        bool ignores = (Convert.ToUInt64(mask, 16) & 2) != 0;
        Assert.SkipWhen(signal == "INT" && ignores, "the tests were started with SIGINT ignored");
    }
}
