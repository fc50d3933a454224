using System.Text;
using Microsoft.Extensions.Logging;

namespace Stateway.Gateway.Serving.Tls;

/// <summary>
/// A server's certificate in files, PEM, read again when they change. While the files are wrong (broken, not of one pair,
/// not valid now although the one before is) the one before keeps serving, and that is told once.
/// </summary>
public sealed partial class CertificateFile : IDisposable
{
    /// <summary>From here to its end a certificate is warned of, once a day.</summary>
    public static readonly TimeSpan ExpiryWarning = TimeSpan.FromDays(14);

    private const int BytesMax = 1024 * 1024;

    private static readonly TimeSpan WarningPause = TimeSpan.FromDays(1);

    private readonly FileReading<ServerCertificate> _reading;
    private readonly IDisposable _checks;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly string _path;
    private DateTimeOffset _nextWarning = DateTimeOffset.MinValue;

    /// <summary>Never fails: files that are not there yet are served from when they are. Ask <see cref="Error"/>.</summary>
    /// <param name="certificatePath">The certificate, and behind it those that signed it.</param>
    /// <param name="keyPath">Null: in the same file.</param>
    public CertificateFile(string certificatePath, string? keyPath, FileChecks checks, TimeProvider time, ILogger logger)
    {
        _path = certificatePath;
        _time = time;
        _logger = logger;
        _reading = new([certificatePath, keyPath ?? certificatePath], BytesMax, Read, logger);
        _checks = checks.Add([certificatePath, keyPath ?? certificatePath], Check);
        Check();
    }

    /// <summary>Null until the files have once been right.</summary>
    public ServerCertificate? Current => _reading.Current;

    /// <summary>What is wrong with the files as they are; null when they are what is served.</summary>
    public string? Error => _reading.Error;

    /// <summary>After <see cref="Current"/> or <see cref="Error"/> became another. On a thread of the pool; the next check waits for its end.</summary>
    public event Action? Changed;

    public void Dispose() => _checks.Dispose();

    private void Check()
    {
        var before = _reading.Current;
        bool hasChanged = _reading.Check();
        if (_reading.Current is { } current)
        {
            if (before is not null && !ReferenceEquals(before, current)) Log.Renewed(_logger, _path, current.NotAfter);
            WarnOfEnd(current, isNew: !ReferenceEquals(before, current));
        }

        if (hasChanged) Changed?.Invoke();
    }

    private (ServerCertificate? Value, string? Error) Read(System.Collections.Immutable.ImmutableArray<byte[]> files, ServerCertificate? current)
    {
        var next = ServerCertificate.Read(Encoding.UTF8.GetString(files[0]), Encoding.UTF8.GetString(files[1]), out string? error);
        if (next is null) return (null, error);

        // Without a valid one to keep, one that clients refuse is served all the same: they say why more clearly than silence.
        var now = _time.GetUtcNow();
        if (current is not null && current.IsValidAt(now) && !next.IsValidAt(now))
            return (null, now < next.NotBefore ? $"it is valid from {next.NotBefore:u} on only." : $"it has expired at {next.NotAfter:u}.");

        return (next, null);
    }

    private void WarnOfEnd(ServerCertificate certificate, bool isNew)
    {
        var now = _time.GetUtcNow();
        if (now < certificate.NotAfter - ExpiryWarning || (now < _nextWarning && !isNew)) return;

        _nextWarning = now + WarningPause;
        if (now < certificate.NotAfter) Log.Expires(_logger, _path, certificate.NotAfter);
        else Log.Expired(_logger, _path, certificate.NotAfter);
    }

    private static partial class Log
    {
        [LoggerMessage(1505, LogLevel.Information, "The certificate {File} was read anew. It is valid until {End:u}.")]
        public static partial void Renewed(ILogger logger, string file, DateTimeOffset end);

        [LoggerMessage(1506, LogLevel.Warning, "The certificate {File} expires at {End:u}.")]
        public static partial void Expires(ILogger logger, string file, DateTimeOffset end);

        [LoggerMessage(1507, LogLevel.Error, "The certificate {File} has expired at {End:u}; clients refuse it.")]
        public static partial void Expired(ILogger logger, string file, DateTimeOffset end);
    }
}
