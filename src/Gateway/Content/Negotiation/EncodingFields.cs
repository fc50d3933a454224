using Microsoft.Extensions.Primitives;

namespace Stateway.Gateway.Content.Negotiation;

/// <summary><c>Accept-Encoding</c> and <c>Content-Encoding</c> (RFC 9110, sections 12.5.3 and 8.4).</summary>
public static class EncodingFields
{
    /// <summary>For a 415's <c>Accept-Encoding</c> (section 12.5.3).</summary>
    public const string Available = "br, gzip";

    /// <summary>
    /// The highest weight wins, Brotli before gzip among equals, and identity only when it is liked better by name.
    /// Without the field, identity: who does not ask may not know codings. A malformed member is passed over.
    /// </summary>
    public static CodingChoice Choose(StringValues acceptEncoding)
    {
        if (acceptEncoding.Count == 0) return default;
        if (acceptEncoding.Count == 1)
        {
            switch (acceptEncoding[0])
            {
                case null or "" or "identity": return default;
                case "gzip, deflate, br, zstd" or "gzip, deflate, br" or "br": return new CodingChoice(ContentCoding.Brotli, false);
                case "gzip" or "gzip, deflate": return new CodingChoice(ContentCoding.Gzip, false);
            }
        }

        int brotli = -1, gzip = -1, identity = -1, other = -1; // thousandths; -1: not named
        foreach (string? line in acceptEncoding)
        {
            var members = new FieldList(line);
            while (members.Next(out var member))
            {
                if (!TryParse(member, out var coding, out int weight)) continue;
                if (Is(coding, "br")) brotli = Math.Max(brotli, weight);
                else if (Is(coding, "gzip") || Is(coding, "x-gzip")) gzip = Math.Max(gzip, weight);
                else if (Is(coding, "identity")) identity = Math.Max(identity, weight);
                else if (coding is "*") other = Math.Max(other, weight);
            }
        }

        bool isIdentityRefused = identity == 0 || (identity < 0 && other == 0);
        if (brotli < 0) brotli = Math.Max(other, 0);
        if (gzip < 0) gzip = Math.Max(other, 0);
        int best = Math.Max(brotli, gzip);
        if (best == 0 || identity > best) return new CodingChoice(ContentCoding.Identity, isIdentityRefused);
        return new CodingChoice(brotli >= gzip ? ContentCoding.Brotli : ContentCoding.Gzip, isIdentityRefused);
    }

    /// <summary>How a request's body is coded.</summary>
    /// <returns>False for an unknown coding, and for several in a row, which would multiply what they expand to (415).</returns>
    public static bool TryReadRequest(StringValues contentEncoding, out ContentCoding coding)
    {
        coding = ContentCoding.Identity;
        bool isCoded = false;
        foreach (string? line in contentEncoding)
        {
            var members = new FieldList(line);
            while (members.Next(out var member))
            {
                if (Is(member, "identity")) continue;
                if (isCoded) return false;

                isCoded = true;
                if (Is(member, "gzip") || Is(member, "x-gzip")) coding = ContentCoding.Gzip;
                else if (Is(member, "br")) coding = ContentCoding.Brotli;
                else return false;
            }
        }

        return true;
    }

    private static bool TryParse(ReadOnlySpan<char> member, out ReadOnlySpan<char> coding, out int weight)
    {
        coding = FieldList.Until(';', ref member).TrimEnd(" \t");
        weight = 1000;
        if (!FieldList.IsToken(coding)) return false;

        while (FieldList.NextParameter(ref member, out var name, out var value, out bool isMalformed) || isMalformed)
        {
            if (isMalformed || !Is(name, "q")) return false;
            weight = FieldList.Weight(value);
            if (weight < 0) return false;
        }

        return true;
    }

    private static bool Is(ReadOnlySpan<char> text, ReadOnlySpan<char> name) => text.Equals(name, StringComparison.OrdinalIgnoreCase);
}
