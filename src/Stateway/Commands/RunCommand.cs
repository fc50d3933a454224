using System.CommandLine;
using System.Net;
using Stateway.Configuring;
using Stateway.Hosting;
using Stateway.Stores;

namespace Stateway.Commands;

/// <summary><c>stateway run FOLDER|FILE</c>: serves every document of a folder on this machine, with a store in the folder.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var path = FolderArgument.Create();
        var listen = ListenOption.Create($"Address and port to listen on; port 0 takes a free one [default: {ListenAddress.Default}].");
        var data = new Option<string?>("--data")
        {
            Description = "Folder that the data is kept in [default: .stateway in the folder that is served].", HelpName = "DIR",
        };

        var tls = ListenOption.CreateTls();
        var admin = ListenOption.CreateAdmin();
        var masterKey = MasterKeyOption.Create();
        var command = new Command("run", "Serves every OpenAPI document of a folder, and follows changes of its files.") { path, listen, tls, admin, data, masterKey };
        command.SetAction((parsed, _) =>
        {
            string served = parsed.GetValue(path)!;
            ListenAddress.TryParse(parsed.GetValue(listen) ?? ListenAddress.Default, out IPEndPoint? endpoint);
            string folder = parsed.GetValue(data) ?? DataFolderOf(served);
            return Serving.RunAsync(served, () => new ServerOptions(endpoint!, ListenOption.AdminOf(parsed.GetValue(admin), endpoint!), Path.GetFullPath(FolderArgument.FolderOf(served)), new StoreUrl.Sqlite(folder), folder)
            {
                IsAdminChosen = parsed.GetValue(admin) is not null,
                Tls = ListenAddress.TryParse(parsed.GetValue(tls), out var secure) ? secure : null,
            }.With(parsed, masterKey));
        });
        return command;
    }

    /// <summary>Beside what is served.</summary>
    public static string DataFolderOf(string served) => Path.Combine(FolderArgument.FolderOf(served), ".stateway");
}
