using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Stateway.Model.Apis.Documents;
using Stateway.Model.Apis.Text;

namespace Stateway.Model.Apis.Operations;

/// <summary>Reads an <c>x-stateway-target</c>: what answers an operation.</summary>
internal sealed partial class TargetReader(ApiDocument document, CollectionIndex collections, VariablesReader variables)
{
    /// <summary>The operation that asks for a target.</summary>
    /// <param name="Names">Of the path's parameters, in order.</param>
    public readonly record struct Route(string Method, List<string> Names);

    // A proxy writes these itself, or they would let a message be read in two ways.
    private static readonly string[] Reserved =
        ["connection", "content-length", "expect", "host", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"];

    private const string ParameterInHost = "A path parameter can't stand in the host: clients would choose whom the server calls.";

    /// <returns>Null when it is wrong, which is reported here or was by the structure check.</returns>
    public TargetSpec? Read(Spot target, Route route, Spot? responses)
    {
        if (target.Map is not { } map) return null;

        int kinds = (map.Has("collection") ? 1 : 0) + (map.Has("http") ? 1 : 0) + (map.Has("mock") ? 1 : 0);
        if (kinds != 1)
        {
            document.Error(target, "A target says exactly one of collection, http and mock.");
            return null;
        }

        if (target["collection"] is { } collection) return ReadCollection(target, collection, route);
        if (target["http"] is { } http) return ReadHttp(target, http, route);
        return new MockReader(document).Read(target["mock"]!, responses);
    }

    private TargetSpec.Collection? ReadCollection(Spot target, Spot collection, Route route)
    {
        if (collection.Text is not { } name) return null;

        if (collections.Find(document, name) is not { } known)
        {
            document.Error(collection, $"No document here declares the collection '{name}'.{collections.Hint(document, name)}");
            return null;
        }

        string? action = target["action"]?.Text;
        if (action is not null && !known.Actions.Contains(action))
        {
            document.Error(target["action"]!, $"'{name}' has no action '{action}'.{NameHint.For(action, known.Actions)}");
            return null;
        }

        if (VerbOf(target, known.Depth, action, route) is not { } verb) return null;

        int ids = verb is CollectionVerb.List or CollectionVerb.Create ? known.Depth - 1 : known.Depth;
        if (route.Names.Count != ids)
        {
            document.Error(target, $"{verb.ToString().ToLowerInvariant()} on '{name}' takes {Count(ids)} in the path, as in {(ids < known.Depth ? known.Path : known.ItemPath)}; this path has {Count(route.Names.Count)}.");
            return null;
        }

        return new(known.StoreName, verb, verb == CollectionVerb.Act ? action : null);
    }

    /// <summary>As written, or as method and path suggest.</summary>
    private CollectionVerb? VerbOf(Spot target, int depth, string? action, Route route)
    {
        if (target["verb"]?.Text is { } written)
        {
            if (!Enum.TryParse(written, ignoreCase: true, out CollectionVerb verb)) return null;
            if (verb != CollectionVerb.Act || action is not null) return verb;
            document.Error(target["verb"]!, "act needs to know which action; add action.");
            return null;
        }

        if (action is not null) return CollectionVerb.Act;

        bool isWhole = route.Names.Count < depth;
        CollectionVerb? inferred = route.Method switch
        {
            "GET" => isWhole ? CollectionVerb.List : CollectionVerb.Get,
            "POST" when isWhole => CollectionVerb.Create,
            "PUT" when !isWhole => CollectionVerb.Replace,
            "PATCH" when !isWhole => CollectionVerb.Patch,
            "DELETE" when !isWhole => CollectionVerb.Delete,
            _ => null,
        };
        if (inferred is null)
        {
            document.Error(target, $"{route.Method} on {(isWhole ? "a whole collection" : "one resource")} has no usual meaning; say it with verb, or with action.");
        }

        return inferred;
    }

    private TargetSpec.Http? ReadHttp(Spot target, Spot http, Route route)
    {
        if (http.Text is not { } url) return null;

        if (WrongUrl(url) is { } wrong)
        {
            document.Error(http, wrong);
            return null;
        }

        variables.Check(http, url, isUrl: true);
        foreach (Match use in UsedName().Matches(url))
        {
            string name = use.Groups["name"].Value;
            if (route.Names.Contains(name) || name.StartsWith("stage.", StringComparison.Ordinal)) continue;
            document.Error(http, $"The URL uses {{{name}}}, which is no parameter of the path.{NameHint.For(name, route.Names)}");
        }

        var timeout = TimeSpan.FromSeconds(30);
        if (target["timeout"] is { } written)
        {
            if (written.Text is { } text && DurationText.Parse(text) is { } parsed) timeout = parsed;
            else document.Error(written, "A timeout is a number with ms, s or m, above zero and at most an hour: 250ms, 5s, 2m.");
        }

        return new()
        {
            Url = url,
            Timeout = timeout,
            PreserveHost = target["preserve_host"]?.IsTrue == true,
            RequestHeaders = ReadHeaders(target["headers"], isRequest: true),
            ResponseHeaders = ReadHeaders(target["response_headers"], isRequest: false),
        };
    }

    private static string? WrongUrl(string url)
    {
        string plain = UsedName().Replace(url, "x");
        if (plain.AsSpan().IndexOfAny('{', '}') >= 0) return "A brace stands alone; a path parameter is written {name}.";
        if (plain.Any(c => c is <= ' ' or > '~')) return "The URL has a character that must be percent-encoded.";
        int authority = StageText.AuthorityEnd(url);
        if (StageText.UsesAny(url[..authority]))
        {
            // What the variables make of it is checked where their values are known.
            if (plain.Contains('#')) return "A URL to call has no fragment ('#').";
            return UsedName().Matches(url[..authority]).All(use => use.Value.StartsWith("{stage.", StringComparison.Ordinal)) ? null : ParameterInHost;
        }

        if (plain.StartsWith("//", StringComparison.Ordinal)) return "A URL on this server begins with one slash; another server's with http:// or https://.";
        if (plain.StartsWith('/')) return plain.Contains('#') ? "A URL to call has no fragment ('#')." : null;

        if (!Uri.TryCreate(plain, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.Host.Length == 0)
        {
            return "The URL must begin with http://, https://, or with / for this server itself.";
        }

        if (uri.UserInfo.Length > 0) return "Leave the user and password out of the URL; set the Authorization header under headers.";
        if (uri.Fragment.Length > 0) return "A URL to call has no fragment ('#').";
        return url[..authority].Contains('{') ? ParameterInHost : null;
    }

    private HeaderRules ReadHeaders(Spot? headers, bool isRequest)
    {
        if (headers?.Map is null) return HeaderRules.None;

        var remove = ImmutableArray.CreateBuilder<string>();
        foreach (var item in headers["remove"]?.Items ?? [])
        {
            if (item.Text is { } name && IsAllowed(item, name, isRequest)) remove.Add(name);
        }

        return new(remove.ToImmutable(), Fields(headers["set"], isRequest), Fields(headers["add"], isRequest));
    }

    private ImmutableArray<KeyValuePair<string, string>> Fields(Spot? map, bool isRequest)
    {
        var fields = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
        foreach (var member in map?.Members ?? [])
        {
            if (member.Text is { } value && IsAllowed(member, member.Name, isRequest) && variables.Check(member, value, isUrl: false)) fields.Add(new(member.Name, value));
        }

        return fields.ToImmutable();
    }

    private bool IsAllowed(Spot spot, string name, bool isRequest)
    {
        if (isRequest && name.Equals("via", StringComparison.OrdinalIgnoreCase))
        {
            document.ErrorAtName(spot, $"{name} shows when a request goes round in circles; rules can't change it.");
            return false;
        }

        if (!Reserved.Contains(name.ToLowerInvariant())) return true;

        string hint = name.Equals("host", StringComparison.OrdinalIgnoreCase) ? " Use preserve_host to send the client's own." : "";
        document.ErrorAtName(spot, $"{name} belongs to the connection, not to the message; rules can't change it.{hint}");
        return false;
    }

    private static string Count(int ids) => ids switch { 0 => "no parameter", 1 => "one parameter", _ => ids + " parameters" };

    [GeneratedRegex(@"\{(?<name>[^{}+]+)\+?\}")]
    private static partial Regex UsedName();
}
