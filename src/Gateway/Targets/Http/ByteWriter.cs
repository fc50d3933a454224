using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Stateway.Gateway.Targets.Http;

/// <summary>A growing pooled buffer that header sections and framing are written into. One owner disposes of it.</summary>
internal sealed class ByteWriter : IDisposable
{
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(2048);

    public int Count { get; private set; }

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, Count);

    /// <summary>At least <paramref name="sizeMin"/> bytes to write into; <see cref="Advance"/> says how many were.</summary>
    public Span<byte> Free(int sizeMin)
    {
        if (_bytes.Length - Count < sizeMin) Grow(sizeMin);
        return _bytes.AsSpan(Count);
    }

    public void Advance(int count) => Count += count;

    public void Clear() => Count = 0;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Free(bytes.Length));
        Count += bytes.Length;
    }

    public void Write(byte value)
    {
        Free(1)[0] = value;
        Count++;
    }

    /// <summary>One byte for each character: the server reads fields as Latin-1, so these are the bytes that came.</summary>
    public void WriteLatin1(ReadOnlySpan<char> text) => Count += Encoding.Latin1.GetBytes(text, Free(text.Length));

    public void WriteDecimal(long value)
    {
        Utf8Formatter.TryFormat(value, Free(20), out int written);
        Count += written;
    }

    public void WriteHex(long value)
    {
        Utf8Formatter.TryFormat(value, Free(16), out int written, new StandardFormat('x'));
        Count += written;
    }

    public void Dispose()
    {
        if (_bytes.Length > 0) ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
        Count = 0;
    }

    private void Grow(int sizeMin)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(_bytes.Length * 2, Count + sizeMin));
        _bytes.AsSpan(0, Count).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
