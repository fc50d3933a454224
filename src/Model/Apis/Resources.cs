using System.Text.Json.Nodes;

namespace Stateway.Model.Apis;

/// <summary>Texts that are part of the program; embedded under Apis/ and their file's name.</summary>
internal static class Resources
{
    public static byte[] Bytes(string name)
    {
        using var stream = typeof(Resources).Assembly.GetManifestResourceStream("Apis/" + name)!;
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    public static JsonObject Json(string name) => (JsonObject)JsonNode.Parse(Bytes(name))!;
}
