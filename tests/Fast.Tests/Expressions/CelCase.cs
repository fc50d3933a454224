using System.Globalization;
using System.Text.Json;
using Stateway.Model.Expressions;

namespace Stateway.Fast.Tests.Expressions;

/// <summary>One case of CEL's own conformance suite.</summary>
internal sealed record CelCase(string Name, string Text, JsonElement Case)
{
    public bool IsError => Case.TryGetProperty("error", out _);

    public static IReadOnlyList<CelCase> Read(string folder)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "cases.json")));
        return
        [
            .. document.RootElement.EnumerateArray().Select(item => new CelCase(
                $"{item.GetProperty("file")}/{item.GetProperty("section")}/{item.GetProperty("name")}",
                item.GetProperty("expr").GetString()!,
                item.Clone())),
        ];
    }

    /// <returns>Null when a binding is of a kind that has no value here.</returns>
    public IReadOnlyDictionary<string, Value>? Bindings()
    {
        var values = new Dictionary<string, Value>();
        if (!Case.TryGetProperty("bindings", out var bindings)) return values;

        foreach (var binding in bindings.EnumerateObject())
        {
            if (binding.Name.Contains('.') || ToValue(binding.Value) is not { } value) return null;
            values[binding.Name] = value;
        }

        return values;
    }

    /// <returns>Null when the value that is expected is of a kind that there is not.</returns>
    public Value? Expected() => ToValue(Case.GetProperty("value"));

    private static Value? ToValue(JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.Array)
        {
            var items = json.EnumerateArray().Select(ToValue).ToList();
            return items.Contains(null) ? null : Value.OfList([.. items.Select(item => item!.Value)]);
        }

        if (json.ValueKind != JsonValueKind.Object) return Value.FromJson(json);

        var wrapped = json.EnumerateObject().Single();
        string text = wrapped.Value.ToString();
        return wrapped.Name switch
        {
            "int" => Value.Of(long.Parse(text, CultureInfo.InvariantCulture)),
            "uint" => Value.Of(ulong.Parse(text, CultureInfo.InvariantCulture)),
            "double" => Value.Of(double.Parse(text, CultureInfo.InvariantCulture)),
            "bytes" => Value.Of(Convert.FromHexString(text)),
            "map" => ToMap(wrapped.Value),
            _ => null, // types, messages
        };
    }

    /// <summary>Maps are JSON objects here: names are text, and values are what JSON has.</summary>
    private static Value? ToMap(JsonElement pairs)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            foreach (var pair in pairs.EnumerateArray())
            {
                if (pair[0].ValueKind != JsonValueKind.String || ToValue(pair[1]) is not { } value) return null;
                writer.WritePropertyName(pair[0].GetString()!);
                value.WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        using var document = JsonDocument.Parse(stream.ToArray());
        return Value.OfJson(document.RootElement.Clone());
    }
}
