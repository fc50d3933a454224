using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Stateway.Gateway.Content;

namespace Stateway.Collections.Kinds;

/// <summary>JSON trees as text, without all that a serializer loads.</summary>
internal static class NodeText
{
    public static ReadOnlyMemory<byte> Of(JsonNode node)
    {
        var output = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(output, JsonOptions.Readable)) node.WriteTo(json);
        return output.WrittenMemory;
    }
}
