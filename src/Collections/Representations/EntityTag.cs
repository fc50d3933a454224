using System.Globalization;
using Microsoft.Extensions.Primitives;
using Stateway.Gateway.Content.Negotiation;

namespace Stateway.Collections.Representations;

/// <summary>
/// The strong entity tag of a resource (RFC 9110, section 8.8.3): its revision and the form it is served in,
/// <c>"42-j"</c> for JSON, <c>"42-x"</c> for XML, with <c>g</c> or <c>b</c> behind it when compressed. Forms differ,
/// so a cache never mixes them up; for a write only the revision counts, whichever form it was read in.
/// Of a platform kind it has the generation and the birth too, <c>"42.3.18f33d1a480-j"</c>, and for a write these two count, but
/// not the revision: what a controller has written to the status in between fails nobody.
/// </summary>
internal static class EntityTag
{
    public static string Of(in ResourceVersion version, BodyFormat format, ContentCoding coding) => version.IsOfKind
        ? string.Create(CultureInfo.InvariantCulture, $"\"{version.Revision}.{version.Generation}.{version.Birth:x}-{MarkOf(format, coding)}\"")
        : string.Create(CultureInfo.InvariantCulture, $"\"{version.Revision}-{MarkOf(format, coding)}\"");

    /// <summary>The tag that stands for a version where no form has been chosen, such as in a refusal.</summary>
    public static string Of(in ResourceVersion version) => Of(version, BodyFormat.Json, ContentCoding.Identity);

    /// <summary>Says whether a list of tags (If-Match, If-None-Match) names this version, in any form.</summary>
    /// <param name="weak">Weak comparison: a <c>W/</c> in front is ignored; without it such a tag never matches.</param>
    /// <param name="isWrite">Of a platform kind the revision does not count.</param>
    public static bool Names(StringValues tags, in ResourceVersion version, bool weak, bool isWrite)
    {
        foreach (string? line in tags)
        {
            var rest = line.AsSpan();
            while (TryNext(ref rest, weak, out var tag))
            {
                if (tag.IndexOf('-') is > 0 and var dash && (version.IsOfKind ? NamesKind(tag[..dash], version, isWrite) : IsNumber(tag[..dash], version.Revision)))
                    return true;
            }
        }

        return false;
    }

    public static bool IsAny(StringValues tags) => tags.Count == 1 && tags[0].AsSpan().Trim() is "*";

    private static string MarkOf(BodyFormat format, ContentCoding coding)
    {
        bool isJson = format == BodyFormat.Json;
        return coding switch
        {
            ContentCoding.Identity => isJson ? "j" : "x",
            ContentCoding.Gzip => isJson ? "jg" : "xg",
            _ => isJson ? "jb" : "xb",
        };
    }

    /// <param name="text"><c>42.3.18f33d1a480</c>.</param>
    private static bool NamesKind(ReadOnlySpan<char> text, in ResourceVersion version, bool isWrite)
    {
        Span<Range> parts = stackalloc Range[4];
        return text.Split(parts, '.') == 3
            && (isWrite || IsNumber(text[parts[0]], version.Revision))
            && IsNumber(text[parts[1]], version.Generation)
            && long.TryParse(text[parts[2]], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long birth) && birth == version.Birth;
    }

    private static bool IsNumber(ReadOnlySpan<char> text, long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long named) && named == number;

    /// <summary>The next tag's text without its quotes.</summary>
    private static bool TryNext(ref ReadOnlySpan<char> rest, bool weak, out ReadOnlySpan<char> tag)
    {
        while (true)
        {
            tag = default;
            rest = rest.TrimStart(" \t,");
            bool isWeak = rest.StartsWith("W/");
            if (isWeak) rest = rest[2..];
            if (rest.IsEmpty || rest[0] != '"') return false;

            int end = rest[1..].IndexOf('"');
            if (end < 0) return false;

            tag = rest[1..(end + 1)];
            rest = rest[(end + 2)..];
            if (!isWeak || weak) return true;
        }
    }
}
