using System.CommandLine;
using System.Text.Json;
using Stateway.Client;
using Stateway.Client.Files;

namespace Stateway.Commands;

/// <summary><c>stateway why KIND ID</c>: the chain of causes that made a resource what it is.</summary>
internal static class WhyCommand
{
    private const int LinksMax = 100;
    private const int LinkCharactersMax = 500;

    public static Command Create()
    {
        var kind = ClientCommand.KindArgument();
        var id = new Argument<string>("ID") { Description = "Which one; below others PARENT/ID." };
        FolderArgument.RefuseOptions(id);
        var command = new Command("why", """
            Tells why a resource is as it is: what is so, what that comes from, what that comes from.

              stateway why stage shop/live
            """) { kind, id };
        command.SetClientAction(async (parsed, session, ct) =>
        {
            var (name, exitCode) = ClientCommand.Resource(session, parsed.GetValue(kind)!, parsed.GetValue(id)!);
            if (name is null) return exitCode;
            if (!name.Kind.CanExplain) return ClientCommand.Tell(new($"{session.Api.ServerText} does not tell why of {name.Kind.FullName}."));

            var reply = await session.Api.SendAsync(Call.Get(name.Path + "/why"), ct);
            if (reply is not Reply.Good { Body: { ValueKind: not JsonValueKind.Undefined } body })
                return ClientCommand.Tell(reply.IsMissing ? new($"There is no {name}.") : reply is Reply.Good ? new($"{name}: the server tells nothing.") : reply.ToFailure(name.Text));

            Tell(body);
            return 0;
        });
        return command;
    }

    private static void Tell(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object || !body.TryGetProperty("because", out var because) || because.ValueKind != JsonValueKind.Array)
        {
            Console.Out.Write(YamlOutput.Of(body));
            return;
        }

        string of = Session.Text(body, "resource") ?? Session.Text(body, "id") ?? "";
        Terminal.Say(PlainText.Short($"{of}: {Session.Text(body, "summary")}", LinkCharactersMax));
        foreach (var cause in because.EnumerateArray().Take(LinksMax)) Terminal.Say("← " + Text(cause));
    }

    /// <summary><c>apis/shop/stages/live: shop has no deployment "v9". (since 2026-11-20T20:30:11Z)</c>.</summary>
    private static string Text(JsonElement cause)
    {
        if (cause.ValueKind != JsonValueKind.Object) return PlainText.Short(cause.GetRawText(), LinkCharactersMax);

        string of = Session.Text(cause, "resource") is { } resource ? resource + ": " : "";
        string since = Session.Text(cause, "since") is { } time ? $" (since {time})" : "";
        string next = Session.Text(cause, "next_try") is { } again ? $" (next try {again})" : "";
        return PlainText.Short(of + (Session.Text(cause, "says") ?? cause.GetRawText()) + since + next, LinkCharactersMax);
    }
}
