using Microsoft.Extensions.Primitives;

namespace Stateway.Gateway.Content.Negotiation;

/// <summary>
/// Chooses by <c>Accept</c> (RFC 9110, section 12.5.1). For each type that there is, the most specific range counts;
/// the highest weight wins, JSON among equals. A range with a parameter other than <c>charset=utf-8</c> is about
/// something that there is not. A browser gets JSON where it takes it. A malformed member is passed over; without a well-formed one the field counts as absent.
/// </summary>
public static class AcceptField
{
    // What there is. A problem goes by the weight of its plain format, unless its own type is named.
    private const int Json = 0, Xml = 1, TextXml = 2, ProblemJson = 3, ProblemXml = 4, Xhtml = 5, Count = 6;

    /// <summary>The best range found for a type: how specific it is, from 1 (<c>*/*</c>) to 4 (with a parameter), and its weight in thousandths.</summary>
    private struct Match
    {
        public int Specificity;
        public int Weight;

        public void Offer(int specificity, int weight)
        {
            if (specificity < Specificity || (specificity == Specificity && weight <= Weight)) return;
            Specificity = specificity;
            Weight = weight;
        }
    }

    public static AcceptChoice Choose(StringValues accept)
    {
        // Nearly every request ends here.
        if (accept.Count == 0 || (accept.Count == 1 && accept[0] is null or "" or "*/*" or "application/json")) return AcceptChoice.Json;

        Span<Match> matches = stackalloc Match[Count];
        matches.Clear();
        bool isAnyWellFormed = false;
        foreach (string? line in accept)
        {
            var members = new FieldList(line);
            while (members.Next(out var member)) isAnyWellFormed |= TryOffer(member, matches);
        }

        return isAnyWellFormed ? Choose(matches) : AcceptChoice.Json;
    }

    private static AcceptChoice Choose(ReadOnlySpan<Match> matches)
    {
        int json = matches[Json].Weight;
        bool isTextXml = matches[TextXml].Weight > matches[Xml].Weight;
        int xml = Math.Max(matches[Xml].Weight, matches[TextXml].Weight);

        // Browsers rank XML above "anything" out of habit, next to XHTML; who looks at an API in one expects JSON.
        if (matches[Xhtml].Weight > 0 && json > 0) xml = Math.Min(xml, json);
        var format = json == 0 && xml == 0 ? BodyFormat.None : xml > json ? BodyFormat.Xml : BodyFormat.Json;

        int problemJson = Math.Max(json, matches[ProblemJson].Weight);
        int problemXml = Math.Max(xml, matches[ProblemXml].Weight);
        return new AcceptChoice(format, problemXml > problemJson ? BodyFormat.Xml : BodyFormat.Json, isTextXml);
    }

    /// <returns>False when the member is malformed.</returns>
    private static bool TryOffer(ReadOnlySpan<char> member, Span<Match> matches)
    {
        var range = FieldList.Until(';', ref member).TrimEnd(" \t");
        int slash = range.IndexOf('/');
        if (slash < 0) return false;

        var type = range[..slash];
        var subtype = range[(slash + 1)..];
        if (!FieldList.IsToken(type) || !FieldList.IsToken(subtype) || (type is "*" && subtype is not "*")) return false;

        int weight = 1000;
        bool isOurs = true;
        bool hasParameter = false;
        bool isMalformed;
        while (FieldList.NextParameter(ref member, out var name, out var value, out isMalformed))
        {
            if (name.Equals("q", StringComparison.OrdinalIgnoreCase))
            {
                weight = FieldList.Weight(value);
                isMalformed = weight < 0;
                break; // what follows the weight is none of the range's
            }

            hasParameter = true;
            isOurs &= name.Equals("charset", StringComparison.OrdinalIgnoreCase) && value.Equals("utf-8", StringComparison.OrdinalIgnoreCase);
        }

        if (isMalformed) return false;
        if (!isOurs) return true;

        if (type is "*") OfferAll(matches, weight);
        else if (subtype is "*") OfferType(type, matches, weight);
        else if (Find(type, subtype) is >= 0 and var index) matches[index].Offer(hasParameter ? 4 : 3, weight);
        return true;
    }

    private static void OfferAll(Span<Match> matches, int weight)
    {
        matches[Json].Offer(1, weight);
        matches[Xml].Offer(1, weight);
        matches[TextXml].Offer(1, weight);
    }

    private static void OfferType(ReadOnlySpan<char> type, Span<Match> matches, int weight)
    {
        if (Is(type, "text"))
        {
            matches[TextXml].Offer(2, weight);
        }
        else if (Is(type, "application"))
        {
            matches[Json].Offer(2, weight);
            matches[Xml].Offer(2, weight);
        }
    }

    private static int Find(ReadOnlySpan<char> type, ReadOnlySpan<char> subtype)
    {
        if (Is(type, "text")) return Is(subtype, "xml") ? TextXml : -1;
        if (!Is(type, "application")) return -1;
        if (Is(subtype, "json")) return Json;
        if (Is(subtype, "xml")) return Xml;
        if (Is(subtype, "xhtml+xml")) return Xhtml;
        if (Is(subtype, "problem+json")) return ProblemJson;
        return Is(subtype, "problem+xml") ? ProblemXml : -1;
    }

    private static bool Is(ReadOnlySpan<char> text, ReadOnlySpan<char> name) => text.Equals(name, StringComparison.OrdinalIgnoreCase);
}
