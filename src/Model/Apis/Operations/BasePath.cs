using System.Text.RegularExpressions;
using Stateway.Model.Apis.Documents;
using Stateway.Model.Apis.Text;

namespace Stateway.Model.Apis.Operations;

/// <summary>The path that an API stands under: that of its first server's URL, variables put in by their defaults.</summary>
internal static partial class BasePath
{
    public static string Read(ApiDocument document)
    {
        if (document.Top["servers"]?.Items.FirstOrDefault() is not { } server || server["url"] is not { Text: { } written } url) return "";

        var variables = server["variables"];
        string text = Variable().Replace(written, use =>
        {
            string name = use.Groups[1].Value;
            if (variables?[name]?["default"]?.Text is { } value) return value;

            string hint = NameHint.For(name, [.. variables?.Members.Select(member => member.Name) ?? []]);
            document.Error(url, $"The URL uses the variable '{name}', which is not declared under variables.{hint}");
            return "";
        });

        string path = Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            ? uri.AbsolutePath
            : "/" + text.TrimStart('.', '/');
        if (path.AsSpan().IndexOfAny("{}?# ") >= 0)
        {
            document.Error(url, "The URL of a server is a URL or a path such as /v1, without '?' and '#'.");
            return "";
        }

        return path.TrimEnd('/');
    }

    [GeneratedRegex(@"\{([^{}]+)\}")]
    private static partial Regex Variable();
}
