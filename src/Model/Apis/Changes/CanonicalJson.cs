using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Stateway.Model.Apis.Changes;

/// <summary>JSON as a text that is the same for values that are: members by name, numbers without needless zeros.</summary>
internal static class CanonicalJson
{
    private static readonly JsonSerializerOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }; // to be read by people

    /// <param name="skip">Members to leave out, at any depth.</param>
    public static string Of(JsonElement value, Func<string, bool>? skip = null)
    {
        var text = new StringBuilder();
        Write(value, text, skip);
        return text.ToString();
    }

    private static void Write(JsonElement value, StringBuilder text, Func<string, bool>? skip)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                text.Append('{');
                foreach (var member in value.EnumerateObject().OrderBy(member => member.Name, StringComparer.Ordinal))
                {
                    if (skip?.Invoke(member.Name) == true) continue;
                    if (text[^1] != '{') text.Append(',');
                    text.Append(JsonSerializer.Serialize(member.Name, Options)).Append(':');
                    Write(member.Value, text, skip);
                }

                text.Append('}');
                break;

            case JsonValueKind.Array:
                text.Append('[');
                foreach (var item in value.EnumerateArray())
                {
                    if (text[^1] != '[') text.Append(',');
                    Write(item, text, skip);
                }

                text.Append(']');
                break;

            case JsonValueKind.Number:
                text.Append(Number(value.GetRawText()));
                break;

            case JsonValueKind.String:
                text.Append(JsonSerializer.Serialize(value.GetString(), Options));
                break;

            default:
                text.Append(value.GetRawText());
                break;
        }
    }

    /// <summary>Numbers beyond decimal's range stay as they are written.</summary>
    private static string Number(string written) =>
        decimal.TryParse(written, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number) && (number != 0 || IsZero(written))
            ? number.ToString("0.############################", CultureInfo.InvariantCulture)
            : written;

    // 1e-40 is 0 as a decimal, and not 0.
    private static bool IsZero(string written)
    {
        int exponent = written.AsSpan().IndexOfAny('e', 'E');
        return written.AsSpan(0, exponent < 0 ? written.Length : exponent).IndexOfAnyInRange('1', '9') < 0;
    }
}
