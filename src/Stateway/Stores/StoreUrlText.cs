using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text;
using Stateway.Model.Names;

namespace Stateway.Stores;

/// <summary>
/// Reads the text of a store's URL. A password that was not percent-encoded can end up anywhere in a malformed URL, so
/// messages show a part of it only behind the last <c>@</c>, and never a port.
/// </summary>
internal static class StoreUrlText
{
    private const int LengthMax = 4096;
    private const int EndpointsMax = 16;
    private const int NameBytesMax = 63; // PostgreSQL's limit for the names of users and databases
    private const int SchemaLengthMax = 40; // so that names made of it stay within that
    private const int PrefixLengthMax = 200;

    private const string Forms = "A store is sqlite:PATH, postgres://USER:PASSWORD@HOST/DATABASE or etcd://HOST:PORT.";
    private const string Escapes = "In a user, a password or a parameter @ : / ? # and % are written %40 %3A %2F %3F %23 and %25";

    private static readonly string[] PostgresParameters =
        ["schema", "sslmode", "sslrootcert", "sslcert", "sslkey", "connect_timeout", "application_name", "pool_max_conns"];

    private static readonly string[] EtcdParameters = ["ca", "cert", "key"];

    private static readonly string[] SslModes = ["disable", "prefer", "require", "verify-ca", "verify-full"];

    /// <summary>Ends a reading with its message.</summary>
    private sealed class MalformedException(string message) : Exception(message);

    public static (StoreUrl? Url, string? Error) Read(string text)
    {
        try
        {
            return (Parse(text.Trim()), null);
        }
        catch (MalformedException e)
        {
            return (null, e.Message);
        }
    }

    private static StoreUrl Parse(string text)
    {
        if (text.Length == 0) throw new MalformedException("The store's URL is empty. " + Forms);
        if (text.Length > LengthMax) throw new MalformedException($"The store's URL has {text.Length} characters; {LengthMax} are allowed.");
        if (text.Any(char.IsControl)) throw new MalformedException("The store's URL has a control character; write it percent-encoded.");

        int colon = text.IndexOf(':');
        string scheme = colon < 0 ? "" : text[..colon].ToLowerInvariant();
        string rest = text[(colon + 1)..];
        return scheme switch
        {
            "sqlite" => Sqlite(rest),
            "postgres" or "postgresql" => Postgres(Split(scheme, rest)),
            "etcd" or "etcds" => Etcd(Split(scheme, rest), isTls: scheme == "etcds"),
            _ => throw new MalformedException(WhichScheme(scheme, rest)),
        };
    }

    private static string WhichScheme(string scheme, string rest)
    {
        // Without // it may be USER:PASSWORD@HOST, whose first part is nobody's business.
        if (!rest.StartsWith("//", StringComparison.Ordinal)) return "The store's URL begins with none of the known schemes. " + Forms;

        string hint = Nearest.Of(scheme, ["sqlite", "postgres", "postgresql", "etcd", "etcds"]) is { } near ? $"; did you mean {near}?" : ".";
        return $"The store's URL has an unknown scheme{hint} {Forms}";
    }

    private static StoreUrl.Sqlite Sqlite(string path)
    {
        // sqlite:///var/lib/shop is how other programs write an absolute path.
        if (path.StartsWith("///", StringComparison.Ordinal)) path = path[2..];
        else if (path.StartsWith("//", StringComparison.Ordinal))
            throw new MalformedException("sqlite:// is followed by a third slash and an absolute path; write sqlite:PATH for one that is not.");

        if (path.Length == 0) throw new MalformedException("sqlite: is followed by a path, of a folder or of a file that ends in .db.");
        if (path.Contains('?')) throw new MalformedException("sqlite: has no parameters, and its path no question mark.");
        return new(path);
    }

    private static StoreUrl.Postgres Postgres(Parts parts)
    {
        var (user, password) = parts.ReadUser();
        if (parts.Hosts.Contains(',')) throw new MalformedException("postgres:// has one host: the one that can be written to.");

        var endpoint = Endpoint(parts.Hosts, "postgres://", 5432);
        var parameters = parts.ReadParameters(PostgresParameters);
        user ??= Environment.UserName; // as libpq does
        string database = parts.Path.Length == 0 ? user : Decode(parts.Path, "database");
        if (parts.Path.Contains('/')) throw new MalformedException("postgres:// has one database behind the host; a slash of its name is written %2F.");
        Bounded(user, "user");
        Bounded(database, "database");

        string? schema = parameters.GetValueOrDefault("schema");
        if (schema is not null && !IsPlainName(schema))
            throw new MalformedException($"schema is {Quoted(schema)}; it is 1 to {SchemaLengthMax} of a-z, 0-9 and _, and begins with neither a digit nor pg_.");

        if (parameters.ContainsKey("sslkey") && !parameters.ContainsKey("sslcert"))
            throw new MalformedException("sslkey is the key of a certificate: sslcert is missing.");

        return new()
        {
            Host = endpoint.Host,
            Port = endpoint.Port,
            User = user,
            Password = password,
            Database = database,
            Schema = schema,
            SslMode = SslModeOf(parameters.GetValueOrDefault("sslmode")),
            SslRootCert = parameters.GetValueOrDefault("sslrootcert"),
            SslCert = parameters.GetValueOrDefault("sslcert"),
            SslKey = parameters.GetValueOrDefault("sslkey"),
            ConnectTimeout = NumberOf(parameters, "connect_timeout", 300, "seconds") is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            ApplicationName = parameters.GetValueOrDefault("application_name") is { } name ? Bounded(name, "application_name") : null,
            PoolMaxConns = NumberOf(parameters, "pool_max_conns", 1000, "connections"),
        };
    }

    private static SslMode SslModeOf(string? text)
    {
        if (text is null) return SslMode.Prefer;

        int i = Array.IndexOf(SslModes, text);
        if (i >= 0) return (SslMode)i;

        string near = Nearest.Of(text, SslModes) is { } name ? $" Did you mean {name}?" : "";
        throw new MalformedException($"sslmode is {Quoted(text)}; it is one of {string.Join(", ", SslModes)}.{near}");
    }

    private static int? NumberOf(IReadOnlyDictionary<string, string> parameters, string name, int max, string unit)
    {
        if (parameters.GetValueOrDefault(name) is not { } text) return null;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= 1 && number <= max) return number;
        throw new MalformedException($"{name} is {Quoted(text)}; it is 1 to {max} {unit}.");
    }

    private static StoreUrl.Etcd Etcd(Parts parts, bool isTls)
    {
        string scheme = isTls ? "etcds://" : "etcd://";
        var (user, password) = parts.ReadUser();
        if (user is { Length: 0 }) throw new MalformedException($"The user is missing: {scheme}USER:PASSWORD@HOST:PORT.");

        string[] hosts = parts.Hosts.Split(',');
        if (hosts.Length > EndpointsMax) throw new MalformedException($"{scheme} has {hosts.Length} hosts; {EndpointsMax} are allowed.");

        var endpoints = hosts.Select(host => Endpoint(host, scheme, 2379)).ToImmutableArray();
        var parameters = parts.ReadParameters(EtcdParameters);
        if (!isTls && parameters.Count > 0)
            throw new MalformedException($"{parameters.Keys.First()} is for TLS: write etcds:// instead of etcd://.");
        if (parameters.ContainsKey("cert") != parameters.ContainsKey("key"))
            throw new MalformedException("cert and key belong together: one of them is missing.");

        string prefix = Decode(parts.Path.Trim('/'), "prefix");
        if (prefix.Length > PrefixLengthMax) throw new MalformedException($"The prefix behind the hosts has {prefix.Length} characters; {PrefixLengthMax} are allowed.");
        if (prefix.Contains("//", StringComparison.Ordinal)) throw new MalformedException("The prefix behind the hosts has an empty part between two slashes.");
        return new(endpoints, isTls, prefix)
        {
            User = user, Password = password,
            Ca = parameters.GetValueOrDefault("ca"), Cert = parameters.GetValueOrDefault("cert"), Key = parameters.GetValueOrDefault("key"),
        };
    }

    private static StoreEndpoint Endpoint(string text, string scheme, int usualPort)
    {
        string host = text, port = "";
        if (text.StartsWith('['))
        {
            int end = text.IndexOf(']');
            if (end < 0) throw new MalformedException("The host begins with [ and has no ]: an IPv6 address is written [::1].");

            (host, port) = (text[1..end], text[(end + 1)..]);
            if (!IPAddress.TryParse(host, out var address) || address.AddressFamily != System.Net.Sockets.AddressFamily.InterNetworkV6)
                throw new MalformedException("What stands between [ and ] is no IPv6 address.");
            if (port.Length > 0 && port[0] != ':') throw new MalformedException("Behind ] is a colon and the port, or nothing.");
        }
        else if (text.IndexOf(':') is var colon and >= 0)
        {
            (host, port) = (text[..colon], text[colon..]);
            if (text.LastIndexOf(':') != colon) throw new MalformedException($"The host has more than one colon: an IPv6 address is written [::1]. {Escapes}.");
        }

        host = Decode(host, "host");
        if (host.Length == 0) throw new MalformedException($"The host is missing: {scheme}HOST:PORT.");

        // Not shown, because of user:password without a host behind it.
        if (port.Length > 0 && (!int.TryParse(port.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out int number) || number is 0 or > 65535))
            throw new MalformedException($"What follows the host's colon is no port: 1 to 65535, usually {usualPort}. {Escapes}.");

        bool isSocket = host[0] == '/' && usualPort == 5432;
        if (!isSocket && host.AsSpan().ContainsAny(" /\\?#\"'<>"))
            throw new MalformedException("The host has a character that no host's name has.");
        return new(host, port.Length > 0 ? int.Parse(port.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture) : usualPort);
    }

    /// <summary><c>//user:password@hosts/path?query</c>, cut, nothing decoded yet.</summary>
    private sealed record Parts(string? UserInfo, string Hosts, string Path, string Query)
    {
        public (string? User, string? Password) ReadUser()
        {
            if (UserInfo is null) return (null, null);

            int colon = UserInfo.IndexOf(':');
            string user = Decode(colon < 0 ? UserInfo : UserInfo[..colon], "user");
            return (user, colon < 0 ? null : Decode(UserInfo[(colon + 1)..], "password"));
        }

        /// <summary>Each at most once, decoded, none empty.</summary>
        public Dictionary<string, string> ReadParameters(string[] known)
        {
            var parameters = new Dictionary<string, string>(StringComparer.Ordinal);
            if (Query.Length == 0) return parameters;

            foreach (string pair in Query.Split('&'))
            {
                int equals = pair.IndexOf('=');
                string name = equals < 0 ? pair : pair[..equals];
                if (name is "password" or "user")
                    throw new MalformedException($"{name} stands before the host: //USER:PASSWORD@HOST; or give the password in {StorePassword.Variable}.");
                if (!known.Contains(name))
                {
                    string hint = Nearest.Of(name, known) is { } near ? $"did you mean {near}?" : $"there are: {string.Join(", ", known)}.";
                    throw new MalformedException($"The parameter {Quoted(name)} is not known; {hint}");
                }

                string value = equals < 0 ? "" : Decode(pair[(equals + 1)..], name);
                if (value.Length == 0) throw new MalformedException($"The parameter {name} has no value.");
                if (!parameters.TryAdd(name, value)) throw new MalformedException($"The parameter {name} is given twice.");
            }

            return parameters;
        }
    }

    private static Parts Split(string scheme, string rest)
    {
        if (!rest.StartsWith("//", StringComparison.Ordinal)) throw new MalformedException($"{scheme}: is followed by //HOST:PORT.");
        if (rest.Contains('#')) throw new MalformedException($"A store's URL has no #. {Escapes}.");

        string text = rest[2..];
        int end = text.AsSpan().IndexOfAny('/', '?');
        string authority = end < 0 ? text : text[..end];
        string behind = end < 0 ? "" : text[end..];

        // What stands before this @ is probably a password with a / or a ? in it: from here on it would be shown.
        if (behind.Contains('@')) throw new MalformedException($"There is an @ behind the host. {Escapes}.");

        int at = authority.LastIndexOf('@');
        int question = behind.IndexOf('?');
        string path = question < 0 ? behind : behind[..question];
        return new(
            at < 0 ? null : authority[..at],
            authority[(at + 1)..],
            path.StartsWith('/') ? path[1..] : path,
            question < 0 ? "" : behind[(question + 1)..]);
    }

    /// <param name="part">What it is, for the message.</param>
    private static string Decode(string text, string part)
    {
        if (!text.Contains('%')) return text;

        var bytes = new List<byte>(text.Length);
        var utf8 = Encoding.UTF8.GetBytes(text);
        for (int i = 0; i < utf8.Length; i++)
        {
            if (utf8[i] != '%')
            {
                bytes.Add(utf8[i]);
                continue;
            }

            if (i + 2 >= utf8.Length || !byte.TryParse(utf8.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte decoded))
                throw new MalformedException($"The {part} has a % that is not followed by two digits of 0-9 and A-F. {Escapes}.");
            bytes.Add(decoded);
            i += 2;
        }

        try
        {
            string text8 = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString([.. bytes]);
            return text8.Contains('\0') ? throw new MalformedException($"The {part} has a zero character.") : text8;
        }
        catch (ArgumentException)
        {
            throw new MalformedException($"The {part} is not UTF-8 once it is percent-decoded.");
        }
    }

    private static string Bounded(string name, string part)
    {
        if (Encoding.UTF8.GetByteCount(name) is 0 or > NameBytesMax)
            throw new MalformedException($"The {part} has {Encoding.UTF8.GetByteCount(name)} bytes; PostgreSQL's names have 1 to {NameBytesMax}.");
        return name;
    }

    private static bool IsPlainName(string name) => name.Length is > 0 and <= SchemaLengthMax && !char.IsAsciiDigit(name[0])
        && !name.StartsWith("pg_", StringComparison.Ordinal) && name.All(c => c is >= 'a' and <= 'z' or >= '0' and <= '9' or '_');

    private static string Quoted(string text) => '"' + (text.Length > 40 ? text[..40] + "…" : text) + '"';
}
