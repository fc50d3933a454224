using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;

namespace Stateway.Model.Expressions;

/// <summary>
/// One evaluation. What comes from JSON stays a JSON element for as long as it can: comparing a field with
/// a literal, finding it in a list of literals and walking over an array copy nothing.
/// </summary>
/// <remarks>
/// "Data" below means what was selected from the resource or from a variable, and the items of a list that was.
/// Data of an unexpected type makes a comparison false, as a missing field does; what is written in the expression
/// itself makes an error.
/// </remarks>
internal struct Evaluator(in Scope scope, int steps)
{
    private const int CharactersPerStep = 64;

    /// <summary>A pattern may take microseconds for a character, where a search takes less than a nanosecond.</summary>
    private const int CharactersMatchedPerStep = 16;

    /// <summary>Longest literal that is compared with a field's UTF-8 on the stack, in UTF-16 units.</summary>
    private const int LiteralLengthMax = 256;

    private readonly Scope _scope = scope;
    private int _steps = steps;

    /// <summary>Items of the quantifiers around the present node, innermost last; made when the first is met.</summary>
    private Frame[]? _frames;
    private int _frameCount;

    /// <summary>The work was too much; values mean nothing any more.</summary>
    public readonly bool IsExhausted => _steps < 0;

    private readonly record struct Frame(string Name, Operand Item, bool IsData);

    public Value Evaluate(Expression expression) => ToValue(Take(expression));

    private Value ToValue(in Operand operand)
    {
        if (!operand.IsElement) return operand.Value;
        if (operand.Element.ValueKind == JsonValueKind.String) _steps -= JsonText.Length(operand.Element) / CharactersPerStep;
        return Value.FromJson(operand.Element);
    }

    private Operand Take(Expression expression)
    {
        if (--_steps < 0) return new(Value.Missing);

        return expression switch
        {
            Expression.Literal literal => new(literal.Value),
            Expression.Field field => TakeField(field),
            Expression.Variable variable => TakeVariable(variable.Name),
            Expression.Select select => SelectFrom(Take(select.Operand), select.Member),
            Expression.Index index => TakeIndex(index),
            Expression.Binary binary => new(EvaluateBinary(binary)),
            Expression.Not not => new(EvaluateNot(not)),
            Expression.Negate negate => new(EvaluateNegate(negate)),
            Expression.Has has => new(EvaluateHas(has)),
            Expression.Call call => new(EvaluateCall(call)),
            Expression.List list => new(EvaluateList(list)),
            Expression.Quantifier quantifier => new(EvaluateQuantifier(quantifier)),
            _ => throw new ArgumentOutOfRangeException(nameof(expression), expression, null),
        };
    }

    private readonly Operand TakeField(Expression.Field field)
    {
        var element = _scope.Resource;
        foreach (string name in field.Path)
        {
            if (element.ValueKind != JsonValueKind.Object || !JsonText.TryGetProperty(element, name, out element))
            {
                return new(Value.Missing);
            }
        }

        return field.IsTimestamp ? new(Value.FromJson(element, isTimestamp: true)) : new(element);
    }

    private readonly Operand TakeVariable(string name)
    {
        for (int i = _frameCount - 1; i >= 0; i--)
        {
            if (_frames![i].Name == name) return _frames[i].Item;
        }

        if (_scope.Variables is { } variables && variables.TryGetValue(name, out var value)) return new(value);
        if (name == "resource" && _scope.Resource.ValueKind != JsonValueKind.Undefined) return new(_scope.Resource);

        return new(Value.OfError($"There is no variable {name}."));
    }

    private static Operand SelectFrom(in Operand operand, string member)
    {
        if (operand.IsError) return operand;

        return operand.TryGetObject(out var map) && JsonText.TryGetProperty(map, member, out var value)
            ? new(value)
            : new(Value.Missing);
    }

    private Operand TakeIndex(Expression.Index index)
    {
        var operand = Take(index.Operand);
        var key = Evaluate(index.Key);
        if (operand.IsError) return operand;
        if (key.IsError) return new(key);
        if (key.Kind == ValueKind.String && operand.TryGetObject(out _)) return SelectFrom(operand, key.AsString);

        if (Position(key) is { } position)
        {
            if (operand.TryGetArray(out var array) && position < array.GetArrayLength())
            {
                _steps -= position / CharactersPerStep; // an array of arrays or objects is walked over
                return new(array[position]);
            }

            if (operand.TryGetValues(out var values) && position < values.Count)
            {
                return new(values[position]);
            }
        }

        return IsData(index)
            ? new(Value.Missing)
            : new(Value.OfError($"There is no item {key} in {ToValue(operand)}."));
    }

    /// <summary>CEL takes any number that is an integer for an index.</summary>
    private static int? Position(in Value key) => key.Kind switch
    {
        ValueKind.Int when key.AsInt is >= 0 and <= int.MaxValue => (int)key.AsInt,
        ValueKind.Uint when key.AsUint <= int.MaxValue => (int)key.AsUint,
        ValueKind.Double when key.AsDouble is >= 0 and <= int.MaxValue && double.IsInteger(key.AsDouble) => (int)key.AsDouble,
        _ => null,
    };

    private Value EvaluateBinary(Expression.Binary binary)
    {
        switch (binary.Operator)
        {
            case BinaryOperator.And: return EvaluateLogic(binary, decisive: false);
            case BinaryOperator.Or: return EvaluateLogic(binary, decisive: true);
            case BinaryOperator.In: return EvaluateIn(binary);
        }

        var left = Take(binary.Left);
        var right = Take(binary.Right);
        if (ErrorOf(left, right) is { } error) return error;
        if (left.IsMissing || right.IsMissing) return Value.Of(false);

        switch (binary.Operator)
        {
            case BinaryOperator.Equal: return Value.Of(Equal(left, right));
            case BinaryOperator.NotEqual: return Value.Of(!Equal(left, right));
        }

        if (!TryCompare(left, right, out int order)) return Unordered(binary, left, right);

        return Value.Of(binary.Operator switch
        {
            BinaryOperator.Less => order < 0,
            BinaryOperator.LessOrEqual => order <= 0,
            BinaryOperator.Greater => order > 0,
            _ => order >= 0,
        });
    }

    /// <summary>
    /// What decides (false for &amp;&amp;, true for ||) decides from either side, whatever the other side is,
    /// even an error (CEL's commutative logic).
    /// </summary>
    private Value EvaluateLogic(Expression.Binary binary, bool decisive)
    {
        var left = EvaluateBool(binary.Left);
        if (left.Kind == ValueKind.Bool && left.AsBool == decisive) return left;

        var right = EvaluateBool(binary.Right);
        if (right.Kind == ValueKind.Bool && right.AsBool == decisive) return right;

        return left.IsError ? left : right;
    }

    /// <summary>A bool or an error; a field that is missing or no bool counts as false, as <c>field == true</c> would.</summary>
    private Value EvaluateBool(Expression expression)
    {
        var operand = Take(expression);
        if (operand.IsElement) return Value.Of(operand.Element.ValueKind == JsonValueKind.True);
        if (operand.Value.Kind is ValueKind.Bool or ValueKind.Error) return operand.Value;

        return operand.Value.IsMissing || IsData(expression)
            ? Value.Of(false)
            : Value.OfError($"{operand.Value} is neither true nor false.");
    }

    private Value EvaluateNot(Expression.Not not)
    {
        var value = EvaluateBool(not.Operand);
        return value.IsError ? value : Value.Of(!value.AsBool);
    }

    private Value EvaluateNegate(Expression.Negate negate)
    {
        var value = Evaluate(negate.Operand);
        switch (value.Kind)
        {
            case ValueKind.Int when value.AsInt != long.MinValue: return Value.Of(-value.AsInt);
            case ValueKind.Double: return Value.Of(-value.AsDouble);
            case ValueKind.Error: return value;
            default:
                return value.IsMissing || IsData(negate.Operand)
                    ? Value.Missing
                    : Value.OfError($"{value} has no negative in 64 bits; '-' takes a number.");
        }
    }

    private Value EvaluateHas(Expression.Has has)
    {
        var operand = Take(has.Operand);
        return operand.IsError ? operand.Value : Value.Of(!operand.IsMissing);
    }

    private Value EvaluateList(Expression.List list)
    {
        var values = new Value[list.Items.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Evaluate(list.Items[i]);
            if (values[i].IsError || values[i].IsMissing) return values[i];
        }

        return Value.OfList(values);
    }

    private Value EvaluateIn(Expression.Binary binary)
    {
        var item = Take(binary.Left);
        if (binary.Right is Expression.List literals) return IsAnyOf(item, literals);

        var range = Take(binary.Right);
        if (ErrorOf(item, range) is { } error) return error;
        if (item.IsMissing || range.IsMissing) return Value.Of(false);

        if (range.TryGetArray(out var array))
        {
            foreach (var other in array.EnumerateArray())
            {
                if (Equal(item, new(other))) return Value.Of(true);
                if (IsExhausted) break;
            }

            return Value.Of(false);
        }

        if (range.TryGetObject(out var map))
        {
            var name = ToValue(item);
            return Value.Of(name.Kind == ValueKind.String && JsonText.TryGetProperty(map, name.AsString, out _));
        }

        if (range.TryGetValues(out var values))
        {
            foreach (var value in values)
            {
                if (Equal(item, new(value))) return Value.Of(true);
            }

            return Value.Of(false);
        }

        return IsData(binary.Right) ? Value.Of(false) : Value.OfError($"{ToValue(range)} is no list; 'in' looks into one.");
    }

    /// <summary>The same as a chain of <c>==</c> with <c>||</c>, without making a list.</summary>
    private Value IsAnyOf(in Operand item, Expression.List list)
    {
        if (item.IsError) return item.Value;

        Value? error = null;
        foreach (var expression in list.Items)
        {
            var other = Take(expression);
            if (other.IsError) error ??= other.Value;
            else if (!item.IsMissing && !other.IsMissing && Equal(item, other)) return Value.Of(true);
        }

        return error ?? Value.Of(false);
    }

    private Value EvaluateQuantifier(Expression.Quantifier quantifier)
    {
        var range = Take(quantifier.Range);
        bool isData = IsData(quantifier.Range);
        if (range.IsError) return range.Value;

        // "all" is decided by a false body and "exists" by a true one, whatever other items give, even errors.
        bool decisive = !quantifier.IsAll;
        Value? error = null;
        int frame = Push(quantifier.Item, isData);
        if (range.TryGetArray(out var array))
        {
            foreach (var item in array.EnumerateArray())
            {
                if (Decides(quantifier, frame, new(item), decisive, ref error)) break;
            }
        }
        else if (range.TryGetObject(out var map))
        {
            foreach (var property in map.EnumerateObject())
            {
                if (Decides(quantifier, frame, new(Value.Of(JsonText.Name(property))), decisive, ref error)) break;
            }
        }
        else if (range.TryGetValues(out var values))
        {
            foreach (var value in values)
            {
                if (Decides(quantifier, frame, new(value), decisive, ref error)) break;
            }
        }
        else
        {
            error = range.IsMissing || isData ? Value.Of(false) : Value.OfError($"{ToValue(range)} is no list.");
        }

        _frameCount--;
        return error ?? Value.Of(!decisive);
    }

    /// <param name="result">The value that decides, else the first error, else null.</param>
    /// <returns>Whether there is nothing more to look at.</returns>
    private bool Decides(Expression.Quantifier quantifier, int frame, in Operand item, bool decisive, ref Value? result)
    {
        _frames![frame] = _frames[frame] with { Item = item };
        var value = EvaluateBool(quantifier.Body);
        if (value.IsError)
        {
            result ??= value;
            return IsExhausted;
        }

        if (value.AsBool != decisive) return IsExhausted;

        result = value;
        return true;
    }

    private int Push(string name, bool isData)
    {
        _frames ??= new Frame[4];
        if (_frameCount == _frames.Length) Array.Resize(ref _frames, _frameCount * 2);
        _frames[_frameCount] = new(name, default, isData);
        return _frameCount++;
    }

    private Value EvaluateCall(Expression.Call call)
    {
        var first = Evaluate(call.Arguments[0]);
        if (first.IsError) return first;
        if (first.Kind == ValueKind.String) _steps -= first.AsString.Length / CharactersPerStep;

        switch (call.Function)
        {
            case Function.Size: return Size(call, first);
            case Function.Timestamp: return Timestamp(call, first);
            case Function.Duration: return Duration(call, first);
        }

        var second = Evaluate(call.Arguments[1]);
        if (second.IsError) return second;

        if (first.Kind != ValueKind.String || second.Kind != ValueKind.String)
        {
            return IsUnfit(call.Arguments[0], first) || IsUnfit(call.Arguments[1], second)
                ? Value.Of(false)
                : Value.OfError($"{Functions.Form(call.Function).Name} takes text.");
        }

        _steps -= call.Function switch
        {
            // At worst a search compares all of the text sought at every place.
            Function.Contains => first.AsString.Length / CharactersPerStep * (second.AsString.Length / CharactersPerStep),
            Function.Matches => first.AsString.Length / CharactersMatchedPerStep,
            _ => 0,
        };
        if (IsExhausted) return Value.Missing;

        return call.Function switch
        {
            Function.StartsWith => Value.Of(first.AsString.StartsWith(second.AsString, StringComparison.Ordinal)),
            Function.EndsWith => Value.Of(first.AsString.EndsWith(second.AsString, StringComparison.Ordinal)),
            Function.Contains => Value.Of(first.AsString.Contains(second.AsString, StringComparison.Ordinal)),
            Function.Matches => Matches(call, first.AsString, second.AsString),
            _ => throw new ArgumentOutOfRangeException(nameof(call), call.Function, null),
        };
    }

    /// <summary>Whether the value is data, or not there, and no text: then the answer is false, not an error.</summary>
    private readonly bool IsUnfit(Expression expression, in Value value) =>
        value.Kind != ValueKind.String && (value.IsMissing || IsData(expression));

    private readonly Value Matches(Expression.Call call, string text, string pattern)
    {
        var found = TextPattern.Find(pattern);
        if (found.Error is { } error) return IsData(call.Arguments[1]) ? Value.Of(false) : Value.OfError(error);

        return found.IsMatch(text) is { } isMatch ? Value.Of(isMatch) : Value.OfError("The pattern takes too long.");
    }

    private readonly Value Size(Expression.Call call, in Value value) => value.Kind switch
    {
        ValueKind.String => Value.Of((long)CountCodePoints(value.AsString)),
        ValueKind.Bytes => Value.Of((long)value.AsBytes.Length),
        ValueKind.List or ValueKind.Map => Value.Of((long)value.Count),
        _ => Unfit(call, value, "size takes text, bytes, a list or a map."),
    };

    private static int CountCodePoints(string text)
    {
        int count = 0;
        foreach (var _ in text.EnumerateRunes()) count++;
        return count;
    }

    private readonly Value Timestamp(Expression.Call call, in Value value)
    {
        // The seconds of the years 0001 to 9999 (CEL), counted from 1970.
        const long secondsMin = -62_135_596_800;
        const long secondsMax = 253_402_300_799;

        switch (value.Kind)
        {
            case ValueKind.Timestamp: return value;
            case ValueKind.String when TimestampText.TryParse(value.AsString, out long ticks): return Value.OfTicks(ticks);
            case ValueKind.Int when value.AsInt is >= secondsMin and <= secondsMax:
                return Value.OfTicks(DateTime.UnixEpoch.Ticks + value.AsInt * TimeSpan.TicksPerSecond);
            default:
                return Unfit(call, value, $"{value} is no time; write it as RFC 3339 has it: \"2024-05-01T10:00:00Z\".");
        }
    }

    private readonly Value Duration(Expression.Call call, in Value value)
    {
        switch (value.Kind)
        {
            case ValueKind.Duration: return value;
            case ValueKind.String when DurationText.TryParse(value.AsString, out long ticks):
                return Value.Of(new TimeSpan(ticks));
            default:
                return Unfit(
                    call, value, $"{value} is no duration of at most 10,000 years; write it as \"1h30m\", \"1.5s\" or \"250ms\".");
        }
    }

    private readonly Value Unfit(Expression.Call call, in Value value, string message) =>
        value.IsMissing || IsData(call.Arguments[0]) ? Value.Missing : Value.OfError(message);

    private Value Unordered(Expression.Binary binary, in Operand left, in Operand right)
    {
        if (IsData(binary.Left) || IsData(binary.Right)) return Value.Of(false);

        var a = ToValue(left);
        var b = ToValue(right);
        return a.IsNumber && b.IsNumber // NaN
            ? Value.Of(false)
            : Value.OfError($"{a} and {b} have no order.");
    }

    private bool Equal(in Operand left, in Operand right)
    {
        if (!TryTextPair(left, right, out var element, out string? text))
        {
            return ValueComparison.Equal(ToValue(left), ToValue(right), ref _steps);
        }

        _steps -= 1 + text.Length / CharactersPerStep;
        return element.ValueKind == JsonValueKind.String && JsonText.Equal(element, text);
    }

    private bool TryCompare(in Operand left, in Operand right, out int order)
    {
        if (TryTextPair(left, right, out var element, out string? text)
            && element.ValueKind == JsonValueKind.String
            && text.Length <= LiteralLengthMax
            && JsonText.TryGetUtf8(element, out var utf8))
        {
            Span<byte> buffer = stackalloc byte[LiteralLengthMax * 3];
            int length = Encoding.UTF8.GetBytes(text, buffer);
            order = utf8.SequenceCompareTo(buffer[..length]) * (left.IsElement ? 1 : -1);
            return true;
        }

        return ValueComparison.TryCompare(ToValue(left), ToValue(right), out order);
    }

    /// <summary>Whether one side is JSON and the other is text, which are compared without a copy.</summary>
    private static bool TryTextPair(
        in Operand left, in Operand right, out JsonElement element, [NotNullWhen(true)] out string? text)
    {
        var (json, other) = left.IsElement ? (left, right) : (right, left);
        bool isPair = json.IsElement && other is { IsElement: false, Value.Kind: ValueKind.String };
        element = json.Element;
        text = isPair ? other.Value.AsString : null;
        return isPair;
    }

    private static Value? ErrorOf(in Operand left, in Operand right)
    {
        if (left.IsError) return left.Value;
        return right.IsError ? right.Value : null;
    }

    /// <summary>See the remarks of this type. Only asked when something does not fit.</summary>
    private readonly bool IsData(Expression expression)
    {
        while (true)
        {
            switch (expression)
            {
                case Expression.Field: return true;
                case Expression.Variable variable: return IsDataItem(variable.Name);
                case Expression.Negate negate: expression = negate.Operand; break;
                case Expression.Call { Function: Function.Size or Function.Timestamp or Function.Duration } call:
                    expression = call.Arguments[0];
                    break;
                case Expression.Select select:
                    if (select.Operand is Expression.Variable) return true;
                    expression = select.Operand;
                    break;
                case Expression.Index index:
                    if (index.Operand is Expression.Variable) return true;
                    expression = index.Operand;
                    break;
                default: return false;
            }
        }
    }

    private readonly bool IsDataItem(string name)
    {
        for (int i = _frameCount - 1; i >= 0; i--)
        {
            if (_frames![i].Name == name) return _frames[i].IsData;
        }

        return false;
    }
}
