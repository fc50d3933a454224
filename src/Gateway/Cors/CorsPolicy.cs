using System.Collections.Frozen;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Stateway.Gateway.Targets.Http;
using Stateway.Model.Apis;

namespace Stateway.Gateway.Cors;

/// <summary>
/// Who may call from a page of another origin: a <see cref="CorsSpec"/> made ready for requests (the CORS protocol of the
/// Fetch standard). Immutable; all of an API's operations share one.
/// </summary>
public sealed class CorsPolicy
{
    // What answers of Stateway's own have beyond the fields that pages may always read.
    private const string ExposedUsually =
        "Accept-Patch, Allow, Deprecation, ETag, Link, Location, Preference-Applied, RateLimit, RateLimit-Policy, Retry-After, "
        + "Stateway-Revision, Sunset, WWW-Authenticate";

    // The policy speaks for the API: beside another word on the same matter browsers would refuse both.
    private static readonly string[] Spoken =
    [
        "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Expose-Headers", "Access-Control-Allow-Methods",
        "Access-Control-Allow-Headers", "Access-Control-Max-Age", "Access-Control-Allow-Private-Network",
    ];

    private readonly FrozenSet<string> _exact;
    private readonly (string Before, string Behind)[] _wild;
    private readonly bool _isOpen;
    private readonly bool _takesAnyHeader;
    private readonly string? _methods;
    private readonly bool _takesAnyMethod;
    private readonly string _headers;
    private readonly string _exposed;
    private readonly string _maxAge;

    /// <exception cref="ArgumentException">The spec is wrong, such as <c>*</c> with credentials; says how.</exception>
    public CorsPolicy(CorsSpec spec)
    {
        if (CorsCheck.Run(spec) is [var fault, ..]) throw new ArgumentException($"{fault.Pointer}: {fault.Message}");

        Spec = spec;
        _isOpen = spec.Origins is ["*"];
        _exact = spec.Origins.Where(origin => !origin.Contains('*')).ToFrozenSet(StringComparer.Ordinal);
        _wild = [.. spec.Origins.Where(origin => origin.Contains("*.")).Select(origin => (origin[..origin.IndexOf('*')], origin[(origin.IndexOf('*') + 1)..]))];
        _takesAnyMethod = spec.Methods.Contains("*");
        _methods = spec.Methods.IsEmpty || _takesAnyMethod ? null : string.Join(", ", spec.Methods);
        _takesAnyHeader = spec.Headers.IsEmpty || spec.Headers.Contains("*");
        _headers = string.Join(", ", spec.Headers);
        _exposed = spec.ExposedHeaders.IsEmpty ? ExposedUsually : string.Join(", ", spec.ExposedHeaders);
        _maxAge = ((long)spec.MaxAge.TotalSeconds).ToString(CultureInfo.InvariantCulture);
    }

    public CorsSpec Spec { get; }

    /// <summary>Whether the browser asks before it sends the request itself.</summary>
    public static bool IsPreflight(HttpRequest request) =>
        HttpMethods.IsOptions(request.Method) && request.Headers.Origin.Count > 0 && request.Headers.AccessControlRequestMethod.Count > 0;

    /// <param name="origin">The Origin field's value; null when the request has none, or several.</param>
    public bool Allows(string? origin) => origin is { Length: > 0 } && (_isOpen || _exact.Contains(origin) || IsBelow(origin));

    /// <summary>Marks an answer that is about to begin, whatever it is: so that pages can read errors, too.</summary>
    public void Mark(HttpRequest request, IHeaderDictionary headers)
    {
        foreach (string name in Spoken) headers.Remove(name);
        if (MarkOrigin(request, headers)) headers.AccessControlExposeHeaders = _exposed;

        // Also where there is no origin or a wrong one: a cache must not hand that answer to a page that may read it.
        if (!_isOpen) AddVary(headers);
    }

    /// <summary>Answers a preflight with 204; to an origin that may not call, without the fields that would let it.</summary>
    /// <param name="allow">Methods that the path has, as <c>Allow</c> lists them; null when it has none.</param>
    public void AnswerPreflight(HttpRequest request, HttpResponse response, string? allow)
    {
        var headers = response.Headers;
        response.StatusCode = StatusCodes.Status204NoContent;
        headers.Vary = _isOpen ? "Access-Control-Request-Headers, Access-Control-Request-Method" : "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";
        if (!MarkOrigin(request, headers)) return;

        headers.AccessControlAllowMethods = _methods ?? MethodsFor(Single(request.Headers.AccessControlRequestMethod), allow);
        headers.AccessControlMaxAge = _maxAge;

        // '*' would leave Authorization out, and mean nothing with credentials; so all is what was asked for.
        string? fields = _takesAnyHeader ? Fields(request.Headers.AccessControlRequestHeaders) : _headers;
        if (fields is not null) headers.AccessControlAllowHeaders = fields;
        if (Spec.PrivateNetwork && Single(request.Headers["Access-Control-Request-Private-Network"]) == "true")
            headers["Access-Control-Allow-Private-Network"] = "true";
    }

    private bool MarkOrigin(HttpRequest request, IHeaderDictionary headers)
    {
        if (_isOpen)
        {
            headers.AccessControlAllowOrigin = "*";
            return true;
        }

        string? origin = Single(request.Headers.Origin);
        if (!Allows(origin)) return false;

        headers.AccessControlAllowOrigin = origin;
        if (Spec.Credentials) headers.AccessControlAllowCredentials = "true";
        return true;
    }

    /// <summary>One label before a listed host: <c>https://a.shop.example</c>, not <c>https://a.b.shop.example</c>.</summary>
    private bool IsBelow(string origin)
    {
        foreach (var (before, behind) in _wild)
        {
            if (origin.Length <= before.Length + behind.Length
                || !origin.StartsWith(before, StringComparison.Ordinal) || !origin.EndsWith(behind, StringComparison.Ordinal)) continue;

            bool isLabel = true;
            foreach (char c in origin.AsSpan(before.Length, origin.Length - before.Length - behind.Length))
                isLabel &= char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_';
            if (isLabel) return true;
        }

        return false;
    }

    /// <summary>Where the path has no operation, the method that was asked for: its refusal is for the page to read.</summary>
    private string? MethodsFor(string? asked, string? allow) =>
        allow is not null && !_takesAnyMethod ? allow : asked is not null && FieldText.IsToken(asked) ? asked : null;

    /// <returns>Null when no field was asked for, or what was asked for is no list of fields.</returns>
    private static string? Fields(StringValues asked)
    {
        if (asked.Count == 0) return null;

        string text = asked.ToString();
        ReadOnlySpan<char> list = text;
        while (FieldText.TryTakeMember(ref list, out var name))
        {
            if (!FieldText.IsToken(name)) return null;
        }

        return text;
    }

    private static void AddVary(IHeaderDictionary headers)
    {
        foreach (string? line in headers.Vary)
        {
            ReadOnlySpan<char> list = line;
            while (FieldText.TryTakeMember(ref list, out var name))
            {
                if (name is "*" || name.Equals("Origin", StringComparison.OrdinalIgnoreCase)) return;
            }
        }

        headers.Append("Vary", "Origin");
    }

    private static string? Single(StringValues values) => values.Count == 1 ? values[0] : null;
}
