using System.CommandLine;
using Stateway.Configuring;
using Stateway.Hosting;
using Stateway.Stores;

namespace Stateway.Commands;

/// <summary>
/// <c>stateway serve FOLDER|FILE</c>: what <c>run</c> does, for servers: any store, settings from a file and the environment,
/// and patience with a database that starts later.
/// </summary>
internal static class ServeCommand
{
    private const string StoreVariable = "STATEWAY_STORE";
    private static readonly TimeSpan StorePatience = TimeSpan.FromSeconds(30);

    public static Command Create()
    {
        var path = FolderArgument.Create();
        var listen = ListenOption.Create($"Address and port to listen on; port 0 takes a free one [default: listen of the configuration, else {ListenAddress.Default}].");
        var tls = ListenOption.CreateTls();
        var admin = ListenOption.CreateAdmin();
        var masterKey = MasterKeyOption.Create();
        var store = new Option<string?>("--store")
        {
            Description = $"Where the data is kept [default: {StoreVariable}, else store of the configuration, else SQLite in .stateway of the folder]. "
                + $"Other users of this machine see it: give a password in {StorePassword.Variable}.",
            HelpName = "URL",
        };
        store.Validators.Add(result =>
        {
            if (!StoreUrl.TryParse(result.GetValueOrDefault<string>() ?? "", out _, out string? error)) result.AddError($"--store: {error}");
        });
        var config = new Option<string?>("--config")
        {
            Description = $"Configuration file [default: {ConfigurationFile.Name} in the folder, when there is one].", HelpName = "FILE",
        };

        var command = new Command("serve", $"""
            Serves every OpenAPI document of a folder from any store; several of it may share one.

              stateway serve api
              stateway serve api --store postgres://shop@db.internal/shop --listen 0.0.0.0:8080
              stateway serve api --store etcd://10.0.0.1:2379,10.0.0.2:2379/shop
            """) { path, listen, tls, admin, store, config, masterKey };
        command.SetAction((parsed, _) =>
        {
            string served = parsed.GetValue(path)!;
            return Serving.RunAsync(served, () => OptionsOf(served, parsed.GetValue(listen), parsed.GetValue(tls), parsed.GetValue(admin), parsed.GetValue(store), parsed.GetValue(config))?.With(parsed, masterKey));
        });
        return command;
    }

    /// <returns>Null when something was wrong, and has been said.</returns>
    private static ServerOptions? OptionsOf(string served, string? listen, string? tls, string? admin, string? store, string? config)
    {
        var reading = config is null ? ConfigurationFile.ReadIn(FolderArgument.FolderOf(served)) : ConfigurationFile.Read(config);
        foreach (var error in reading.Errors) Terminal.Error(error.ToString());
        if (reading.Configuration is not { } configuration) return null;

        string? text = store ?? (Environment.GetEnvironmentVariable(StoreVariable) is { Length: > 0 } variable ? variable : null);
        StoreUrl? url = configuration.Store;
        if (text is not null && !StoreUrl.TryParse(text, out url, out string? whyNot))
        {
            Terminal.Error($"{StoreVariable}: {whyNot}"); // the option has been looked at
            return null;
        }

        ListenAddress.TryParse(listen ?? ListenAddress.Default, out var endpoint);
        if (listen is null) endpoint = configuration.Listen ?? endpoint;
        string folder = RunCommand.DataFolderOf(served);
        return new(endpoint!, admin is null && configuration.Admin is not null ? configuration.Admin : ListenOption.AdminOf(admin, endpoint!), Path.GetFullPath(FolderArgument.FolderOf(served)), (url ?? new StoreUrl.Sqlite(folder)).WithPassword(StorePassword.OfEnvironment()),
            url is StoreUrl.Sqlite sqlite ? sqlite.Folder : folder)
        {
            IsAdminChosen = (admin is null ? configuration.Admin?.ToString() : admin) is not null,
            Tls = ListenAddress.TryParse(tls, out var secure) ? secure : configuration.Tls,
            TrustedProxies = configuration.TrustedProxies,
            HasProxyProtocol = configuration.HasProxyProtocol,
            History = configuration.History,
            StorePatience = StorePatience,
        };
    }
}
