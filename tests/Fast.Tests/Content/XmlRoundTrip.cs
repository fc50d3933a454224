using System.Buffers;
using System.Text;
using System.Text.Json;
using Stateway.Gateway.Content.Xml;
using Xunit;

namespace Stateway.Fast.Tests.Content;

/// <summary>What the tests of the XML form share: texts in, texts out.</summary>
internal static class XmlRoundTrip
{
    public const string Declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";

    /// <summary>Without the declaration.</summary>
    public static string Write(XmlForm form, string json)
    {
        var xml = new ArrayBufferWriter<byte>();
        form.Write(Encoding.UTF8.GetBytes(json), xml);
        string text = Encoding.UTF8.GetString(xml.WrittenSpan);
        Assert.StartsWith(Declaration, text);
        return text[Declaration.Length..];
    }

    public static string Read(XmlForm form, string xml)
    {
        var json = new ArrayBufferWriter<byte>();
        Assert.True(form.TryRead(Encoding.UTF8.GetBytes(xml), json, out var error), error + "\n" + xml);
        return Encoding.UTF8.GetString(json.WrittenSpan);
    }

    public static XmlError Refuse(XmlForm form, string xml)
    {
        var json = new ArrayBufferWriter<byte>();
        Assert.False(form.TryRead(Encoding.UTF8.GetBytes(xml), json, out var error), xml);
        Assert.Equal(0, json.WrittenCount);
        return error;
    }

    /// <summary>The same JSON with each object's members sorted by name; scalars keep their text.</summary>
    public static string Sorted(string json)
    {
        using var document = JsonDocument.Parse(json);
        return Sorted(document.RootElement);
    }

    private static string Sorted(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => "[" + string.Join(",", value.EnumerateArray().Select(Sorted)) + "]",
        JsonValueKind.Object => "{" + string.Join(",", value.EnumerateObject()
            .Select(m => (m.Name, Value: Sorted(m.Value)))
            .OrderBy(m => m.Name, StringComparer.Ordinal)
            .Select(m => JsonSerializer.Serialize(m.Name) + ":" + m.Value)) + "}",
        _ => value.GetRawText(),
    };
}
