using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.WebUtilities;
using Stateway.Model.Problems;

namespace Stateway.Gateway.Serving;

/// <summary>
/// Gives what the web server itself refuses (no HTTP, a header section beyond all limits, conflicting lengths) the
/// content of a problem document. The server answers such requests before any of our code sees them, with a bare status
/// line, and offers no hook; so its output is watched for exactly that answer.
/// </summary>
public static class ServerRefusals
{
    public static void UseOn(ListenOptions listen) => listen.Use(next => connection =>
    {
        connection.Transport = new Transport(connection.Transport.Input, new Output(connection.Transport.Output));
        return next(connection);
    });

    private sealed class Transport(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;
        public PipeWriter Output => output;
    }

    /// <summary>Passes everything on as it is, but for a bare refusal.</summary>
    private sealed class Output(PipeWriter inner) : PipeWriter
    {
        private const int RefusalBytesMax = 160;

        private Memory<byte> _written;

        public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;
        public override long UnflushedBytes => inner.UnflushedBytes;

        public override Memory<byte> GetMemory(int sizeHint = 0) => _written = inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

        public override void Advance(int bytes)
        {
            if (bytes is > 60 and <= RefusalBytesMax && StatusOf(_written.Span[..bytes]) is { } status)
            {
                byte[] answer = Answer(status);
                // What was written into the span is left behind: it was never advanced over.
                answer.CopyTo(inner.GetSpan(answer.Length));
                bytes = answer.Length;
            }

            inner.Advance(bytes);
        }

        public override ValueTask<FlushResult> FlushAsync(CancellationToken ct = default) => inner.FlushAsync(ct);

        public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken ct = default) => inner.WriteAsync(source, ct);

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);
    }

    /// <summary>
    /// The status of a section that has no fields but <c>Content-Length: 0</c>, <c>Connection: close</c> and <c>Date</c>.
    /// No answer of ours looks like that: problems have content, and what a service answered has a <c>Via</c>.
    /// </summary>
    private static int? StatusOf(ReadOnlySpan<byte> section)
    {
        if (!section.StartsWith("HTTP/1.1 4"u8) || !section.EndsWith("\r\n\r\n"u8)) return null;

        int lineEnd = section.IndexOf("\r\n"u8);
        var fields = section[(lineEnd + 2)..^2];
        int count = 0;
        while (!fields.IsEmpty)
        {
            int end = fields.IndexOf("\r\n"u8);
            var field = fields[..end];
            if (!field.SequenceEqual("Content-Length: 0"u8) && !field.SequenceEqual("Connection: close"u8) && !field.StartsWith("Date: "u8)) return null;
            fields = fields[(end + 2)..];
            count++;
        }

        return count == 3 ? int.Parse(section.Slice(9, 3), CultureInfo.InvariantCulture) : null;
    }

    private static byte[] Answer(int status)
    {
        var type = status switch
        {
            408 => ProblemTypes.RequestTimeout,
            413 => ProblemTypes.BodyTooLarge,
            414 => ProblemTypes.UriTooLong,
            431 => ProblemTypes.HeadersTooLarge,
            _ => ProblemTypes.MalformedRequest,
        };
        string content = $$"""{"type":"{{type.Path}}","title":"{{type.Title}}","status":{{type.Status}},"code":"{{type.Code}}"}""";
        return Encoding.ASCII.GetBytes(
            $"HTTP/1.1 {type.Status} {Reason(type.Status)}\r\nContent-Length: {content.Length}\r\nContent-Type: application/problem+json\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n{content}");
    }

    private static string Reason(int status) => ReasonPhrases.GetReasonPhrase(status);
}
