using Stateway.Model.Schemas.Checks;
using Stateway.Model.Schemas.Json;

namespace Stateway.Model.Schemas;

/// <summary>A compiled schema: immutable, used by any number of threads at once.</summary>
public sealed class Schema
{
    private readonly Node _root;

    internal Schema(Node root) => _root = root;

    /// <summary>
    /// Validates one JSON text (RFC 8259) straight from UTF-8, without building a tree. Also refuses, as errors with
    /// pointers, duplicate names (code <c>DUPLICATE_NAME</c>); and, as one error without a schema's keyword, malformed
    /// JSON, invalid UTF-8 and nesting deeper than 64 (code <c>MALFORMED_JSON</c>, detail with line and column).
    /// Never throws, and takes time in proportion to the text: a schema whose alternatives multiply ends in one
    /// <c>TOO_COMPLEX</c>.
    /// </summary>
    /// <returns>True when <paramref name="errors"/> stayed empty.</returns>
    public bool Validate(ReadOnlySpan<byte> json, SchemaErrors errors)
    {
        var tape = JsonTape.Rent();
        if (tape.TryRead(json, out var fault)) Validate(new JsonText(json, tape), tape, errors);
        else
        {
            errors.Malformed = true;
            errors.Add("MALFORMED_JSON", "", fault.Describe(json));
        }

        tape.Return();
        return errors.Count == 0;
    }

    private void Validate(in JsonText text, JsonTape tape, SchemaErrors errors)
    {
        foreach (int name in tape.Duplicates)
        {
            if (!errors.Wants()) continue;
            errors.Add("DUPLICATE_NAME", text.PointerTo(name), $"{Details.Name(text, name)} is there twice.");
        }

        var run = new Run(text, errors);
        _root.Check(ref run, 0, null);
        if (run.StepsLeft < 0) errors.Add("TOO_COMPLEX", "", "The value takes too long to compare with the schema's alternatives.");
    }
}
