using System.Buffers;
using System.CommandLine;
using System.Text;
using System.Text.Json;
using Stateway.Client;

namespace Stateway.Commands;

/// <summary><c>stateway secrets set NAME</c>: gives a secret a value, which never stands on the command line, where others see it.</summary>
internal static class SecretsSetCommand
{
    private const int ValueBytesMax = 64 * 1024;

    public static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "Of the secret; made when it is not there." };
        FolderArgument.RefuseOptions(name);
        var file = new Option<string?>("--file") { Description = "File that holds the value [default: the standard input].", HelpName = "FILE" };
        var description = new Option<string?>("--description") { Description = "What it is for.", HelpName = "TEXT" };

        var command = new Command("set", """
            Gives a secret a value, from the standard input or a file; one line break at its end is left out.

              stateway secrets set payments-token < token.txt
              stateway secrets set payments-token --file token.txt --description 'For the payments service'
            """) { name, file, description };
        command.SetClientAction(async (parsed, session, ct) =>
        {
            var (resource, exitCode) = ClientCommand.Resource(session, "secrets", parsed.GetValue(name)!);
            if (resource is null) return exitCode;

            var (value, failure) = await ReadAsync(parsed.GetValue(file), ct);
            if (value is null) return ClientCommand.Tell(failure!);

            // A patch keeps the description and the labels that there are; one that meets nothing creates.
            byte[] body = ToJson(value, parsed.GetValue(description));
            var reply = await session.Api.SendAsync(new(HttpMethod.Patch, resource.Path) { Body = body }, ct);
            if (reply.IsMissing) reply = await session.Api.SendAsync(new(HttpMethod.Put, resource.Path) { Body = body }, ct);
            if (reply is not Reply.Good { Body: var secret, Status: var status }) return ClientCommand.Tell(reply.ToFailure(resource.Text));

            Terminal.Say(status == 201 ? $"{resource} is created." : $"{resource} is at version {secret.GetProperty("version")}.");
            return 0;
        });
        return command;
    }

    private static async Task<(string? Value, Failure? Failure)> ReadAsync(string? file, CancellationToken ct)
    {
        byte[] bytes = new byte[ValueBytesMax + 3];
        int count;
        try
        {
            if (file is null && !Console.IsInputRedirected) Terminal.Warning("What you type is shown. It ends with Ctrl-D on a line of its own.");
            await using var input = file is null ? Console.OpenStandardInput() : File.OpenRead(file);
            count = await input.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, ct);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, new($"{file ?? "The standard input"} can't be read: {e.Message}"));
        }

        var text = bytes.AsSpan(0, count);
        if (text.EndsWith("\r\n"u8)) text = text[..^2];
        else if (text.EndsWith("\n"u8)) text = text[..^1];
        if (text.IsEmpty) return (null, new($"{file ?? "The standard input"} is empty, and a secret is not."));
        if (text.Length > ValueBytesMax) return (null, new($"{file ?? "The standard input"} is longer than {ValueBytesMax:N0} bytes."));

        try
        {
            return (new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(text), null);
        }
        catch (DecoderFallbackException)
        {
            return (null, new($"{file ?? "The standard input"} is no text in UTF-8; encode it, in base64 say."));
        }
    }

    private static byte[] ToJson(string value, string? description)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteString("value", value);
            if (description is not null) json.WriteString("description", description);
            json.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }
}
