using System.Runtime.CompilerServices;
using Stateway.Model.Schemas.Json;

namespace Stateway.Model.Schemas.Checks;

/// <summary>
/// One schema, compiled for one place and one use. Immutable once the compiler has finished; may be part of a
/// cycle.
/// </summary>
internal sealed class Node
{
    /// <summary>The schema <c>false</c>.</summary>
    public bool RefusesAll { get; set; }

    public ShapeTypes Types { get; set; } = ShapeTypes.Any;

    /// <summary>OpenAPI 3.0 <c>nullable</c>: null passes, whatever else the schema says.</summary>
    public bool NullPasses { get; set; }

    public Constants? Enum { get; set; }
    public Constants? Const { get; set; }
    public StringRules? Strings { get; set; }
    public NumberRules? Numbers { get; set; }
    public ArrayRules? Arrays { get; set; }
    public ObjectRules? Objects { get; set; }
    public Applicator[] Applicators { get; set; } = [];
    public Node? UnevaluatedProperties { get; set; }
    public Node? UnevaluatedItems { get; set; }

    /// <summary>Names that the schema and its parts know; for suggestions.</summary>
    public string[] KnownNames { get; set; } = [];

    /// <summary>Whether every value passes.</summary>
    public bool IsEmpty => this is
    {
        RefusesAll: false, Types: ShapeTypes.Any, Enum: null, Const: null, Strings: null, Numbers: null, Arrays: null,
        Objects: null, Applicators: [], UnevaluatedProperties: null, UnevaluatedItems: null,
    };

    // Of each JsonKind, the flags of ShapeTypes; a number's integer flag depends on its value.
    private static ReadOnlySpan<byte> TypeOfKind =>
    [
        (byte)ShapeTypes.Null, (byte)ShapeTypes.Boolean, (byte)ShapeTypes.Boolean, 8, (byte)ShapeTypes.String,
        (byte)ShapeTypes.Array, (byte)ShapeTypes.Object, (byte)ShapeTypes.String,
    ];

    /// <param name="seen">Takes note of what was looked at, when an enclosing schema needs to know.</param>
    /// <returns>Whether the value passes; errors are reported unless the run is quiet.</returns>
    public bool Check(ref Run run, int at, Evaluated? seen)
    {
        if (--run.StepsLeft < 0) return false; // Schema reports it, once

        var kind = run.Text.KindOf(at);
        if (((byte)Types & TypeOfKind[(int)kind]) == 0 && !IsAllowedInteger(ref run, at, kind)) return WrongType(ref run, at);
        if (NullPasses && kind == JsonKind.Null) return true;
        if (RefusesAll) return NotAllowed(ref run, at);

        // Schemas of schemas of schemas, each for the same value, could be nested deeper than the stack is.
        if (Applicators.Length > 0 && !RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            run.StepsLeft = -1;
            return false;
        }

        var unevaluated = kind switch
        {
            JsonKind.Object => UnevaluatedProperties,
            JsonKind.Array => UnevaluatedItems,
            _ => null,
        };
        return unevaluated is null
            ? CheckKeywords(ref run, at, kind, seen)
            : CheckWithRest(ref run, at, kind, unevaluated, seen);
    }

    private bool IsAllowedInteger(ref Run run, int at, JsonKind kind) =>
        kind == JsonKind.Number && (Types & ShapeTypes.Integer) != 0
        && (run.Text.Tokens[at].Extra == 0 || JsonNumber.Parse(run.Text.RawAt(at)).IsInteger);

    private bool CheckKeywords(ref Run run, int at, JsonKind kind, Evaluated? seen)
    {
        if (Enum is not null && !Enum.Check(ref run, at)) return false;
        if (Const is not null && !Const.Check(ref run, at)) return false;

        bool passed = kind switch
        {
            JsonKind.String or JsonKind.Name => Strings is null || Strings.Check(ref run, at),
            JsonKind.Number => Numbers is null || Numbers.Check(ref run, at),
            JsonKind.Array => Arrays is null || Arrays.Check(ref run, at, seen),
            JsonKind.Object => Objects is null || Objects.Check(ref run, at, seen),
            _ => true,
        };
        foreach (var applicator in Applicators)
        {
            if (!passed && run.IsQuiet) return false;
            passed &= applicator.Check(ref run, at, seen);
        }

        return passed;
    }

    private bool CheckWithRest(ref Run run, int at, JsonKind kind, Node rest, Evaluated? outer)
    {
        var seen = Evaluated.Rent();
        bool passed = CheckKeywords(ref run, at, kind, seen);
        if (passed || !run.IsQuiet && !seen.Incomplete)
        {
            passed &= kind == JsonKind.Object
                ? CheckRestOfMembers(ref run, at, rest, seen)
                : CheckRestOfItems(ref run, at, rest, seen);
        }

        if (outer is not null) outer.All = true; // the rest was looked at, too
        seen.Return();
        return passed;
    }

    private bool CheckRestOfMembers(ref Run run, int at, Node rest, Evaluated seen)
    {
        bool passed = true;
        int end = run.Text.Tokens[at].Next, ordinal = 0;
        for (int name = at + 1; name < end; name = run.Text.Tokens[name + 1].Next, ordinal++)
        {
            if (seen.Has(ordinal)) continue;

            passed &= rest.RefusesAll
                ? ObjectRules.RefuseUnknown(ref run, name, KnownNames)
                : rest.Check(ref run, name + 1, null);
            if (!passed && run.IsQuiet) return false;
        }

        return passed;
    }

    private static bool CheckRestOfItems(ref Run run, int at, Node rest, Evaluated seen)
    {
        bool passed = true;
        int end = run.Text.Tokens[at].Next, ordinal = 0;
        for (int item = at + 1; item < end; item = run.Text.Tokens[item].Next, ordinal++)
        {
            if (seen.Has(ordinal)) continue;

            if (rest.RefusesAll)
            {
                passed = false;
                if (run.Reports()) run.Report(item, "UNEVALUATED_ITEMS", "No item is allowed at this position.");
            }
            else
            {
                passed &= rest.Check(ref run, item, null);
            }

            if (!passed && run.IsQuiet) return false;
        }

        return passed;
    }

    private bool WrongType(ref Run run, int at)
    {
        if (NullPasses && run.Text.KindOf(at) == JsonKind.Null) return true;
        if (run.Reports()) run.Report(at, "TYPE", Details.WrongType(run.Text, at, NullPasses ? Types | ShapeTypes.Null : Types));
        return false;
    }

    private static bool NotAllowed(ref Run run, int at)
    {
        if (run.Reports()) run.Report(at, "NOT_ALLOWED", "No value is allowed here.");
        return false;
    }
}
