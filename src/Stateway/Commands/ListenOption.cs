using System.CommandLine;
using System.Net;
using Stateway.Configuring;

namespace Stateway.Commands;

internal static class ListenOption
{
    /// <param name="description">Ends with what holds when it is not given.</param>
    public static Option<string?> Create(string description) => Create("--listen", description);

    public static Option<string?> CreateAdmin() =>
        Create("--admin", "Address and port of the management API [default: 127.0.0.1 and the port after that of --listen, or a free one].");

    private static Option<string?> Create(string name, string description)
    {
        var option = new Option<string?>(name) { Description = description, HelpName = "ADDRESS:PORT" };
        option.Validators.Add(result =>
        {
            if (!ListenAddress.TryParse(result.GetValueOrDefault<string>(), out _))
                result.AddError($"{name} is \"{result.GetValueOrDefault<string>()}\"; {ListenAddress.Rule}");
        });
        return option;
    }

    /// <param name="listen">Of users' requests; port 0 takes a free one for both.</param>
    public static IPEndPoint AdminOf(string? given, IPEndPoint listen) =>
        ListenAddress.TryParse(given, out var admin) ? admin : new(IPAddress.Loopback, listen.Port is 0 or IPEndPoint.MaxPort ? 0 : listen.Port + 1);
}
