using System.Collections.Immutable;
using System.Text;
using Stateway.Model.Expressions;

namespace Stateway.Store.Columns;

/// <summary>
/// Says over the columns of indexed fields what <see cref="Evaluation"/> says over the JSON. For each
/// node and each outcome there is a condition that holds wherever the node has this outcome; it is exact
/// when it holds nowhere else. What has no column becomes "always", which is never wrong, only not exact.
/// </summary>
/// <param name="textBytesMax">Of a literal, in UTF-8, that a column can be compared with: where an engine cuts longer texts.</param>
internal sealed class FilterCompiler(Func<string, FieldColumn?> findReady, int textBytesMax = int.MaxValue)
{
    private static readonly Compiled _unknown = new(new ColumnCondition.Always(), IsExact: false);

    /// <param name="isTrue">The outcome asked for: true, or false. An error is neither.</param>
    public Compiled Compile(Expression expression, bool isTrue)
    {
        switch (expression)
        {
            case Expression.Binary { Operator: BinaryOperator.And or BinaryOperator.Or } logic:
                // "a && b" is true where both are, and false where one of them is.
                var left = Compile(logic.Left, isTrue);
                var right = Compile(logic.Right, isTrue);
                return (logic.Operator == BinaryOperator.And) == isTrue
                    ? new(ColumnCondition.And(left.Condition, right.Condition), left.IsExact && right.IsExact)
                    : new(ColumnCondition.Or(left.Condition, right.Condition), left.IsExact && right.IsExact);

            case Expression.Not not:
                return Compile(not.Operand, !isTrue);

            case var constant when ConstantExpressions.IsConstant(constant):
                var value = Evaluation.Evaluate(constant, default);
                if (value.Kind != ValueKind.Bool) return _unknown;
                return Exact(value.AsBool == isTrue ? new ColumnCondition.Always() : new ColumnCondition.Never());

            case Expression.Field field:
                // A field that is not a bool counts as false.
                return ColumnOf(field) is { } flag ? Points(flag, [ColumnValue.True], isTrue) : _unknown;

            case Expression.Has { Operand: Expression.Field field } when ColumnOf(field) is { } column:
                return isTrue
                    ? Exact(new ColumnCondition.Range(column, new(ColumnValue.Missing, false), null))
                    : Points(column, [ColumnValue.Missing], true);

            case Expression.Binary { Operator: BinaryOperator.In, Left: Expression.Field field, Right: Expression.List list }:
                return ColumnOf(field) is { } listed ? In(listed, list, isTrue) : _unknown;

            case Expression.Binary { Left: Expression.Field field } binary when ConstantExpressions.IsConstant(binary.Right):
                return Comparison(field, binary.Operator, binary.Right, isTrue);

            case Expression.Binary { Right: Expression.Field field } binary when ConstantExpressions.IsConstant(binary.Left):
                return Comparison(field, Mirror(binary.Operator), binary.Left, isTrue);

            case Expression.Call { Function: Function.StartsWith, Arguments: [Expression.Field field, var prefix] }
                when ConstantExpressions.IsConstant(prefix):
                return StartsWith(field, prefix, isTrue);

            default:
                return _unknown;
        }
    }

    private Compiled Comparison(Expression.Field field, BinaryOperator comparison, Expression other, bool isTrue)
    {
        if (comparison == BinaryOperator.In || ColumnOf(field) is not { } column) return _unknown;
        if (Literal(column, other) is not { } literal) return _unknown;

        switch (comparison)
        {
            case BinaryOperator.Equal: return Points(column, [literal], isTrue);

            // Also the comparison of a missing field is false.
            case BinaryOperator.NotEqual: return Points(column, [literal, ColumnValue.Missing], !isTrue);
        }

        switch (literal.Kind)
        {
            case ColumnKind.Integer or ColumnKind.Real:
                return Range(column, comparison, literal, new(ColumnValue.Missing, false), new(ColumnValue.Of(""), false), isTrue);
            case ColumnKind.Text:
                return Range(column, comparison, literal, new(ColumnValue.Of(""), true), new(ColumnValue.Null, false), isTrue);
            case ColumnKind.False or ColumnKind.True:
                return Points(column, BoolsThat(comparison, literal.Kind == ColumnKind.True), isTrue);
            default:
                return Points(column, [], isTrue); // null has no order
        }
    }

    /// <param name="first">Where the values of the literal's type begin.</param>
    /// <param name="last">Where they end.</param>
    private static Compiled Range(
        FieldColumn column, BinaryOperator comparison, ColumnValue literal, Bound first, Bound last, bool isTrue)
    {
        var (low, high) = comparison switch
        {
            BinaryOperator.Less => (first, new Bound(literal, false)),
            BinaryOperator.LessOrEqual => (first, new Bound(literal, true)),
            BinaryOperator.Greater => (new Bound(literal, false), last),
            _ => (new Bound(literal, true), last),
        };

        return Between(column, low, high, isTrue);
    }

    private static Compiled Between(FieldColumn column, Bound low, Bound high, bool isTrue) =>
        Exact(isTrue
            ? new ColumnCondition.Range(column, low, high)
            : ColumnCondition.Or(
                new ColumnCondition.Range(column, null, new(low.Value, !low.IsIncluded)),
                new ColumnCondition.Range(column, new(high.Value, !high.IsIncluded), null)));

    private Compiled In(FieldColumn column, Expression.List list, bool isTrue)
    {
        var values = ImmutableArray.CreateBuilder<ColumnValue>(list.Items.Length);
        foreach (var item in list.Items)
        {
            if (!ConstantExpressions.IsConstant(item) || Literal(column, item) is not { } literal) return _unknown;
            values.Add(literal);
        }

        return Points(column, values.DrainToImmutable(), isTrue);
    }

    private Compiled StartsWith(Expression.Field field, Expression prefix, bool isTrue)
    {
        if (ColumnOf(field) is not { } column || column.Field.IsTimestamp) return _unknown;

        var value = Evaluation.Evaluate(prefix, default);
        if (value.Kind != ValueKind.String || !IsWellFormed(value.AsString)) return _unknown;

        byte[] first = Encoding.UTF8.GetBytes(value.AsString);
        if (first.Length > textBytesMax) return _unknown;

        var high = first.Length == 0 ? ColumnValue.Null : ColumnValue.Of(BehindPrefix(first));
        return Between(column, new(ColumnValue.Of(first), true), new(high, false), isTrue);
    }

    /// <summary>The first bytes behind all that begin with the prefix. No byte of UTF-8 is 0xFF, so the last one can grow.</summary>
    private static byte[] BehindPrefix(byte[] prefix)
    {
        byte[] behind = [.. prefix];
        behind[^1]++;
        return behind;
    }

    private static Compiled Points(FieldColumn column, ImmutableArray<ColumnValue> values, bool isTrue)
    {
        if (values.IsEmpty) return Exact(isTrue ? new ColumnCondition.Never() : new ColumnCondition.Always());
        return Exact(new ColumnCondition.Points(column, values, IsNegated: !isTrue));
    }

    private static ImmutableArray<ColumnValue> BoolsThat(BinaryOperator comparison, bool literal) => (comparison, literal) switch
    {
        (BinaryOperator.Less, true) => [ColumnValue.False],
        (BinaryOperator.Less, false) => [],
        (BinaryOperator.LessOrEqual, true) => [ColumnValue.False, ColumnValue.True],
        (BinaryOperator.LessOrEqual, false) => [ColumnValue.False],
        (BinaryOperator.Greater, true) => [],
        (BinaryOperator.Greater, false) => [ColumnValue.True],
        (_, true) => [ColumnValue.True],
        (_, false) => [ColumnValue.False, ColumnValue.True],
    };

    /// <returns>Null unless the column tells exactly which fields equal the constant, and which lie on either side of it.</returns>
    private ColumnValue? Literal(FieldColumn column, Expression constant)
    {
        var value = Evaluation.Evaluate(constant, default);
        bool isTimestamp = column.Field.IsTimestamp;
        bool isExact = value.Kind switch
        {
            ValueKind.Null or ValueKind.Bool => true,
            ValueKind.Int => !isTimestamp, // numbers in a timestamp field are not told apart
            ValueKind.Uint => !isTimestamp && value.AsUint <= long.MaxValue,
            ValueKind.Double => !isTimestamp && value.AsDouble > double.MinValue, // which -1e999 is kept as
            ValueKind.Timestamp => isTimestamp,

            // In a timestamp field only text that is no time is text.
            ValueKind.String => IsWellFormed(value.AsString)
                && Encoding.UTF8.GetByteCount(value.AsString) <= textBytesMax
                && !(isTimestamp && TimestampText.TryParse(value.AsString, out _)),
            _ => false,
        };

        return isExact ? ColumnValue.Of(value, isTimestamp) : null;
    }

    /// <summary>No halves of characters, which UTF-8 has no bytes for.</summary>
    private static bool IsWellFormed(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1])) return false;
            i++;
        }

        return true;
    }

    private FieldColumn? ColumnOf(Expression.Field field)
    {
        // Names may contain dots when written as an index, so the path is compared, not only its text.
        var column = findReady(string.Join('.', field.Path));
        return column is not null
            && column.Field.IsTimestamp == field.IsTimestamp
            && column.Field.Path.AsSpan().SequenceEqual(field.Path.AsSpan()) ? column : null;
    }

    private static BinaryOperator Mirror(BinaryOperator comparison) => comparison switch
    {
        BinaryOperator.Less => BinaryOperator.Greater,
        BinaryOperator.LessOrEqual => BinaryOperator.GreaterOrEqual,
        BinaryOperator.Greater => BinaryOperator.Less,
        BinaryOperator.GreaterOrEqual => BinaryOperator.LessOrEqual,
        var itself => itself,
    };

    private static Compiled Exact(ColumnCondition condition) => new(condition, IsExact: true);
}

/// <param name="Condition">Holds wherever the node has the outcome asked for.</param>
/// <param name="IsExact">And nowhere else.</param>
internal readonly record struct Compiled(ColumnCondition Condition, bool IsExact);
