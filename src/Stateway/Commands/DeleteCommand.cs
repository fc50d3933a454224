using System.CommandLine;
using System.Text.Json;
using Stateway.Client;

namespace Stateway.Commands;

/// <summary><c>stateway delete KIND ID</c>: deletes one resource, and what belongs to it.</summary>
internal static class DeleteCommand
{
    public static Command Create()
    {
        var kind = ClientCommand.KindArgument();
        var id = new Argument<string>("ID") { Description = "Which one; below others PARENT/ID." };
        FolderArgument.RefuseOptions(id);
        var dryRun = new Option<bool>("--dry-run") { Description = "Only have the server check whether it could be deleted." };

        var command = new Command("delete", """
            Deletes a resource, and what belongs to it.

              stateway delete api shop
              stateway delete stage shop/test --dry-run
            """) { kind, id, dryRun };
        command.SetClientAction(async (parsed, session, ct) =>
        {
            var (name, exitCode) = ClientCommand.Resource(session, parsed.GetValue(kind)!, parsed.GetValue(id)!);
            if (name is null) return exitCode;
            if (!name.Kind.CanDelete) return ClientCommand.Tell(new($"{name.Kind.FullName} can't be deleted."));

            bool isTry = parsed.GetValue(dryRun);
            var reply = await session.Api.SendAsync(new(HttpMethod.Delete, name.Path) { Headers = isTry ? [("Prefer", "validate-only")] : [] }, ct);
            if (reply is not Reply.Good good) return ClientCommand.Tell(reply.IsMissing ? new($"There is no {name}.") : reply.ToFailure(name.Text));

            Terminal.Say(isTry ? $"{name} would be deleted; nothing was written."
                : good.Status == 202 ? $"{name} is being deleted{Awaited(good.Body)}." : $"{name} is deleted.");
            return 0;
        });
        return command;
    }

    /// <summary>What must be cleaned up first.</summary>
    private static string Awaited(JsonElement body) =>
        body.ValueKind == JsonValueKind.Object && body.TryGetProperty("finalizers", out var finalizers) && finalizers.ValueKind == JsonValueKind.Array && finalizers.GetArrayLength() > 0
            ? ", as soon as this has been cleaned up: " + PlainText.Short(string.Join(", ", finalizers.EnumerateArray().Select(finalizer => finalizer.ToString())), 200) : "";
}
