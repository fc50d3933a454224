namespace Stateway.TestKit;

/// <summary>An authority of its own, made by openssl, with a server's certificate for this machine's loopback and one for a client. PEM files, gone when disposed.</summary>
public sealed class Certificates : IDisposable
{
    private readonly TempFolder _folder = new();

    private Certificates()
    {
    }

    public string Authority => _folder.File("ca.pem");
    public string Server => _folder.File("server.pem");
    public string ServerKey => _folder.File("server.key");
    public string Client => _folder.File("client.pem");
    public string ClientKey => _folder.File("client.key");

    public string Folder => _folder.Path;

    /// <param name="host">Whom the server's certificate is for, besides the address 127.0.0.1: as <c>DNS:localhost</c>; instead of it when <paramref name="isOnlyHost"/>.</param>
    /// <exception cref="InvalidOperationException">openssl is missing, or failed.</exception>
    public static async Task<Certificates> MakeAsync(string host = "DNS:localhost", bool isOnlyHost = false)
    {
        var made = new Certificates();
        try
        {
            await RunAsync(["req", "-x509", .. NewKey("ca"), "-subj", "/CN=Test authority", "-out", made.Authority]);
            // etcd's JSON gateway shows it to etcd itself, as a client.
            await IssueAsync("server", isOnlyHost ? host : host + ",IP:127.0.0.1", "serverAuth,clientAuth");
            await IssueAsync("client", "DNS:client", "clientAuth");
            return made;
        }
        catch
        {
            made.Dispose();
            throw;
        }

        Task IssueAsync(string name, string names, string use) => RunAsync([
            "req", "-x509", .. NewKey(name), "-subj", "/CN=" + name, "-CA", made.Authority, "-CAkey", made._folder.File("ca.key"),
            "-addext", "subjectAltName=" + names, "-addext", "extendedKeyUsage=" + use, "-addext", "basicConstraints=critical,CA:FALSE",
            "-out", made._folder.File(name + ".pem")]);

        string[] NewKey(string name) =>
            ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-keyout", made._folder.File(name + ".key")];
    }

    public void Dispose() => _folder.Dispose();

    private static async Task RunAsync(string[] arguments)
    {
        var (code, _, error) = await StatewayProgram.CallToolAsync("openssl", arguments);
        if (code != 0) throw new InvalidOperationException("openssl failed: " + error);
    }
}
