using Microsoft.Extensions.Primitives;

namespace Stateway.Gateway.Content.Negotiation;

/// <summary>How much a client wants one media type, by <c>Accept</c> (RFC 9110, section 12.5.1): the most specific range for it counts.</summary>
/// <param name="Weight">In thousandths; 0: not at all.</param>
/// <param name="Specificity">1 for <c>*/*</c>, 2 for <c>type/*</c>, 3 for the type itself; 0 without a range for it.</param>
public readonly record struct MediaPreference(int Weight, int Specificity)
{
    /// <summary>A field that is absent, or has no well-formed member, asks for anything.</summary>
    public static MediaPreference Of(StringValues accept, ReadOnlySpan<char> type, ReadOnlySpan<char> subtype)
    {
        var best = default(MediaPreference);
        bool isAnyWellFormed = false;
        foreach (string? line in accept)
        {
            var members = new FieldList(line);
            while (members.Next(out var member))
            {
                if (!TryRead(member, type, subtype, out var found)) continue;

                isAnyWellFormed = true;
                if (found.Specificity > best.Specificity || (found.Specificity == best.Specificity && found.Weight > best.Weight)) best = found;
            }
        }

        return isAnyWellFormed ? best : new(1000, 1);
    }

    /// <summary>The one with more weight; among equals the one that was named more exactly, and else the first.</summary>
    public static MediaPreference Best(MediaPreference a, MediaPreference b) =>
        b.Weight > a.Weight || (b.Weight == a.Weight && b.Specificity > a.Specificity) ? b : a;

    /// <returns>False when the member is malformed.</returns>
    private static bool TryRead(ReadOnlySpan<char> member, ReadOnlySpan<char> type, ReadOnlySpan<char> subtype, out MediaPreference found)
    {
        found = default;
        var range = FieldList.Until(';', ref member).TrimEnd(" \t");
        int slash = range.IndexOf('/');
        if (slash < 0 || !FieldList.IsToken(range[..slash]) || !FieldList.IsToken(range[(slash + 1)..])) return false;

        int weight = 1000;
        bool isMalformed;
        while (FieldList.NextParameter(ref member, out var name, out var value, out isMalformed))
        {
            if (!name.Equals("q", StringComparison.OrdinalIgnoreCase)) continue; // charset=utf-8 and the like
            weight = FieldList.Weight(value);
            isMalformed = weight < 0;
            break;
        }

        if (isMalformed) return false;

        int specificity = range is "*/*" ? 1
            : !range[..slash].Equals(type, StringComparison.OrdinalIgnoreCase) ? 0
            : range[(slash + 1)..] is "*" ? 2
            : range[(slash + 1)..].Equals(subtype, StringComparison.OrdinalIgnoreCase) ? 3 : 0;
        if (specificity > 0) found = new(weight, specificity);
        return true;
    }
}
