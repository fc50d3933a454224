using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Stateway.Stores;

/// <summary>
/// Where a store is: <c>sqlite:PATH</c>, <c>postgres://user:password@host/database</c>, <c>etcd://host:port,…/prefix</c>.
/// Whatever it becomes as text shows no password.
/// </summary>
internal abstract record StoreUrl
{
    private StoreUrl() { } // closed: the three below are all there are

    /// <param name="Path">A folder, or a file that ends in <c>.db</c>; as the user wrote it.</param>
    public sealed record Sqlite(string Path) : StoreUrl
    {
        /// <summary>That the file is in.</summary>
        public string Folder => Path.EndsWith(".db", StringComparison.Ordinal) && !Directory.Exists(Path)
            ? System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))! : Path;

        public override string ToString() => "sqlite:" + Path;
    }

    /// <summary>The parameters are libpq's, with libpq's meaning, and <c>schema</c>.</summary>
    public sealed record Postgres : StoreUrl
    {
        /// <summary>A name, an address, or the folder of a Unix socket, which begins with <c>/</c>.</summary>
        public required string Host { get; init; }

        public int Port { get; init; } = 5432;
        public required string User { get; init; }
        public string? Password { get; init; }
        public required string Database { get; init; }
        public string? Schema { get; init; }
        public SslMode SslMode { get; init; } = SslMode.Prefer;
        public string? SslRootCert { get; init; }
        public string? SslCert { get; init; }
        public string? SslKey { get; init; }
        public TimeSpan? ConnectTimeout { get; init; }
        public string? ApplicationName { get; init; }
        public int? PoolMaxConns { get; init; }

        public override string ToString() =>
            $"postgres://{Escape(User)}{Hidden(Password)}@{Shown(new(Host, Port), 5432)}/{Escape(Database)}{(Schema is null ? "" : "?schema=" + Escape(Schema))}";
    }

    /// <param name="IsTls"><c>etcds://</c>.</param>
    /// <param name="Prefix">Of all keys, without slashes at its ends; empty for the engine's own.</param>
    public sealed record Etcd(ImmutableArray<StoreEndpoint> Endpoints, bool IsTls, string Prefix) : StoreUrl
    {
        public string? User { get; init; }
        public string? Password { get; init; }

        /// <summary>File of the certificates that the servers' ones are issued by; null for the system's own.</summary>
        public string? Ca { get; init; }

        public string? Cert { get; init; }
        public string? Key { get; init; }

        public bool Equals(Etcd? other) => other is not null && ToString() == other.ToString() && Password == other.Password
            && (Ca, Cert, Key) == (other.Ca, other.Cert, other.Key);

        public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(ToString());

        public override string ToString()
        {
            string user = User is null ? "" : Escape(User) + Hidden(Password) + "@";
            string hosts = string.Join(',', Endpoints.Select(endpoint => Shown(endpoint, 2379)));
            return $"{(IsTls ? "etcds" : "etcd")}://{user}{hosts}{(Prefix.Length == 0 ? "" : "/" + string.Join('/', Prefix.Split('/').Select(Escape)))}";
        }
    }

    /// <param name="error">What is wrong and what would be right; never with a part that may be a password.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out StoreUrl? url, [NotNullWhen(false)] out string? error)
    {
        (url, error) = StoreUrlText.Read(text);
        return url is not null;
    }

    /// <summary>The same with this password where it has a user and names no password itself.</summary>
    public StoreUrl WithPassword(string? password) => this switch
    {
        Postgres { Password: null } postgres => postgres with { Password = password },
        Etcd { User: not null, Password: null } etcd => etcd with { Password = password },
        _ => this,
    };

    private static string Hidden(string? password) => password is null ? "" : ":***";

    private static string Escape(string text) => Uri.EscapeDataString(text);

    private static string Shown(StoreEndpoint endpoint, int usualPort)
    {
        string host = endpoint.Host.Contains(':') ? $"[{endpoint.Host}]" : Escape(endpoint.Host);
        return endpoint.Port == usualPort ? host : $"{host}:{endpoint.Port}";
    }
}

/// <param name="Host">A name or an address; IPv6 without brackets.</param>
internal readonly record struct StoreEndpoint(string Host, int Port);

/// <summary>libpq's <c>sslmode</c>, without <c>allow</c>.</summary>
internal enum SslMode
{
    Disable,

    /// <summary>TLS when the server has it.</summary>
    Prefer,

    /// <summary>TLS, whoever the server is.</summary>
    Require,

    /// <summary>TLS, and the server's certificate is issued by a known authority.</summary>
    VerifyCa,

    /// <summary>The same, and the certificate is of this host.</summary>
    VerifyFull,
}
