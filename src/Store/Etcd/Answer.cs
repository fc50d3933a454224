using System.Buffers;

namespace Stateway.Store.Etcd;

/// <summary>The body of an answer, in a rented buffer.</summary>
internal sealed class Answer : IDisposable
{
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(8_192);
    private int _length;

    private Answer()
    {
    }

    public ReadOnlySpan<byte> Bytes => _buffer.AsSpan(0, _length);

    /// <exception cref="IOException">The connection broke, or the answer has more bytes than allowed.</exception>
    public static async Task<Answer> ReadAsync(HttpResponseMessage response, int bytesMax, CancellationToken ct)
    {
        var answer = new Answer();
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(ct);
            while (true)
            {
                if (answer._length == answer._buffer.Length) answer.Grow(bytesMax);
                int read = await stream.ReadAsync(answer._buffer.AsMemory(answer._length), ct);
                if (read == 0) return answer;
                answer._length += read;
            }
        }
        catch
        {
            answer.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        _length = 0;
    }

    private void Grow(int bytesMax)
    {
        if (_length >= bytesMax) throw new IOException($"An answer of etcd has more than {bytesMax} bytes.");

        byte[] larger = ArrayPool<byte>.Shared.Rent(_length * 2);
        Bytes.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
