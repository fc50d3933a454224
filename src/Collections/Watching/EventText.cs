using System.Buffers;
using System.Buffers.Text;
using System.Text;
using Stateway.Gateway.Content;
using Stateway.Model.Problems;

namespace Stateway.Collections.Watching;

/// <summary>
/// Writes what goes over the wire.
/// <code>
/// {"type":"added","revision":"42","object":{…}}              id: 42
///                                                            event: added
///                                                            data: {"revision":"42","object":{…}}
/// </code>
/// What belongs together (the events of one revision; the initial state with its bookmark) is complete with the first event
/// that has an id, or no <c>"more":true</c>: only there can a client resume.
/// </summary>
internal static class EventText
{
    /// <param name="json">The object, in one line.</param>
    /// <param name="more">Others that belong to it follow.</param>
    public static void Write(IBufferWriter<byte> output, WatchForm form, WatchEvent type, long revision, bool more, ReadOnlySpan<byte> json)
    {
        if (form == WatchForm.EventStream)
        {
            if (!more)
            {
                output.Write("id: "u8);
                Write(output, revision);
                output.Write("\n"u8);
            }

            output.Write("event: "u8);
            output.Write(NameOf(type));
            output.Write("\ndata: {\"revision\":\""u8);
        }
        else
        {
            output.Write("{\"type\":\""u8);
            output.Write(NameOf(type));
            output.Write("\",\"revision\":\""u8);
        }

        Write(output, revision);
        output.Write(more && form == WatchForm.Lines ? "\",\"more\":true,\"object\":"u8 : "\",\"object\":"u8);
        output.Write(json);
        output.Write(form == WatchForm.EventStream ? "}\n\n"u8 : "}\n"u8);
    }

    /// <param name="isInitial">The current state is complete with it.</param>
    public static byte[] Bookmark(WatchForm form, long revision, bool isInitial = false)
    {
        string initial = isInitial ? ",\"initial\":true" : "";
        return Encoding.ASCII.GetBytes(form == WatchForm.EventStream
            ? $"id: {revision}\nevent: bookmark\ndata: {{\"revision\":\"{revision}\"{initial}}}\n\n"
            : $"{{\"type\":\"bookmark\",\"revision\":\"{revision}\"{initial}}}\n");
    }

    /// <summary>Why the answer ends here.</summary>
    public static byte[] Error(WatchForm form, Problem problem, string requestId)
    {
        var output = new ArrayBufferWriter<byte>(512);
        output.Write(form == WatchForm.EventStream ? "event: error\ndata: "u8 : "{\"type\":\"error\",\"problem\":"u8);
        ProblemWriter.WriteJson(problem, requestId, output);
        output.Write(form == WatchForm.EventStream ? "\n\n"u8 : "}\n"u8);
        return output.WrittenSpan.ToArray();
    }

    public static string ContentType(WatchForm form) => form == WatchForm.EventStream ? "text/event-stream" : "application/x-ndjson";

    /// <summary>A resource in one line: a line break in JSON stands between tokens, where a space means the same.</summary>
    public static ReadOnlyMemory<byte> OneLine(ReadOnlyMemory<byte> json)
    {
        if (json.Span.IndexOfAny((byte)'\n', (byte)'\r') < 0) return json;

        byte[] line = json.ToArray();
        line.AsSpan().Replace((byte)'\n', (byte)' ');
        line.AsSpan().Replace((byte)'\r', (byte)' ');
        return line;
    }

    private static ReadOnlySpan<byte> NameOf(WatchEvent type) => type switch
    {
        WatchEvent.Added => "added"u8,
        WatchEvent.Modified => "modified"u8,
        _ => "deleted"u8,
    };

    private static void Write(IBufferWriter<byte> output, long number)
    {
        const int DigitsMax = 20;
        Utf8Formatter.TryFormat(number, output.GetSpan(DigitsMax), out int written);
        output.Advance(written);
    }
}
