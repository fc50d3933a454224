using System.CommandLine;
using Stateway.Client;
using Stateway.Client.Contexts;

namespace Stateway.Commands;

/// <summary>
/// Which server a command speaks to. First of: <c>--server</c>, <c>--context</c>, STATEWAY_SERVER, the current context, the
/// default. A context's key goes to that context's server alone.
/// </summary>
internal sealed class ConnectionOptions
{
    public const string ServerVariable = "STATEWAY_SERVER";
    public const string KeyVariable = "STATEWAY_KEY";

    private readonly Option<string?> _server = new("--server")
    {
        Description = $"The management API [default: {ServerVariable}, else the current context, else {Connection.Default}].", HelpName = "URL",
    };

    private readonly Option<string?> _context = new("--context") { Description = "A saved context, instead of the current one.", HelpName = "NAME" };

    private readonly Option<string?> _keyFile = new("--key-file")
    {
        Description = $"File that holds the administrator's key [default: {KeyVariable}, else the context's].", HelpName = "FILE",
    };

    private readonly Option<string?> _caFile = new("--ca-file")
    {
        Description = "PEM file of the authorities that vouch for the server [default: the context's, else the system's].", HelpName = "FILE",
    };

    public ConnectionOptions()
    {
        _server.Validators.Add(result =>
        {
            if (!Connection.TryParseUrl(result.GetValueOrDefault<string>() ?? "", out _)) result.AddError($"--server: {Connection.Rule}.");
        });
    }

    public void AddTo(Command command)
    {
        foreach (var option in new[] { _server, _context, _keyFile, _caFile }) command.Options.Add(option);
        command.Validators.Add(result =>
        {
            if (result.GetResult(_server) is not null && result.GetResult(_context) is not null) result.AddError("--server and --context exclude each other.");
        });
    }

    public (Connection? Connection, Failure? Failure) Choose(ParseResult parsed)
    {
        var (file, failure) = ContextFile.Read();
        string? server = parsed.GetValue(_server);
        string? contextName = parsed.GetValue(_context);
        if (file is null && (server is null || contextName is not null)) return (null, failure);

        SavedContext? context = null;
        if (contextName is not null)
        {
            context = file!.Find(contextName);
            if (context is null) return (null, NoContext(file, contextName));
            server = context.Server;
        }

        server ??= Variable(ServerVariable);
        if (server is null && file?.Current is { } current)
        {
            context = file.Find(current);
            if (context is null) return (null, NoContext(file, current));
        }

        if (!Connection.TryParseUrl(server ?? context?.Server ?? Connection.Default, out var url)) return (null, new($"{ServerVariable}: {Connection.Rule}."));

        // Who names a server that the current context names, too, means it.
        if (context is null && file?.Current is { } name && file.Find(name) is { } saved && Connection.TryParseUrl(saved.Server, out var its) && its == url) context = saved;

        var (key, wrongKey) = Key(parsed.GetValue(_keyFile), context);
        return wrongKey is null ? (new(url, key, parsed.GetValue(_caFile) ?? context?.CaFile), null) : (null, wrongKey);
    }

    private static (string? Key, Failure? Failure) Key(string? keyFile, SavedContext? context)
    {
        if (keyFile is not null) return KeyFile.Read(keyFile);
        if (Variable(KeyVariable) is { } key) return KeyFile.IsKey(key) ? (key, null) : (null, new($"{KeyVariable} holds no key: a key is one line of visible ASCII characters."));
        if (context?.Key is { } saved) return KeyFile.IsKey(saved) ? (saved, null) : (null, new($"The key of the context {context.Name} is none: a key is one line of visible ASCII characters."));
        return context?.KeyFile is { } file ? KeyFile.Read(file) : (null, null);
    }

    public static Failure NoContext(ContextFile file, string name) => new(
        $"There is no context '{PlainText.Short(name, 100)}'.{Model.Apis.Text.NameHint.For(name, [.. file.All.Select(context => context.Name)])}");

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
