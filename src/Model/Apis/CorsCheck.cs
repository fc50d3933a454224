using System.Buffers;
using System.Collections.Immutable;

namespace Stateway.Model.Apis;

/// <summary>Finds everything that is wrong with a <see cref="CorsSpec"/>, wherever it was written: in a document or in a stage.</summary>
public static class CorsCheck
{
    private const int OriginsMax = 200;
    private const int NamesMax = 100;
    private const int OriginLengthMax = 300; // a host has 253 characters at most (RFC 1035, section 2.3.4)
    private const int NameLengthMax = 100;

    /// <summary>Browsers cap it far below: two hours, or a day.</summary>
    public static readonly TimeSpan MaxAgeMax = TimeSpan.FromDays(1);

    private static readonly SearchValues<char> Token =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <returns>Empty when the spec can be compiled.</returns>
    public static IReadOnlyList<CorsFault> Run(CorsSpec spec)
    {
        var faults = new List<CorsFault>();
        CheckOrigins(spec, faults);
        CheckNames(spec.Methods, "/methods", faults, WrongMethod);
        CheckNames(spec.Headers, "/headers", faults, WrongName);
        CheckNames(spec.ExposedHeaders, "/exposed_headers", faults, WrongName);
        if (spec.Credentials && spec.ExposedHeaders.IndexOf("*") is var all and >= 0)
            faults.Add(new("/exposed_headers/" + all, "With credentials a browser takes '*' for the name of a field; name the fields."));
        if (spec.MaxAge < TimeSpan.Zero || spec.MaxAge > MaxAgeMax) faults.Add(new("/max_age", "The age is between 0 and 24 hours."));
        return faults;
    }

    private static void CheckOrigins(CorsSpec spec, List<CorsFault> faults)
    {
        if (spec.Origins.IsEmpty) faults.Add(new("/origins", "Name the origins that may call, as in https://shop.example, or '*' for all."));
        if (spec.Origins.Length > OriginsMax) faults.Add(new("/origins", $"There are at most {OriginsMax} origins."));

        for (int i = 0; i < Math.Min(spec.Origins.Length, OriginsMax); i++)
        {
            string origin = spec.Origins[i];
            string? wrong = origin == "*" ? WrongAny(spec) : spec.Origins.IndexOf(origin) < i ? "The origin stands here twice." : WrongOrigin(origin);
            if (wrong is not null) faults.Add(new("/origins/" + i, wrong));
        }
    }

    /// <summary>Every site could then act as whoever visits it; browsers refuse it, and echoing the origin instead would be the very hole.</summary>
    private static string? WrongAny(CorsSpec spec) =>
        spec.Credentials ? "'*' and credentials don't go together: every site could act as its visitor. Name the origins, or leave credentials out."
        : spec.Origins.Length > 1 ? "'*' is every origin; leave the others out."
        : null;

    /// <summary>Only the form that browsers send will ever match.</summary>
    private static string? WrongOrigin(string origin)
    {
        if (origin.Length > OriginLengthMax) return $"An origin has at most {OriginLengthMax} characters.";
        if (origin == "null") return "'null' is the origin of every sandboxed page and local file, so that it names nobody.";

        int scheme = origin.IndexOf("://", StringComparison.Ordinal);
        if (scheme <= 0) return $"An origin begins with its scheme: https://{(origin.Length == 0 ? "shop.example" : origin)}";

        bool isWild = origin.AsSpan(scheme + 3).StartsWith("*.");
        if (origin.AsSpan().Count('*') != (isWild ? 1 : 0)) return "'*' stands for one whole label at the beginning of the host: https://*.shop.example";

        // One label in place of the star makes an URL of it, whose parts are in the form of a browser's.
        string url = isWild ? origin.Remove(scheme + 3, 1).Insert(scheme + 3, "x") : origin;
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.IdnHost.Length == 0) return "This is no origin; write scheme, host and, if need be, port: https://shop.example:8443";

        string host = uri.HostNameType == UriHostNameType.IPv6 ? uri.Host : uri.IdnHost.ToLowerInvariant();
        if (isWild && !host.AsSpan(2).Contains('.') && host != "x.localhost") return "A '*' right below a top-level domain is half the world; name one more label: https://*.shop.example";

        string usual = $"{uri.Scheme}://{(isWild ? "*" + host[1..] : host)}{(uri.IsDefaultPort ? "" : ":" + uri.Port)}";
        return usual == origin ? null : $"Browsers send scheme, host and port only, in lower case and without the usual port; write {usual}";
    }

    private static void CheckNames(ImmutableArray<string> names, string pointer, List<CorsFault> faults, Func<string, string?> check)
    {
        if (names.Length > NamesMax) faults.Add(new(pointer, $"There are at most {NamesMax} names."));
        for (int i = 0; i < Math.Min(names.Length, NamesMax); i++)
        {
            if (check(names[i]) is { } wrong) faults.Add(new($"{pointer}/{i}", wrong));
        }
    }

    private static string? WrongMethod(string method) => method switch
    {
        "CONNECT" or "TRACE" or "TRACK" => $"Browsers let no page send {method}.",
        _ when WrongName(method) is { } wrong => wrong,
        _ when method != method.ToUpperInvariant() => $"Methods are written in capitals: {method.ToUpperInvariant()}",
        _ => null,
    };

    private static string? WrongName(string name) =>
        name.Length is 0 or > NameLengthMax || name.AsSpan().ContainsAnyExcept(Token) ? $"'{name}' is no name of a method or a field." : null;
}
