using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Primitives;
using Stateway.Model.Apis;
using Stateway.Model.Schemas;

namespace Stateway.Gateway.Validation;

/// <summary>
/// Turns a parameter's text into the JSON that its schema is about, by OpenAPI's <c>style</c> and <c>explode</c>
/// (OpenAPI 3.1, section 4.8.12). Text that does not look like the declared type stays a string, so that the schema
/// says what is wrong with it.
/// </summary>
internal static class ParameterReader
{
    /// <returns>False when the request does not have the parameter.</returns>
    public static bool TryRead(Exchange exchange, ParameterSpec parameter, IBufferWriter<byte> json)
    {
        if (IsObject(parameter) && parameter is { In: "query", IsJson: false } && (parameter.Style == "deepObject" || parameter.Explode))
            return TryReadSpreadObject(exchange, parameter, json);

        var values = parameter.In switch
        {
            "path" => new StringValues(exchange.Match.Value(parameter.Name)),
            "query" => exchange.Request.Query[parameter.Name],
            "header" => exchange.Request.Headers[parameter.Name],
            _ => new StringValues(exchange.Request.Cookies[parameter.Name]),
        };
        if (values.Count == 0 || values[0] is null) return false;

        if (parameter.IsJson)
        {
            json.Write(Encoding.UTF8.GetBytes(values[0]!));
            return true;
        }

        using var writer = new Utf8JsonWriter(json, new() { SkipValidation = true });
        if (IsArray(parameter)) WriteArray(writer, parameter, values);
        else if (IsObject(parameter)) WriteObject(writer, parameter, values.ToString());
        else WriteScalar(writer, parameter.In == "header" ? values.ToString() : values[0]!, parameter.Shape);
        return true;
    }

    private static bool IsArray(ParameterSpec parameter) => parameter.Shape.Types is ShapeTypes.Array or (ShapeTypes.Array | ShapeTypes.Null);

    private static bool IsObject(ParameterSpec parameter) => parameter.Shape.Types is ShapeTypes.Object or (ShapeTypes.Object | ShapeTypes.Null);

    private static void WriteArray(Utf8JsonWriter writer, ParameterSpec parameter, StringValues values)
    {
        var items = parameter.Shape.Items ?? Shape.Any;
        writer.WriteStartArray();
        foreach (string? value in values)
        {
            if (parameter is { Explode: true, In: "query" or "cookie" })
            {
                WriteScalar(writer, value!, items);
                continue;
            }

            char separator = parameter.Style switch { "spaceDelimited" => ' ', "pipeDelimited" => '|', _ => ',' };
            if (value!.Length == 0) continue;
            foreach (string part in value.Split(separator, parameter.In == "header" ? StringSplitOptions.TrimEntries : StringSplitOptions.None))
                WriteScalar(writer, part, items);
        }

        writer.WriteEndArray();
    }

    /// <summary><c>a=1,b=2</c> when exploded, else <c>a,1,b,2</c>.</summary>
    private static void WriteObject(Utf8JsonWriter writer, ParameterSpec parameter, string text)
    {
        string[] parts = text.Split(',');
        writer.WriteStartObject();
        for (int i = 0; i < parts.Length; i++)
        {
            int equals = parts[i].IndexOf('=');
            string name = parameter.Explode && equals >= 0 ? parts[i][..equals] : parts[i];
            string value = parameter.Explode ? (equals < 0 ? "" : parts[i][(equals + 1)..]) : ++i < parts.Length ? parts[i] : "";
            writer.WritePropertyName(name);
            WriteScalar(writer, value, parameter.Shape.Property(name) ?? Shape.Any);
        }

        writer.WriteEndObject();
    }

    /// <summary><c>name[a]=1&amp;name[b]=2</c> (deepObject), or <c>a=1&amp;b=2</c> for the properties that the schema names.</summary>
    private static bool TryReadSpreadObject(Exchange exchange, ParameterSpec parameter, IBufferWriter<byte> json)
    {
        using var writer = new Utf8JsonWriter(json, new() { SkipValidation = true });
        bool any = false;
        writer.WriteStartObject();
        foreach (var (key, value) in exchange.Request.Query)
        {
            string name = key;
            if (parameter.Style == "deepObject")
            {
                if (!key.StartsWith(parameter.Name + "[", StringComparison.Ordinal) || key[^1] != ']') continue;
                name = key[(parameter.Name.Length + 1)..^1];
            }
            else if (parameter.Shape.Property(key) is null)
            {
                continue;
            }

            any = true;
            writer.WritePropertyName(name);
            WriteScalar(writer, value.ToString(), parameter.Shape.Property(name) ?? Shape.Any);
        }

        writer.WriteEndObject();
        return any;
    }

    private static void WriteScalar(Utf8JsonWriter writer, string text, Shape shape)
    {
        bool isNumber = (shape.Types & ShapeTypes.Number) != 0 && IsJsonNumber(text);
        bool isBool = (shape.Types & ShapeTypes.Boolean) != 0 && text is "true" or "false";
        if (shape.Types != ShapeTypes.Any && (isNumber || isBool)) writer.WriteRawValue(text, skipInputValidation: true);
        else writer.WriteStringValue(text);
    }

    internal static bool IsJsonNumber(string text)
    {
        if (text.Length is 0 or > 100 || (text[0] != '-' && !char.IsAsciiDigit(text[0]))) return false;

        Span<byte> utf8 = stackalloc byte[300];
        var reader = new Utf8JsonReader(utf8[..Encoding.UTF8.GetBytes(text, utf8)], isFinalBlock: true, default);
        try
        {
            return reader.Read() && reader.TokenType == JsonTokenType.Number && !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
