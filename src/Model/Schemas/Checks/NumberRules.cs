using System.Text;
using Stateway.Model.Schemas.Formats;
using Stateway.Model.Schemas.Json;

namespace Stateway.Model.Schemas.Checks;

/// <summary>Keywords for numbers. All compare exactly, in decimal.</summary>
internal sealed class NumberRules
{
    public Limit? Minimum { get; set; }
    public Limit? Maximum { get; set; }
    public Limit? ExclusiveMinimum { get; set; }
    public Limit? ExclusiveMaximum { get; set; }
    public Limit? MultipleOf { get; set; }
    public NumberFormat? Format { get; set; }

    public bool IsEmpty => this is
    {
        Minimum: null, Maximum: null, ExclusiveMinimum: null, ExclusiveMaximum: null, MultipleOf: null, Format: null,
    };

    /// <summary>A number of the schema, with its text for the errors.</summary>
    public sealed class Limit(byte[] text)
    {
        public JsonNumber Number { get; } = JsonNumber.Parse(text);
        public override string ToString() => Details.Cut(Encoding.ASCII.GetString(text));
    }

    public bool Check(ref Run run, int at)
    {
        var number = JsonNumber.Parse(run.Text.RawAt(at));
        bool passed = (Minimum is null || number.CompareTo(Minimum.Number) >= 0
                || Fail(ref run, at, "MINIMUM", "is less than", Minimum))
            & (Maximum is null || number.CompareTo(Maximum.Number) <= 0
                || Fail(ref run, at, "MAXIMUM", "is more than", Maximum))
            & (ExclusiveMinimum is null || number.CompareTo(ExclusiveMinimum.Number) > 0
                || Fail(ref run, at, "EXCLUSIVE_MINIMUM", "is not more than", ExclusiveMinimum))
            & (ExclusiveMaximum is null || number.CompareTo(ExclusiveMaximum.Number) < 0
                || Fail(ref run, at, "EXCLUSIVE_MAXIMUM", "is not less than", ExclusiveMaximum))
            & (MultipleOf is null || number.IsMultipleOf(MultipleOf.Number)
                || Fail(ref run, at, "MULTIPLE_OF", "is not a multiple of", MultipleOf))
            & (Format is null || Format.Accepts(number)
                || Fail(ref run, at, "FORMAT", "is not", Format));
        return passed;
    }

    private static bool Fail(ref Run run, int at, string code, string what, object than)
    {
        if (run.Reports()) run.Report(at, code, $"{Details.Value(run.Text, at)} {what} {than}.");
        return false;
    }
}
