using System.Collections.Immutable;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace Stateway.Gateway.Serving.Tls;

/// <summary>
/// What a few files say together, read again when they have changed. What was right last stays in force until they are
/// right again; each wrong state is told once.
/// </summary>
/// <param name="read">From the files' contents, in order, and what is in force: what they say, or what is wrong with them.</param>
internal sealed class FileReading<T>(
    ImmutableArray<string> paths, int bytesMax, Func<ImmutableArray<byte[]>, T?, (T? Value, string? Error)> read, ILogger logger)
    where T : class
{
    private readonly Lock _lock = new();
    private volatile T? _current;
    private volatile string? _error;
    private byte[] _seen = [];

    public T? Current => _current;

    /// <summary>What is wrong with the files as they are now; null when they are what is in force.</summary>
    public string? Error => _error;

    /// <returns>True when <see cref="Current"/> or <see cref="Error"/> is another.</returns>
    public bool Check()
    {
        lock (_lock)
        {
            var (contents, error) = ReadFiles();
            T? value = null;
            if (error is null)
            {
                byte[] hash = HashOf(contents);
                // What was wrong may be right by now without a change: a certificate that was not valid yet.
                if (_error is null && hash.AsSpan().SequenceEqual(_seen)) return false;

                _seen = hash;
                (value, error) = read(contents, _current);
            }

            if (error is not null)
            {
                if (error == _error) return false;
                if (_current is null) FileReadingLog.Refused(logger, string.Join(", ", paths), error);
                else FileReadingLog.Kept(logger, string.Join(", ", paths), error);
            }
            else
            {
                _current = value;
            }

            _error = error;
            return true;
        }
    }

    private (ImmutableArray<byte[]> Contents, string? Error) ReadFiles()
    {
        var contents = ImmutableArray.CreateBuilder<byte[]>(paths.Length);
        foreach (string path in paths)
        {
            try
            {
                using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                if (file.Length > bytesMax) return ([], $"{path} has {file.Length} bytes; the limit is {bytesMax}.");

                byte[] content = new byte[file.Length];
                int count = file.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
                contents.Add(content[..count]);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
            {
                return ([], e.Message);
            }
        }

        return (contents.ToImmutable(), null);
    }

    private static byte[] HashOf(ImmutableArray<byte[]> contents)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (byte[] content in contents) hash.AppendData(SHA256.HashData(content));
        return hash.GetHashAndReset();
    }
}

/// <summary>Beside its class, because what writes these methods does not know classes with parameters.</summary>
internal static partial class FileReadingLog
{
    [LoggerMessage(1503, LogLevel.Error, "{Files} can't be used: {Error} What they said before stays in force.")]
    public static partial void Kept(ILogger logger, string files, string error);

    [LoggerMessage(1504, LogLevel.Error, "{Files} can't be used: {Error} Nothing stands in their place.")]
    public static partial void Refused(ILogger logger, string files, string error);
}
