using Stateway.Model.Expressions;
using Stateway.TestKit;
using Xunit;

namespace Stateway.Fast.Tests.Expressions;

/// <summary>Google's own cases for CEL: those whose features the language has must all give what CEL gives.</summary>
public sealed class CelConformanceTests(ITestOutputHelper output)
{
    /// <summary>Where the language means to differ from CEL, and why.</summary>
    private static readonly Dictionary<string, string> Deliberate = new()
    {
        ["comparisons/lt_literal/not_lt_dyn_int_big_lossy_double"] = Rounding,
        ["comparisons/gt_literal/not_gt_dyn_big_double_int"] = Rounding,
        ["comparisons/lte_literal/lte_dyn_big_double_int"] = Rounding,
        ["comparisons/gte_literal/gte_dyn_int_big_lossy_double"] = Rounding,
        ["fields/map_fields/map_field_select_no_such_key_or_false"] = NoBool,
        ["fields/map_fields/map_field_select_no_such_key_and_true"] = NoBool,
    };

    private const string Rounding = "CEL makes 2^63 - 1 a double here, which is 2^63; comparisons are exact instead.";
    private const string NoBool = "A missing field that stands for a condition is false, not an error.";

    /// <summary>All 1177 cases: those that ran, and the others by the feature that they need.</summary>
    private const string Expected = """
        632 run
         153 arithmetic
          24 bindings that are messages or have dots
         103 conversions and types
          19 functions that CEL has not either
         192 maps and messages
           3 more than 20 deep
          10 other macros
          26 parts of a time
           5 the conditional
          10 values that are types or messages
        """;

    [Fact]
    public void Every_case_of_the_subset_gives_what_CEL_gives_and_none_is_silently_left_out()
    {
        if (Conformance.Folder("cel") is not { } folder)
        {
            Assert.Skip("no conformance data");
            return;
        }

        int run = 0;
        var skipped = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var wrong = new List<string>();
        foreach (var item in CelCase.Read(folder))
        {
            if (Lacking(item, out var expression) is { } feature)
            {
                skipped[feature] = skipped.GetValueOrDefault(feature) + 1;
                continue;
            }

            run++;
            var value = Evaluation.Evaluate(expression!, new Scope(default, item.Bindings()));
            if (Fits(item, value) == Deliberate.ContainsKey(item.Name)) wrong.Add($"{item.Name}: {item.Text} gave {value.Kind} {value}");
        }

        string counts = $"{run} run\n{string.Join("\n", skipped.Select(pair => $"{pair.Value,4} {pair.Key}"))}";
        output.WriteLine($"{counts}\n{Deliberate.Count} of those that ran differ on purpose.");
        Assert.Empty(wrong);
        Assert.Equal(Expected, counts);
    }

    /// <returns>The feature of CEL that a case needs and the language has not; null when it has them all.</returns>
    private static string? Lacking(CelCase item, out Expression? expression)
    {
        // dyn(x) is x for all but a type checker, and many cases across types are written with it.
        var parsing = ExpressionParser.Parse(item.Text.Replace("dyn(", "(", StringComparison.Ordinal));
        expression = parsing.Expression;
        if (expression is null) return Feature(parsing.Errors[0].Message);
        if (item.Bindings() is null) return "bindings that are messages or have dots";

        return !item.IsError && item.Expected() is null ? "values that are types or messages" : null;
    }

    private static string Feature(string message) => message switch
    {
        _ when message.Contains("there is no arithmetic", StringComparison.Ordinal) => "arithmetic",
        _ when message.StartsWith("'?'", StringComparison.Ordinal) => "the conditional",
        _ when message.StartsWith("'{'", StringComparison.Ordinal) => "maps and messages",
        _ when message.StartsWith("CEL's get", StringComparison.Ordinal) => "parts of a time",
        _ when message.StartsWith("CEL's map()", StringComparison.Ordinal)
            || message.StartsWith("CEL's filter()", StringComparison.Ordinal)
            || message.StartsWith("CEL's exists_one()", StringComparison.Ordinal) => "other macros",
        _ when message.StartsWith("CEL's ", StringComparison.Ordinal) => "conversions and types",
        _ when message.StartsWith("There is no function", StringComparison.Ordinal) => "functions that CEL has not either",
        _ when message.Contains("20 deep", StringComparison.Ordinal) => "more than 20 deep",
        _ => message,
    };

    /// <summary>A field or an item that is not there is an error in CEL; here it is missing.</summary>
    private static bool Fits(CelCase item, Value value) =>
        item.IsError ? value.IsError || value.IsMissing : SameKinds(item.Expected()!.Value, value) && ValueComparison.Equal(item.Expected()!.Value, value);

    /// <summary>1, 1u and 1.0 are equal, and still not the same answer; nor are 0.0 and -0.0.</summary>
    private static bool SameKinds(Value expected, Value value) => expected.Kind == value.Kind && expected.Kind switch
    {
        ValueKind.Double => double.IsNegative(expected.AsDouble) == double.IsNegative(value.AsDouble),
        ValueKind.List => expected.Count == value.Count
            && Enumerable.Range(0, expected.Count).All(i => SameKinds(expected.Item(i), value.Item(i))),
        _ => true,
    };
}
