using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Completions;
using Stateway.Client;
using Stateway.Client.Calling;
using Stateway.Client.Output;

namespace Stateway.Commands;

/// <summary><c>stateway call OPERATION</c>: a client of any API that is served, and a look at the steps of its requests.</summary>
internal static class CallCommand
{
    private static readonly TimeSpan CompletionTimeout = TimeSpan.FromSeconds(1);

    public static Command Create()
    {
        var operation = new Argument<string?>("OPERATION") { Description = "An operationId of the API's document; without it all are listed.", Arity = ArgumentArity.ZeroOrOne };
        FolderArgument.RefuseOptions(operation);
        var values = new Argument<string[]>("NAME=VALUE") { Description = "The operation's parameters; query:NAME=VALUE where one name stands in several places.", Arity = ArgumentArity.ZeroOrMore };
        FolderArgument.RefuseOptions(values);
        var api = new Option<string?>("--api") { Description = "The API [default: the one that has the operation].", HelpName = "ID" };
        var stage = new Option<string?>("--stage") { Description = "Its stage [default: live].", HelpName = "ID" };
        var url = new Option<string?>("--url") { Description = "The API's own base, instead of asking the management API.", HelpName = "URL" };
        var data = new Option<string?>("--data", "-d") { Description = "The body: text, @FILE, or - for standard input.", HelpName = "BODY|@FILE|-" };
        var field = new Option<string[]>("--header", "-H") { Description = "A field of the request, such as 'If-Match: \"42-j\"'; may be repeated.", HelpName = "FIELD" };
        var include = new Option<bool>("--include", "-i") { Description = "Show all fields of the answer." };
        var output = new Option<string?>("--output", "-o") { Description = "json or raw: the content alone.", HelpName = "FORM" };
        output.AcceptOnlyFromAmong("json", "raw");
        url.Validators.Add(result =>
        {
            if (!Connection.TryParseUrl(result.GetValueOrDefault<string>() ?? "", out _)) result.AddError($"--url: {Connection.Rule}.");
        });

        var command = new Command("call", """
            Calls an operation of an API that is served, and tells how long the steps of the request took.

              stateway call
              stateway call getProduct product_id=p1
              stateway call createProduct -d '{"name":"Lamp"}' --api shop --stage test
            """) { operation, values, api, stage, url, data, field, include, output };
        command.Validators.Add(result =>
        {
            if (result.GetResult(url) is not null && (result.GetResult(api) ?? result.GetResult(stage)) is not null) result.AddError("--url names an API itself; leave --api and --stage out.");
        });
        var options = command.SetConnectionAction(async (parsed, connection, ct) =>
        {
            var (served, failure) = await ServedAsync(parsed, connection, ct);
            if (failure is not null) return ClientCommand.Tell(failure);

            (var caller, failure) = Caller.Open(served[0].Url, connection, TimeProvider.System);
            if (caller is null) return ClientCommand.Tell(failure!);

            using (caller)
            {
                (var callables, failure) = await Callables.ReadAsync(caller, served, ct);
                if (callables is null) return ClientCommand.Tell(failure!);
                if (parsed.GetValue(operation) is not { } id) return List(callables, served.Length > 1);

                var (found, its, whyNot) = callables.Find(id);
                if (found is null) return ClientCommand.TellWrongWord(whyNot!);

                (byte[]? body, failure) = await BodyAsync(parsed.GetValue(data), ct);
                if (failure is not null) return ClientCommand.Tell(failure);

                (var request, failure) = CallRequest.Compose(its!, parsed.GetValue(values) ?? [], parsed.GetValue(field) ?? [], body);
                if (request is null)
                {
                    ClientCommand.Tell(failure!);
                    return 2; // it is the command line that is wrong
                }

                return await CallAsync(caller, found, request, new(parsed.GetValue(output), parsed.GetValue(include)), ct);
            }
        });
        operation.CompletionSources.Add(context => Complete(context, options));
        return command;

        Task<(ImmutableArray<ServedApi>, Failure?)> ServedAsync(ParseResult parsed, Connection connection, CancellationToken ct)
        {
            if (parsed.GetValue(url) is { } address) return Task.FromResult<(ImmutableArray<ServedApi>, Failure?)>(([new("", "", new Uri(address))], null));

            ClientCommand.WarnOfExposedKey(connection);
            return Callables.ServedAsync(connection, parsed.GetValue(api), parsed.GetValue(stage), TimeProvider.System, ct);
        }

        IEnumerable<CompletionItem> Complete(CompletionContext context, ConnectionOptions connections)
        {
            if (connections.Choose(context.ParseResult).Connection is not { } connection) return [];

            // A shell waits for this, and the library has no other way to ask.
            using var limit = new CancellationTokenSource(CompletionTimeout);
            try
            {
                var ids = Task.Run(() => IdsAsync(context.ParseResult, connection, limit.Token), limit.Token).WaitAsync(limit.Token).GetAwaiter().GetResult();
                return ids.Where(each => each.StartsWith(context.WordToComplete, StringComparison.OrdinalIgnoreCase)).Select(each => new CompletionItem(each));
            }
            catch (OperationCanceledException)
            {
                return [];
            }
        }

        async Task<string[]> IdsAsync(ParseResult parsed, Connection connection, CancellationToken ct)
        {
            var (served, failure) = await ServedAsync(parsed, connection, ct);
            if (failure is not null || Caller.Open(served[0].Url, connection, TimeProvider.System).Caller is not { } caller) return [];

            using (caller) return (await Callables.ReadAsync(caller, served, ct)).Callables is { } callables ? [.. callables.All.Select(each => each.Operation.Id).Distinct()] : [];
        }
    }

    private static int List(Callables callables, bool areSeveral)
    {
        var table = new Table(areSeveral ? ["OPERATION", "METHOD", "PATH", "API", "SUMMARY"] : ["OPERATION", "METHOD", "PATH", "SUMMARY"], wide: true);
        string[][] rows = [.. callables.All.Select(each => table.Fit(areSeveral
            ? [each.Operation.Id, each.Operation.Method, each.Operation.Path, each.Api.Name, each.Operation.Summary]
            : [each.Operation.Id, each.Operation.Method, each.Operation.Path, each.Operation.Summary]))];
        foreach (string[] row in rows) table.Measure(row);
        Terminal.Say(table.Head());
        foreach (string[] row in rows) Terminal.Say(table.Line(row));
        return 0;
    }

    private static async Task<int> CallAsync(Caller caller, ServedApi api, CallRequest request, CallOutput output, CancellationToken ct)
    {
        var (answer, took, failure) = await caller.SendAsync(api, request, ct);
        if (answer is null) return ClientCommand.Tell(failure!);

        using (answer)
        {
            output.TellHead(answer);
            try
            {
                if (CallOutput.IsStream(answer))
                {
                    output.TellSteps(answer, took, caller.Signs);
                    await CallOutput.PassOnAsync(answer, ct);
                    return 0;
                }

                byte[] content = await answer.Content.ReadAsByteArrayAsync(ct);
                await output.TellContentAsync(answer, content, ct);
                output.TellSteps(answer, took, caller.Signs);
                if ((int)answer.StatusCode < 400) return 0;

                return ClientCommand.Tell(ProblemText.Of(ProblemDocument.Read((int)answer.StatusCode, answer.ReasonPhrase ?? "", content), "", asksForKey: false));
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested && CallOutput.IsStream(answer))
            {
                return 0; // Ctrl-C is how it ends
            }
            catch (Exception e) when (BrokenCall.Is(e))
            {
                return ClientCommand.Tell(new(BrokenCall.Why(e, api.Text, "--url")));
            }
        }
    }

    private static async Task<(byte[]? Body, Failure? Failure)> BodyAsync(string? data, CancellationToken ct)
    {
        try
        {
            if (data == "-")
            {
                await using var input = Console.OpenStandardInput();
                var body = new MemoryStream();
                await input.CopyToAsync(body, ct);
                return (body.ToArray(), null);
            }

            return (data is ['@', .. var file] ? await File.ReadAllBytesAsync(file, ct) : data is null ? null : System.Text.Encoding.UTF8.GetBytes(data), null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, new($"The body can't be read: {e.Message}"));
        }
    }
}
