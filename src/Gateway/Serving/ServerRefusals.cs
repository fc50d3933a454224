using System.Buffers.Text;
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
    /// <summary>Not over HTTP/2, where answers of several requests are under way at once, and content could be taken for a refusal.</summary>
    public static void UseOn(ListenOptions listen) => listen.Use(next => connection =>
    {
        if (connection.IsHttp2()) return next(connection);

        var output = new Output(connection.Transport.Output);
        connection.Transport = new Transport(connection.Transport.Input, output);
        connection.Features.Set(output);
        return next(connection);
    });

    private sealed class Transport(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;
        public PipeWriter Output => output;
    }

    /// <summary>Passes everything on as it is, but for a bare refusal. A feature of its connection.</summary>
    internal sealed class Output(PipeWriter inner) : PipeWriter
    {
        private const int RefusalBytesMax = 200;

        private Memory<byte> _written;

        /// <summary>
        /// A request is in our code, so that what is written is an answer of ours: content that happens to be the bytes
        /// of a refusal stays content. The server writes its own refusals before and behind that.
        /// </summary>
        public bool IsServing { get; set; }

        public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;
        public override long UnflushedBytes => inner.UnflushedBytes;

        // Room for a whole refusal each time: the rest of a block that earlier answers have filled would cut it in two.
        public override Memory<byte> GetMemory(int sizeHint = 0) => _written = inner.GetMemory(Math.Max(sizeHint, RefusalBytesMax));

        public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

        public override void Advance(int bytes)
        {
            if (!IsServing && bytes is > 60 and <= RefusalBytesMax && bytes <= _written.Length && AnswerInsteadOf(_written.Span[..bytes]) is { } answer)
            {
                // What was written into the span is left behind: it was never advanced over.
                answer.CopyTo(inner.GetSpan(answer.Length));
                bytes = answer.Length;
            }

            inner.Advance(bytes);
        }

        public override ValueTask<FlushResult> FlushAsync(CancellationToken ct = default)
        {
            _written = default; // its connection may stay open for days, silent, and would hold a block of memory
            return inner.FlushAsync(ct);
        }

        public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken ct = default) => inner.WriteAsync(source, ct);

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);
    }

    /// <summary>
    /// A refusal with content, when the section is a status that the server gives on its own and no fields but
    /// <c>Content-Length: 0</c>, <c>Connection: close</c>, <c>Date</c> and <c>Allow</c>. No answer of ours looks like
    /// that: problems have content, a mock without content has a <c>Vary</c>, and what a service answered has a <c>Via</c>.
    /// (A refused HEAD gets content, too: what it was is not known here, and the connection ends behind it.)
    /// </summary>
    private static byte[]? AnswerInsteadOf(ReadOnlySpan<byte> section)
    {
        if (!section.StartsWith("HTTP/1.1 "u8) || section[9] is not ((byte)'4' or (byte)'5') || !section.EndsWith("\r\n\r\n"u8)) return null;

        int lineEnd = section.IndexOf("\r\n"u8);
        var fields = section[(lineEnd + 2)..^2];
        ReadOnlySpan<byte> date = default, allow = default;
        bool isEmpty = false, closes = false;
        while (!fields.IsEmpty)
        {
            int end = fields.IndexOf("\r\n"u8) + 2;
            var field = fields[..end];
            if (field.SequenceEqual("Content-Length: 0\r\n"u8)) isEmpty = true;
            else if (field.SequenceEqual("Connection: close\r\n"u8)) closes = true;
            else if (field.StartsWith("Date: "u8)) date = field;
            else if (field.StartsWith("Allow: "u8)) allow = field;
            else return null;
            fields = fields[end..];
        }

        return isEmpty && closes && TypeOf(section.Slice(9, 3)) is { } type ? Answer(type, date, allow) : null;
    }

    private static ProblemType? TypeOf(ReadOnlySpan<byte> status) => Utf8Parser.TryParse(status, out int number, out int length) && length == 3 ? TypeOf(number) : null;

    private static ProblemType? TypeOf(int status) => status switch
    {
        400 => ProblemTypes.MalformedRequest,
        405 => ProblemTypes.MethodNotAllowed,
        408 => ProblemTypes.RequestTimeout,
        413 => ProblemTypes.BodyTooLarge,
        414 => ProblemTypes.UriTooLong,
        431 => ProblemTypes.HeadersTooLarge,
        500 => ProblemTypes.Internal,
        505 => ProblemTypes.VersionNotSupported,
        _ => null,
    };

    private static byte[] Answer(ProblemType type, ReadOnlySpan<byte> date, ReadOnlySpan<byte> allow)
    {
        string content = $$"""{"type":"{{type.Path}}","title":"{{type.Title}}","status":{{type.Status}},"code":"{{type.Code}}"}""";
        string head = $"HTTP/1.1 {type.Status} {ReasonPhrases.GetReasonPhrase(type.Status)}\r\nContent-Length: {content.Length}\r\n"
            + "Content-Type: application/problem+json\r\nCache-Control: no-store\r\nConnection: close\r\n";
        return [.. Encoding.ASCII.GetBytes(head), .. date, .. allow, .. "\r\n"u8, .. Encoding.ASCII.GetBytes(content)];
    }
}
