using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Stateway.Gateway.Mirrors;

/// <summary>Passes an answer's body on as it comes, and keeps a copy of its beginning.</summary>
/// <param name="bytesMax">A longer body is kept no further.</param>
internal sealed class AnswerTee(IHttpResponseBodyFeature inner, int bytesMax) : IHttpResponseBodyFeature
{
    private readonly ArrayBufferWriter<byte> _kept = new();

    public ReadOnlyMemory<byte> Kept => _kept.WrittenMemory;

    /// <summary>Whether all of the body was kept.</summary>
    public bool IsWhole { get; private set; } = true;

    public Stream Stream => field ??= Writer.AsStream(leaveOpen: true);

    public PipeWriter Writer => field ??= new TeeWriter(inner.Writer, this);

    public void DisableBuffering() => inner.DisableBuffering();

    public Task StartAsync(CancellationToken cancellationToken = default) => inner.StartAsync(cancellationToken);

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        SendFileFallback.SendFileAsync(Stream, path, offset, count, cancellationToken);

    public Task CompleteAsync() => inner.CompleteAsync();

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        int room = bytesMax - _kept.WrittenCount;
        if (bytes.Length > room)
        {
            IsWhole = false;
            bytes = bytes[..room];
        }

        _kept.Write(bytes);
    }

    private sealed class TeeWriter(PipeWriter inner, AnswerTee tee) : PipeWriter
    {
        private Memory<byte> _lent;

        public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;
        public override long UnflushedBytes => inner.UnflushedBytes;

        public override Memory<byte> GetMemory(int sizeHint = 0) => _lent = inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

        public override void Advance(int bytes)
        {
            tee.Keep(_lent.Span[..bytes]);
            _lent = _lent[bytes..];
            inner.Advance(bytes);
        }

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => inner.FlushAsync(cancellationToken);

        public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
        {
            tee.Keep(source.Span);
            return inner.WriteAsync(source, cancellationToken);
        }

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);
    }
}
