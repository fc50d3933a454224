using System.CommandLine;
using System.CommandLine.Help;
using Stateway.Client;
using Stateway.Client.Contexts;
using Stateway.Model.Names;

namespace Stateway.Commands;

/// <summary><c>stateway context</c>: servers by name.</summary>
internal static class ContextCommand
{
    public static Command Create()
    {
        var command = new Command("context", """
            Keeps servers by name, with their keys, in stateway/contexts.yaml of the configuration folder (XDG_CONFIG_HOME, else ~/.config).

              stateway context set test --server https://stateway.test:8081 --key-file ~/keys/test
              stateway context use test
            """) { CreateList(), CreateUse(), CreateSet(), CreateRemove() };
        command.SetAction(parsed =>
        {
            new HelpAction().Invoke(parsed);
            return 2;
        });
        return command;
    }

    private static Command CreateList()
    {
        var command = new Command("list", "Lists the contexts; * marks the current one.");
        command.SetAction(_ => With(file =>
        {
            if (file.All.Count == 0) Console.Error.WriteLine("There are no contexts.");
            int width = file.All.Select(context => context.Name.Length).DefaultIfEmpty().Max();
            foreach (var context in file.All)
            {
                string key = context.Key is not null ? "key" : context.KeyFile is not null ? "key in " + context.KeyFile : "no key";
                Terminal.Say($"{(context.Name == file.Current ? "*" : " ")} {context.Name.PadRight(width)}   {PlainText.Of(context.Server)}   {Terminal.Dim(PlainText.Of(key))}");
            }

            if (file.All.Any(context => context.Key is not null) && PrivateFile.IsOpenToOthers(file.Path)) Terminal.Warning($"{file.Path} holds keys, and others can read it; chmod 600 hides it.");
            return 0;
        }));
        return command;
    }

    private static Command CreateUse()
    {
        var name = NameArgument();
        var command = new Command("use", "Makes a context the current one.") { name };
        command.SetAction(parsed => With(file =>
        {
            string chosen = parsed.GetValue(name)!;
            return file.Find(chosen) is null ? ClientCommand.Tell(ConnectionOptions.NoContext(file, chosen)) : Write(file with { Current = chosen }, $"{chosen} is the current context.");
        }));
        return command;
    }

    private static Command CreateSet()
    {
        var name = NameArgument();
        var server = new Option<string?>("--server") { Description = "The management API.", HelpName = "URL" };
        var key = new Option<string?>("--key") { Description = "The administrator's key itself. Other users of this machine may see it while the command runs; --key-file hides it.", HelpName = "KEY" };
        var keyFile = new Option<string?>("--key-file") { Description = "File that holds the key.", HelpName = "FILE" };
        var caFile = new Option<string?>("--ca-file") { Description = "PEM file of the authorities that vouch for the server.", HelpName = "FILE" };
        server.Validators.Add(result =>
        {
            if (!Connection.TryParseUrl(result.GetValueOrDefault<string>() ?? "", out _)) result.AddError($"--server: {Connection.Rule}.");
        });
        key.Validators.Add(result =>
        {
            if (!KeyFile.IsKey(result.GetValueOrDefault<string>() ?? "")) result.AddError("--key is one line of visible ASCII characters.");
        });

        var command = new Command("set", "Adds a context, or changes what is given of one. The first one becomes the current one.") { name, server, key, keyFile, caFile };
        command.Validators.Add(result =>
        {
            if (result.GetResult(key) is not null && result.GetResult(keyFile) is not null) result.AddError("--key and --key-file exclude each other.");
        });
        command.SetAction(parsed => With(file =>
        {
            string chosen = parsed.GetValue(name)!;
            var old = file.Find(chosen);
            if ((parsed.GetValue(server) ?? old?.Server) is not { } url) return ClientCommand.TellWrongWord("A new context needs --server.");

            // A key belongs to a server: a context that turns to another one does not take it along.
            var kept = old is not null && url == old.Server ? old : null;
            bool hasKey = parsed.GetValue(key) is not null || parsed.GetValue(keyFile) is not null;
            var context = new SavedContext(chosen, url,
                hasKey ? parsed.GetValue(key) : kept?.Key, hasKey ? Full(parsed.GetValue(keyFile)) : kept?.KeyFile, Full(parsed.GetValue(caFile)) ?? kept?.CaFile);
            var all = file.All.Where(each => each.Name != chosen).Append(context).OrderBy(each => each.Name, StringComparer.Ordinal).ToArray();
            return Write(file with { All = all, Current = file.Current ?? chosen }, $"{chosen} is {url}.");
        }));
        return command;
    }

    private static Command CreateRemove()
    {
        var name = NameArgument();
        var command = new Command("remove", "Removes a context.") { name };
        command.SetAction(parsed => With(file =>
        {
            string chosen = parsed.GetValue(name)!;
            if (file.Find(chosen) is null) return ClientCommand.Tell(ConnectionOptions.NoContext(file, chosen));

            return Write(file with { All = [.. file.All.Where(each => each.Name != chosen)], Current = file.Current == chosen ? null : file.Current }, $"{chosen} is removed.");
        }));
        return command;
    }

    private static Argument<string> NameArgument()
    {
        var name = new Argument<string>("NAME") { Description = "The context's name." };
        FolderArgument.RefuseOptions(name);
        name.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: not ['-', ..] and var text }, ..] && !ResourceId.IsValid(text)) result.AddError($"NAME is {ResourceId.Rule}.");
        });
        return name;
    }

    private static string? Full(string? path) => path is null ? null : Path.GetFullPath(path);

    private static int With(Func<ContextFile, int> run)
    {
        var (file, failure) = ContextFile.Read();
        return file is null ? ClientCommand.Tell(failure!) : run(file);
    }

    private static int Write(ContextFile file, string done)
    {
        if (file.Write() is { } failure) return ClientCommand.Tell(failure);

        Terminal.Say(done);
        return 0;
    }
}
