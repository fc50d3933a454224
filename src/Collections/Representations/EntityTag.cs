using System.Globalization;
using Microsoft.Extensions.Primitives;
using Stateway.Gateway.Content.Negotiation;

namespace Stateway.Collections.Representations;

/// <summary>
/// The strong entity tag of a resource (RFC 9110, section 8.8.3): its revision and the form it is served in,
/// <c>"42-j"</c> for JSON, <c>"42-x"</c> for XML, with <c>g</c> or <c>b</c> behind it when compressed. Forms differ,
/// so a cache never mixes them up; for a write only the revision counts, whichever form it was read in.
/// </summary>
internal static class EntityTag
{
    public static string Of(long revision, BodyFormat format, ContentCoding coding) => (format, coding) switch
    {
        (BodyFormat.Json, ContentCoding.Identity) => string.Create(CultureInfo.InvariantCulture, $"\"{revision}-j\""),
        (BodyFormat.Xml, ContentCoding.Identity) => string.Create(CultureInfo.InvariantCulture, $"\"{revision}-x\""),
        _ => string.Create(CultureInfo.InvariantCulture, $"\"{revision}-{(format == BodyFormat.Json ? 'j' : 'x')}{(coding == ContentCoding.Gzip ? 'g' : 'b')}\""),
    };

    /// <summary>The tag that stands for a revision where no form has been chosen, such as in a refusal.</summary>
    public static string Of(long revision) => Of(revision, BodyFormat.Json, ContentCoding.Identity);

    /// <summary>Says whether a list of tags (If-Match, If-None-Match) names this revision, in any form.</summary>
    /// <param name="weak">Weak comparison: a <c>W/</c> in front is ignored; without it such a tag never matches.</param>
    public static bool NamesRevision(StringValues tags, long revision, bool weak)
    {
        foreach (string? line in tags)
        {
            var rest = line.AsSpan();
            while (TryNext(ref rest, weak, out var tag))
            {
                int dash = tag.IndexOf('-');
                if (dash > 0 && long.TryParse(tag[..dash], NumberStyles.None, CultureInfo.InvariantCulture, out long named) && named == revision)
                    return true;
            }
        }

        return false;
    }

    public static bool IsAny(StringValues tags) => tags.Count == 1 && tags[0].AsSpan().Trim() is "*";

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
