using System.Text;
using Stateway.Model.Schemas;

namespace Stateway.Gateway.Content.Xml;

/// <summary>Text of XML as a JSON scalar.</summary>
internal static class XmlScalar
{
    /// <summary>
    /// Writes what the text is where nothing is said: a string where the shape has strings; else a number or a boolean that
    /// the shape has; else an empty object or array that it has; else a string, which the schema will refuse.
    /// </summary>
    public static void WriteInferred(ByteBuffer json, XmlNode node, ReadOnlySpan<char> text, bool isAttribute)
    {
        if (!node.Has(ShapeTypes.String))
        {
            if (node.Has(ShapeTypes.Number) && TryWriteNumber(json, text)) return;
            if (node.Has(ShapeTypes.Boolean) && TryWriteBoolean(json, text)) return;
            if (!isAttribute && node.Has(ShapeTypes.Object | ShapeTypes.Array) && IsBlank(text))
            {
                json.Append(node.Has(ShapeTypes.Object) ? "{}"u8 : "[]"u8);
                return;
            }
        }

        JsonText.WriteString(json, text);
    }

    public static bool TryWriteNumber(ByteBuffer json, ReadOnlySpan<char> text)
    {
        text = Trim(text);
        if (!JsonText.IsNumber(text)) return false;

        json.Advance(Encoding.ASCII.GetBytes(text, json.GetSpan(text.Length)));
        return true;
    }

    /// <summary>The four texts of XML Schema's <c>boolean</c>.</summary>
    public static bool TryWriteBoolean(ByteBuffer json, ReadOnlySpan<char> text)
    {
        bool isTrue = IsTrue(text);
        if (!isTrue && Trim(text) is not ("false" or "0")) return false;

        json.Append(isTrue ? "true"u8 : "false"u8);
        return true;
    }

    public static bool IsTrue(ReadOnlySpan<char> text) => Trim(text) is "true" or "1";

    public static bool IsBlank(ReadOnlySpan<char> text) => Trim(text).IsEmpty;

    private static ReadOnlySpan<char> Trim(ReadOnlySpan<char> text) => text.Trim(" \t\r\n");
}
