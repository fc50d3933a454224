using System.Collections.Immutable;
using Microsoft.AspNetCore.Http;

namespace Stateway.Collections;

/// <summary>The <c>Prefer</c> field (RFC 7240), as far as it is understood; the rest is ignored, as that RFC says.</summary>
/// <param name="Minimal"><c>return=minimal</c>: an answer to a write without content.</param>
/// <param name="Lenient"><c>handling=lenient</c>: unknown fields of a body are dropped, not refused.</param>
/// <param name="CountExact"><c>count=exact</c>: a list tells its total.</param>
/// <param name="ValidateOnly"><c>validate-only</c>: a write is checked in every way, and not made.</param>
internal readonly record struct Preferences(bool Minimal, bool Lenient, bool CountExact, bool ValidateOnly, ImmutableArray<string> Applied)
{
    public static Preferences None { get; } = new(false, false, false, false, []);

    /// <summary>What a write without content can follow.</summary>
    public static Preferences Tried { get; } = new(false, false, false, true, ["validate-only"]);

    /// <param name="isList">A list has nothing to leave out or to drop, a write has nothing to count: the others' preferences are not followed.</param>
    public static Preferences Of(HttpRequest request, bool isList = false)
    {
        var field = request.Headers["Prefer"];
        if (field.Count == 0) return None;

        bool minimal = false, lenient = false, count = false, validateOnly = false;
        var applied = ImmutableArray.CreateBuilder<string>();
        foreach (string part in field.ToString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            int semicolon = part.IndexOf(';');
            string preference = (semicolon < 0 ? part : part[..semicolon]).Replace(" ", "", StringComparison.Ordinal).Replace("\"", "", StringComparison.Ordinal).ToLowerInvariant();
            bool known = true;
            switch (preference) // of two that contradict each other the first counts
            {
                case "return=minimal" when !isList && !Has("return="): minimal = true; break;
                case "return=representation" when !isList && !Has("return="): break;
                case "handling=lenient" when !isList && !Has("handling="): lenient = true; break;
                case "handling=strict" when !isList && !Has("handling="): break;
                case "validate-only" when !isList && !validateOnly: validateOnly = true; break;
                case "count=exact" when isList && !count: count = true; break;
                default: known = false; break;
            }

            if (known) applied.Add(preference);
        }

        return new(minimal, lenient, count, validateOnly, applied.ToImmutable());

        bool Has(string prefix) => applied.Any(p => p.StartsWith(prefix, StringComparison.Ordinal));
    }

    /// <summary>Tells the client which preferences were followed (RFC 7240, section 3).</summary>
    public void Acknowledge(HttpResponse response)
    {
        if (!Applied.IsDefaultOrEmpty) response.Headers["Preference-Applied"] = string.Join(", ", Applied);
    }
}
