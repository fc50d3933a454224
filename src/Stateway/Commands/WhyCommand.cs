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
        if (body.ValueKind != JsonValueKind.Object || !body.TryGetProperty("chain", out var chain) || chain.ValueKind != JsonValueKind.Array)
        {
            Console.Out.Write(YamlOutput.Of(body));
            return;
        }

        int depth = 0;
        foreach (var link in chain.EnumerateArray().Take(LinksMax))
        {
            string arrow = depth == 0 ? "" : new string(' ', (depth - 1) * 2) + "← ";
            Terminal.Say(arrow + Text(link));
            depth = Math.Min(depth + 1, 20);
        }
    }

    /// <summary><c>apis/shop: not ready (2026-11-20T20:30:11Z)</c>.</summary>
    private static string Text(JsonElement link)
    {
        if (link.ValueKind == JsonValueKind.String) return PlainText.Short(link.GetString()!, LinkCharactersMax);
        if (link.ValueKind != JsonValueKind.Object) return PlainText.Short(link.GetRawText(), LinkCharactersMax);

        string what = Session.Text(link, "message") ?? Session.Text(link, "reason") ?? link.GetRawText();
        string of = Session.Text(link, "resource") is { } resource ? resource + ": " : "";
        string when = Session.Text(link, "time") is { } time ? $" ({time})" : "";
        return PlainText.Short(of + what + when, LinkCharactersMax);
    }
}
