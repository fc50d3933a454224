using Stateway.Model.Schemas.Formats;
using Stateway.Model.Schemas.Json;
using Stateway.Model.Schemas.Patterns;

namespace Stateway.Model.Schemas.Checks;

/// <summary>Keywords for strings. Lengths are in code points.</summary>
internal sealed class StringRules
{
    public long LengthMin { get; set; }
    public long LengthMax { get; set; } = long.MaxValue;
    public Pattern? Pattern { get; set; }
    public StringFormat? Format { get; set; }

    public bool IsEmpty => this is { LengthMin: 0, LengthMax: long.MaxValue, Pattern: null, Format: null };

    public bool Check(ref Run run, int at)
    {
        var text = run.Text.StringAt(at);
        bool passed = CheckLength(ref run, at, text);
        if (Pattern is not null && !Pattern.IsMatch(text))
        {
            passed = false;
            if (run.Reports())
            {
                run.Report(at, "PATTERN", $"{Details.Value(run.Text, at)} does not match {Details.Cut(Pattern.Source)}.");
            }
        }

        if (Format is not null && !Format.Accepts(text))
        {
            passed = false;
            if (run.Reports()) run.Report(at, "FORMAT", $"{Details.Value(run.Text, at)} is not {Format.Description}.");
        }

        return passed;
    }

    private bool CheckLength(ref Run run, int at, ReadOnlySpan<byte> text)
    {
        // A code point has one to four bytes, so that mostly the bytes answer.
        if (text.Length <= LengthMax && text.Length >= LengthMin && (text.Length + 3) / 4 >= LengthMin) return true;

        int length = Utf8Text.CodePoints(text);
        if (length < LengthMin)
        {
            if (!run.Reports()) return false;
            run.Report(at, "MIN_LENGTH", length == 0
                ? "The text is empty; " + Details.LimitIs(LengthMin, "at least") + " needed."
                : $"{Details.Value(run.Text, at)} has {Details.Count(length, "character", "characters")}; " +
                    Details.LimitIs(LengthMin, "at least") + " needed.");
            return false;
        }

        if (length <= LengthMax) return true;

        if (run.Reports())
        {
            run.Report(at, "MAX_LENGTH", $"{Details.Value(run.Text, at)} has {Details.Count(length, "character", "characters")}; " +
                Details.LimitIs(LengthMax, "at most") + " allowed.");
        }

        return false;
    }
}
