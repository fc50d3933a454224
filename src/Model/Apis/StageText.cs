using System.Text.RegularExpressions;

namespace Stateway.Model.Apis;

/// <summary>Texts of a document in which <c>{stage.NAME}</c> stands for what the stage gives: URLs and header values of targets.</summary>
public static partial class StageText
{
    private const string Opening = "{stage.";
    private const string PathNever = "a path can't have '.' or '..' as a segment";

    public static bool UsesAny(string text) => text.Contains(Opening, StringComparison.Ordinal);

    /// <summary>Of the variables that a text uses, in order.</summary>
    public static IEnumerable<string> NamesIn(string text) => UsesAny(text) ? Use().Matches(text).Select(use => use.Groups["name"].Value) : [];

    /// <summary>Where the path or the query of a URL begins; before it variables stand for parts of scheme, host and port, or for all of them.</summary>
    public static int AuthorityEnd(string url)
    {
        if (url.StartsWith('/')) return 0;

        int scheme = url.IndexOf("://", StringComparison.Ordinal);
        int from = scheme < 0 ? 0 : scheme + 3;
        int end = url.AsSpan(from).IndexOfAny('/', '?', '#');
        return end < 0 ? url.Length : from + end;
    }

    /// <summary>A header field's value: variables are taken as they are.</summary>
    public static string Fill(string text, StageValues values) =>
        UsesAny(text) ? Use().Replace(text, use => values.Find(use.Groups["name"].Value) ?? use.Value) : text;

    /// <summary>A URL: variables are taken as they are before the path, and percent-encoded in path and query, as path parameters are.</summary>
    public static string FillUrl(string url, StageValues values)
    {
        if (!UsesAny(url)) return url;

        int authority = AuthorityEnd(url);
        int query = url.IndexOf('?', authority);
        return Use().Replace(url, use =>
        {
            if (values.Find(use.Groups["name"].Value) is not { } value) return use.Value;
            if (use.Index < authority) return value;
            return UrlBytes.Encode(value, query >= 0 && use.Index > query ? UrlBytes.Query : UrlBytes.Segment);
        });
    }

    /// <summary>Why a URL can't be called with these values, and the variable that it is about. Values are not in the message.</summary>
    /// <param name="url">All its variables have values; what else it says has been checked with the document.</param>
    /// <returns>Null when it can.</returns>
    public static (string Variable, string Message)? WhyNotUrl(string url, StageValues values)
    {
        int authority = AuthorityEnd(url);
        int query = url.IndexOf('?', authority);
        string? first = null;
        foreach (Match use in Use().Matches(url))
        {
            string name = use.Groups["name"].Value;
            string value = values.Find(name) ?? "";
            if (use.Index >= authority)
            {
                if ((query < 0 || use.Index < query) && UrlBytes.HasDotSegment(value)) return (name, $"It stands in the path of {url}, and {PathNever}.");
                continue;
            }

            first ??= name;
            if (values.IsSecret(name)) return (name, $"It stands before the path of {url}, where logs show it; a secret may stand in path, query and header fields.");
            if (value.Any(c => c is <= ' ' or > '~' or '{' or '}' or '?' or '#' or '\\' or '@')) return (name, $"It stands before the path of {url}, where there is no '?', '#', '@', brace, space or character beyond ASCII.");
            if (UrlBytes.HasDotSegment(value)) return (name, $"It stands in {url}, and {PathNever}.");
        }

        if (first is null) return null;

        string filled = FillUrl(url[..authority], values);
        return Uri.TryCreate(filled, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.Host.Length > 0 && uri.Port > 0
            && (filled.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || filled.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
            ? null
            : (first, $"With it {url} is no http or https URL.");
    }

    /// <summary>The same for a header field's value.</summary>
    public static (string Variable, string Message)? WhyNotField(string text, StageValues values)
    {
        foreach (string name in NamesIn(text))
        {
            string value = values.Find(name) ?? "";
            if (value.Any(c => (c < ' ' && c != '\t') || c is '\u007f' or > '\u00ff'))
                return (name, "It stands in a header field, where there are no line breaks, no other control characters, and none beyond Latin-1.");
        }

        return null;
    }

    [GeneratedRegex(@"\{stage\.(?<name>[^{}]*)\}")]
    private static partial Regex Use();
}
