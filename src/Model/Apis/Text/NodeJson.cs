using System.Buffers;
using System.Diagnostics;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Stateway.Model.Apis.Text;

/// <summary>Nodes as JSON in UTF-8; numbers keep every digit.</summary>
public static class NodeJson
{
    private static readonly JsonWriterOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // served as JSON, never put into HTML
        MaxDepth = TextLimits.DepthMax + 8,
        SkipValidation = true,
    };

    public static byte[] ToUtf8(Node node)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var writer = new Utf8JsonWriter(buffer, Options)) Write(writer, node);
        return buffer.WrittenSpan.ToArray();
    }

    public static void Write(Utf8JsonWriter writer, Node node)
    {
        switch (node)
        {
            case MapNode map:
                writer.WriteStartObject();
                foreach (var member in map.Members)
                {
                    writer.WritePropertyName(member.Name);
                    Write(writer, member.Value);
                }

                writer.WriteEndObject();
                break;

            case ListNode list:
                writer.WriteStartArray();
                foreach (var item in list.Items) Write(writer, item);
                writer.WriteEndArray();
                break;

            case ScalarNode scalar:
                WriteScalar(writer, scalar);
                break;

            default: throw new UnreachableException();
        }
    }

    private static void WriteScalar(Utf8JsonWriter writer, ScalarNode scalar)
    {
        switch (scalar.Type)
        {
            case ScalarKind.Null: writer.WriteNullValue(); break;
            case ScalarKind.True: writer.WriteBooleanValue(true); break;
            case ScalarKind.False: writer.WriteBooleanValue(false); break;
            case ScalarKind.Number: writer.WriteRawValue(scalar.Text, skipInputValidation: true); break;
            default: writer.WriteStringValue(scalar.Text); break;
        }
    }
}
