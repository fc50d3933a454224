using System.Globalization;
using System.Text;
using Stateway.Model.Expressions;

namespace Stateway.Fast.Tests.Expressions;

/// <summary>Trees as text: as an expression that parses to the same tree, and as a form in which two trees compare.</summary>
internal static class ExpressionText
{
    private const int OrLevel = 1, AndLevel = 2, RelationLevel = 3, UnaryLevel = 4, PostfixLevel = 5;

    public static string Print(Expression expression, int level = OrLevel)
    {
        var (text, own) = expression switch
        {
            Expression.Literal literal => (Literal(literal.Value), PostfixLevel),
            Expression.Variable variable => (variable.Name, PostfixLevel),
            Expression.Field field => (string.Join('.', field.Path), PostfixLevel),
            Expression.Select select => ($"{Print(select.Operand, PostfixLevel)}.{select.Member}", PostfixLevel),
            Expression.Index index => ($"{Print(index.Operand, PostfixLevel)}[{Print(index.Key)}]", PostfixLevel),
            Expression.Has { Operand: Expression.Select { Member: var member, Operand: var operand } } =>
                ($"has({Print(operand, PostfixLevel)}[{Text(member)}])", PostfixLevel),
            Expression.Has has => ($"has({Print(has.Operand)})", PostfixLevel),
            Expression.Not not => ($"!{Print(not.Operand, UnaryLevel)}", UnaryLevel),

            // Without the parentheses a number would take the sign.
            Expression.Negate negate => ($"-({Print(negate.Operand)})", UnaryLevel),
            Expression.Binary binary => Binary(binary),
            Expression.Call { Function: Function.Timestamp or Function.Duration or Function.Size } call =>
                ($"{Name(call.Function)}({Print(call.Arguments[0])})", PostfixLevel),
            Expression.Call call => ($"{Print(call.Arguments[0], PostfixLevel)}.{Name(call.Function)}({Print(call.Arguments[1])})", PostfixLevel),
            Expression.List list => ($"[{string.Join(", ", list.Items.Select(item => Print(item)))}]", PostfixLevel),
            Expression.Quantifier q =>
                ($"{Print(q.Range, PostfixLevel)}.{(q.IsAll ? "all" : "exists")}({q.Item}, {Print(q.Body)})", PostfixLevel),
            _ => throw new ArgumentOutOfRangeException(nameof(expression)),
        };
        return own < level ? $"({text})" : text;
    }

    /// <summary>The tree without positions: <c>(Less (Field price) 10)</c>.</summary>
    public static string Tree(Expression expression) => expression switch
    {
        Expression.Literal { Value: var value } => value.Kind switch
        {
            ValueKind.String => value.ToString(),
            ValueKind.Double => $"Double:{BitConverter.DoubleToInt64Bits(value.AsDouble):x}",
            _ => $"{value.Kind}:{value}",
        },
        Expression.Variable variable => variable.Name,
        Expression.Field field => $"(Field{(field.IsTimestamp ? " time" : "")} {string.Join('/', field.Path)})",
        Expression.Select select => $"(Select {Tree(select.Operand)} {select.Member})",
        Expression.Index index => $"(Index {Tree(index.Operand)} {Tree(index.Key)})",
        Expression.Has has => $"(Has {Tree(has.Operand)})",
        Expression.Not not => $"(Not {Tree(not.Operand)})",
        Expression.Negate negate => $"(Negate {Tree(negate.Operand)})",
        Expression.Binary binary => $"({binary.Operator} {Tree(binary.Left)} {Tree(binary.Right)})",
        Expression.Call call => $"({call.Function} {string.Join(' ', call.Arguments.Select(Tree))})",
        Expression.List list => $"[{string.Join(' ', list.Items.Select(Tree))}]",
        Expression.Quantifier q => $"({(q.IsAll ? "All" : "Exists")} {q.Item} {Tree(q.Range)} {Tree(q.Body)})",
        _ => throw new ArgumentOutOfRangeException(nameof(expression)),
    };

    private static (string, int) Binary(Expression.Binary binary)
    {
        var (symbol, level) = binary.Operator switch
        {
            BinaryOperator.Or => ("||", OrLevel),
            BinaryOperator.And => ("&&", AndLevel),
            BinaryOperator.Equal => ("==", RelationLevel),
            BinaryOperator.NotEqual => ("!=", RelationLevel),
            BinaryOperator.Less => ("<", RelationLevel),
            BinaryOperator.LessOrEqual => ("<=", RelationLevel),
            BinaryOperator.Greater => (">", RelationLevel),
            BinaryOperator.GreaterOrEqual => (">=", RelationLevel),
            _ => ("in", RelationLevel),
        };
        return ($"{Print(binary.Left, level)} {symbol} {Print(binary.Right, level + 1)}", level);
    }

    private static string Name(Function function) => char.ToLowerInvariant(function.ToString()[0]) + function.ToString()[1..];

    private static string Literal(Value value) => value.Kind switch
    {
        ValueKind.Uint => value.AsUint.ToString(CultureInfo.InvariantCulture) + "u",
        ValueKind.Double => Double(value.AsDouble),
        ValueKind.String => Text(value.AsString),
        ValueKind.Bytes => $"b\"{string.Concat(value.AsBytes.Select(b => $"\\x{b:x2}"))}\"",
        _ => value.ToString(),
    };

    private static string Double(double value)
    {
        string text = value.ToString("R", CultureInfo.InvariantCulture);
        return text.AsSpan().ContainsAny('.', 'E') ? text : text + ".0";
    }

    private static string Text(string value)
    {
        var text = new StringBuilder("\"");
        foreach (char c in value)
        {
            text.Append(c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                _ => c.ToString(),
            });
        }

        return text.Append('"').ToString();
    }
}
