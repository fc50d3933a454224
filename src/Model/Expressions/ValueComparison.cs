using System.Text.Json;

namespace Stateway.Model.Expressions;

/// <summary>
/// How values compare, everywhere: in filters evaluated in memory, in indexes and in orders. Numbers of any
/// kind compare by what they are in mathematics, never by a conversion that rounds; text compares by code
/// point, which is the order of its UTF-8 bytes.
/// </summary>
public static class ValueComparison
{
    /// <summary>
    /// CEL's <c>==</c>: values of different types are unequal, lists and maps are equal by their contents.
    /// Missing, an error and NaN equal nothing, not even themselves.
    /// </summary>
    public static bool Equal(in Value a, in Value b)
    {
        int steps = int.MaxValue;
        return Equal(a, b, ref steps);
    }

    /// <summary>
    /// CEL's order, of numbers, text, bytes, bools, timestamps and durations, each among its own.
    /// </summary>
    /// <param name="order">Below, at or above zero.</param>
    /// <returns>False when the two have no order: different types, null, lists, maps, NaN, missing, errors.</returns>
    public static bool TryCompare(in Value a, in Value b, out int order)
    {
        order = 0;
        if (a.IsNumber && b.IsNumber)
        {
            if (IsNaN(a) || IsNaN(b)) return false;

            order = CompareNumbers(a, b);
            return true;
        }

        if (a.Kind != b.Kind) return false;

        switch (a.Kind)
        {
            case ValueKind.String: order = CompareText(a.AsString, b.AsString); return true;
            case ValueKind.Bytes: order = a.AsBytes.AsSpan().SequenceCompareTo(b.AsBytes); return true;
            case ValueKind.Bool: order = a.AsBool.CompareTo(b.AsBool); return true;
            case ValueKind.Timestamp or ValueKind.Duration: order = a.AsTicks.CompareTo(b.AsTicks); return true;
            default: return false;
        }
    }

    /// <summary>
    /// The total order of <c>order_by</c>: missing, numbers (NaN first; timestamps among them by their ticks), text,
    /// null, false, true, anything else. All of "anything else" is one place: there the id decides.
    /// </summary>
    public static int Sort(in Value a, in Value b)
    {
        int rank = SortRank(a);
        int other = SortRank(b);
        if (rank != other) return rank.CompareTo(other);

        return rank switch
        {
            NumberRank when IsNaN(a) || IsNaN(b) => IsNaN(b).CompareTo(IsNaN(a)),
            NumberRank => CompareNumbers(a, b),
            TextRank => CompareText(a.AsString, b.AsString),
            _ => 0,
        };
    }

    private const int NumberRank = 1;
    private const int TextRank = 2;

    /// <summary>The place of a value's type in <see cref="Sort"/>, from 0: for a store that keeps it in its keys.</summary>
    public static int SortRank(in Value value) => value.Kind switch
    {
        ValueKind.Missing => 0,
        ValueKind.Int or ValueKind.Uint or ValueKind.Double or ValueKind.Timestamp => NumberRank,
        ValueKind.String => TextRank,
        ValueKind.Null => 3,
        ValueKind.Bool => value.AsBool ? 5 : 4,
        _ => 6,
    };

    /// <summary>Orders text by code point. UTF-16 order differs: it puts U+1F600 before U+FF5E.</summary>
    public static int CompareText(string a, string b)
    {
        int common = a.AsSpan().CommonPrefixLength(b);
        if (common == a.Length || common == b.Length) return a.Length.CompareTo(b.Length);

        char x = a[common], y = b[common];
        return x >= '\uD800' && y >= '\uD800' ? Rotate(x) - Rotate(y) : x - y;

        // Moves surrogates, which stand for what is above U+FFFF, behind U+E000 to U+FFFF.
        static int Rotate(char c) => c >= '\uE000' ? c - 0x800 : c + 0x2000;
    }

    /// <param name="steps">Counts down by the work done; below zero the answer is false and means nothing.</param>
    internal static bool Equal(in Value a, in Value b, ref int steps)
    {
        if (--steps < 0) return false;
        if (a.IsNumber && b.IsNumber) return !IsNaN(a) && !IsNaN(b) && CompareNumbers(a, b) == 0;
        if (a.Kind != b.Kind) return false;

        return a.Kind switch
        {
            ValueKind.Null => true,
            ValueKind.Bool => a.AsBool == b.AsBool,
            ValueKind.String => a.AsString == b.AsString,
            ValueKind.Bytes => a.AsBytes.AsSpan().SequenceEqual(b.AsBytes),
            ValueKind.Timestamp or ValueKind.Duration => a.AsTicks == b.AsTicks,
            ValueKind.List => EqualLists(a, b, ref steps),
            ValueKind.Map => EqualMaps((JsonElement)a.AsObject, (JsonElement)b.AsObject, ref steps),
            _ => false,
        };
    }

    private static bool EqualLists(in Value a, in Value b, ref int steps)
    {
        int count = a.Count;
        if (count != b.Count) return false;
        if (a.AsObject is JsonElement left && b.AsObject is JsonElement right) return EqualArrays(left, right, ref steps);

        // One of the two was written in the expression, so that it is short.
        for (int i = 0; i < count; i++)
        {
            if (!Equal(a.Item(i), b.Item(i), ref steps)) return false;
        }

        return true;
    }

    private static bool EqualArrays(JsonElement a, JsonElement b, ref int steps)
    {
        var others = b.EnumerateArray();
        foreach (var item in a.EnumerateArray())
        {
            others.MoveNext();
            if (!Equal(Value.FromJson(item), Value.FromJson(others.Current), ref steps)) return false;
        }

        return true;
    }

    private static bool EqualMaps(JsonElement a, JsonElement b, ref int steps)
    {
        int count = a.GetPropertyCount();
        if (count != b.GetPropertyCount()) return false;

        foreach (var property in a.EnumerateObject())
        {
            steps -= count / 16; // finding a name walks over the others
            if (steps < 0 || !JsonText.TryGetProperty(b, JsonText.Name(property), out var other)) return false;
            if (!Equal(Value.FromJson(property.Value), Value.FromJson(other), ref steps)) return false;
        }

        return true;
    }

    private static bool IsNaN(in Value value) => value.Kind == ValueKind.Double && double.IsNaN(value.AsDouble);

    /// <summary>Exact. Neither is NaN; a timestamp counts as its ticks.</summary>
    private static int CompareNumbers(in Value a, in Value b)
    {
        if (a.Kind == ValueKind.Double)
        {
            return b.Kind switch
            {
                ValueKind.Double => a.AsDouble < b.AsDouble ? -1 : a.AsDouble > b.AsDouble ? 1 : 0,
                ValueKind.Uint => -CompareExactly(b.AsUint, a.AsDouble),
                _ => -CompareExactly(b.AsInt, a.AsDouble),
            };
        }

        if (b.Kind == ValueKind.Double)
        {
            return a.Kind == ValueKind.Uint ? CompareExactly(a.AsUint, b.AsDouble) : CompareExactly(a.AsInt, b.AsDouble);
        }

        // A negative Int lies below every Uint; the others have the same 64 bits in both.
        bool isBelow = a.Kind != ValueKind.Uint && a.AsInt < 0;
        bool otherIsBelow = b.Kind != ValueKind.Uint && b.AsInt < 0;
        return isBelow != otherIsBelow ? otherIsBelow.CompareTo(isBelow)
            : isBelow ? a.AsInt.CompareTo(b.AsInt)
            : a.AsUint.CompareTo(b.AsUint);
    }

    private static int CompareExactly(long a, double b)
    {
        const double twoTo63 = 9223372036854775808.0;
        if (b >= twoTo63) return -1;
        if (b < -twoTo63) return 1;

        // Within the range the truncated part is exact, and a double with a fraction is below 2^53.
        long whole = (long)b;
        return a != whole ? a.CompareTo(whole) : 0.0.CompareTo(b - whole);
    }

    private static int CompareExactly(ulong a, double b)
    {
        const double twoTo64 = 18446744073709551616.0;
        if (b >= twoTo64) return -1;
        if (b < 0) return 1;

        ulong whole = (ulong)b;
        return a != whole ? a.CompareTo(whole) : 0.0.CompareTo(b - whole);
    }
}
