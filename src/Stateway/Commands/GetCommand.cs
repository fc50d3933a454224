using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json;
using Stateway.Client;
using Stateway.Client.Kinds;
using Stateway.Client.Output;
using Stateway.Model.Names;

namespace Stateway.Commands;

/// <summary><c>stateway get KIND [ID]</c>: shows resources, once or as they change.</summary>
internal static class GetCommand
{
    private static readonly string[] Forms = ["json", "yaml", "wide", "name"];

    private sealed record Order(Kind Kind, ResourceName? One, ImmutableArray<string> Parents, OutputForm Form, string? Filter, string? OrderBy);

    public static Command Create()
    {
        var kind = ClientCommand.KindArgument();
        var id = new Argument<string?>("ID") { Description = "One of them; below others PARENT/ID.", Arity = ArgumentArity.ZeroOrOne };
        FolderArgument.RefuseOptions(id);
        var output = new Option<string?>("--output", "-o") { Description = "json, yaml, wide or name, instead of a table.", HelpName = "FORM" };
        output.AcceptOnlyFromAmong(Forms);
        var inside = new Option<string?>("--in") { Description = "Only those of this parent.", HelpName = "PARENT" };
        var filter = new Option<string?>("--filter") { Description = "Only those for which this expression is true, such as 'team == \"shop\"'.", HelpName = "EXPRESSION" };
        var orderBy = new Option<string?>("--order-by") { Description = "Fields with commas between, - before one for descending.", HelpName = "FIELDS" };
        var watch = new Option<bool>("--watch", "-w") { Description = "Go on with every change, until Ctrl-C." };

        var command = new Command("get", """
            Shows resources: all of a kind, those below a parent, or one.

              stateway get apis
              stateway get stages --in shop --watch
              stateway get stage shop/live -o yaml
            """) { kind, id, output, inside, filter, orderBy, watch };
        command.Validators.Add(result =>
        {
            bool isOne = result.GetResult(id) is { Tokens.Count: > 0 };
            if (isOne && (result.GetResult(filter) ?? result.GetResult(orderBy) ?? result.GetResult(inside)) is not null)
                result.AddError("--filter, --order-by and --in are for many; ID names one.");
            if (result.GetResult(watch) is not null && result.GetResult(orderBy) is not null) result.AddError("--watch tells changes in their own order; leave --order-by out.");
        });
        command.SetClientAction((parsed, session, ct) =>
        {
            var (found, whyNot) = session.Kinds.Find(parsed.GetValue(kind)!);
            if (found is null) return Task.FromResult(ClientCommand.TellWrongWord(whyNot!));

            ResourceName? one = null;
            if (parsed.GetValue(id) is { } text)
            {
                (one, var wrong) = Session.NameOf(found, text);
                if (one is null) return Task.FromResult(ClientCommand.TellWrongWord(wrong!.What));
            }

            string[] parents = parsed.GetValue(inside)?.Split('/') ?? [];
            if (parents.Length >= found.Depth || parents.Any(parent => !ResourceId.IsValid(parent)))
                return Task.FromResult(ClientCommand.TellWrongWord(found.Depth == 1 ? $"{found.Name} stand below nothing; leave --in out." : $"--in is an id of {found.Parent!.FullName}."));

            var order = new Order(found, one, [.. parents], FormOf(parsed.GetValue(output)), parsed.GetValue(filter), parsed.GetValue(orderBy));
            return parsed.GetValue(watch) ? WatchAsync(session, order, ct) : one is null ? ListAsync(session, order, ct) : OneAsync(session, order, one, ct);
        });
        return command;
    }

    private static async Task<int> OneAsync(Session session, Order order, ResourceName name, CancellationToken ct)
    {
        var reply = await session.GetAsync(name, ct);
        if (reply is not Reply.Good { Body: { ValueKind: JsonValueKind.Object } body }) return ClientCommand.Tell(Why(reply, name));

        new ResourceOutput(order.Kind, order.Form, session.Time).WriteAll([(name, body)], isOne: true);
        return 0;
    }

    private static async Task<int> ListAsync(Session session, Order order, CancellationToken ct)
    {
        var listing = new Listing(session);
        if (await listing.ReadAsync(order.Kind, order.Parents, Query(("filter", order.Filter), ("order_by", order.OrderBy)), ct) is { } failure) return ClientCommand.Tell(failure);

        new ResourceOutput(order.Kind, order.Form, session.Time).WriteAll(listing.Rows, isOne: false);
        if (listing.Rows.Count == 0 && order.Form is OutputForm.Table or OutputForm.Wide) Console.Error.WriteLine($"There are no {order.Kind.Name}.");
        if (listing.IsCut) Terminal.Warning($"There are more than {Listing.RowsMax}; --filter chooses among them.");
        return 0;
    }

    private static async Task<int> WatchAsync(Session session, Order order, CancellationToken ct)
    {
        if (order.One is null && order.Parents.Length < order.Kind.Depth - 1)
            return ClientCommand.TellWrongWord($"A watch of {order.Kind.Name} needs their {order.Kind.Parent!.Singular}: give --in.");

        var parents = order.One is { } one ? one.Ids[..^1] : order.Parents;
        string path = order.One?.Path ?? Listing.CollectionPath(order.Kind, parents);
        var output = new ResourceOutput(order.Kind, order.Form, session.Time);
        try
        {
            var failure = await new WatchStream(session, path, Query(("filter", order.Filter))).RunAsync(
                (lines, isInitial) =>
                {
                    var rows = lines.Where(line => line.TryGetProperty("object", out _)).Select(line => (Type: PlainText.Of(Session.Text(line, "type")!), Body: line.GetProperty("object")))
                        .Where(row => Session.Text(row.Body, "id") is not null)
                        .Select(row => (row.Type, Name: new ResourceName(order.Kind, parents.Add(Session.Text(row.Body, "id")!)), row.Body)).ToArray();
                    if (isInitial) output.BeginEvents([.. rows.Select(row => (row.Name, row.Body))]);
                    foreach (var (type, name, body) in rows) output.WriteEvent(type, name, body);
                },
                notice => Terminal.Warning(notice), ct);
            return ClientCommand.Tell(failure);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return 0; // Ctrl-C is how a watch ends
        }
    }

    private static Failure Why(Reply reply, ResourceName name) => reply switch
    {
        Reply.Good => new($"{name}: the server's answer is no resource."),
        _ when reply.IsMissing => new($"There is no {name}."),
        _ => reply.ToFailure(name.Text),
    };

    private static string Query(params ReadOnlySpan<(string Name, string? Value)> parameters)
    {
        var given = new List<string>();
        foreach (var (name, value) in parameters)
        {
            if (value is not null) given.Add($"{name}={Uri.EscapeDataString(value)}");
        }

        return string.Join('&', given);
    }

    private static OutputForm FormOf(string? word) => word switch
    {
        "json" => OutputForm.Json,
        "yaml" => OutputForm.Yaml,
        "wide" => OutputForm.Wide,
        "name" => OutputForm.Name,
        _ => OutputForm.Table,
    };
}
