using Stateway.Model.Schemas.Json;

namespace Stateway.Model.Schemas.Checks;

/// <summary>One validation of one text.</summary>
internal ref struct Run(JsonText text, SchemaErrors? errors)
{
    // A schema whose alternatives look into the same parts again and again can cost exponentially much.
    private const long StepsBase = 1_000_000;
    private const long StepsPerToken = 200;

    public readonly JsonText Text = text;

    /// <summary>Null while only the answer counts: then a check ends at the first error and builds no texts.</summary>
    public SchemaErrors? Errors = errors;

    /// <summary>Schemas that may still be applied to values; below zero every check fails.</summary>
    public long StepsLeft = StepsBase + StepsPerToken * text.Tokens.Length;

    public readonly bool IsQuiet => Errors is null;

    /// <summary>Counts an error, and says whether it is to be described.</summary>
    public readonly bool Reports() => Errors is { } errors && errors.Wants();

    public readonly void Report(int at, string code, string detail) => Errors!.Add(code, Text.PointerTo(at), detail);

    public readonly void ReportMember(int at, string name, string code, string detail)
    {
        var pointer = new System.Text.StringBuilder(Text.PointerTo(at));
        JsonText.AppendSegment(pointer, name);
        Errors!.Add(code, pointer.ToString(), detail);
    }
}
