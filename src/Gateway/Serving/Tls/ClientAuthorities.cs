using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace Stateway.Gateway.Serving.Tls;

/// <summary>
/// The authorities whose clients are let in, and the lists of certificates that they have revoked: files, read again when
/// they change, all of them together. While one is wrong, what they said before stays in force; before they have once been
/// right, no client's certificate is accepted. To be shared by hosts that trust the same.
/// </summary>
public sealed partial class ClientAuthorities : IDisposable
{
    private const int BytesMax = 64 * 1024 * 1024; // a list of a million serial numbers

    private static readonly TimeSpan WarningPause = TimeSpan.FromDays(1);

    private readonly FileReading<ClientTrust> _reading;
    private readonly IDisposable _checks;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private DateTimeOffset _nextWarning = DateTimeOffset.MinValue;

    /// <summary>Never fails. Ask <see cref="Error"/>.</summary>
    /// <param name="authoritiesPath">PEM; at least one root.</param>
    /// <param name="revocationListPaths">PEM or DER. None: nothing is looked up, and what was once issued is valid until it expires.</param>
    public ClientAuthorities(string authoritiesPath, IEnumerable<string> revocationListPaths, FileChecks checks, TimeProvider time, ILogger logger)
    {
        ImmutableArray<string> paths = [authoritiesPath, .. revocationListPaths];
        _time = time;
        _logger = logger;
        _reading = new(paths, BytesMax, static (files, _) => (ClientTrust.Read(files[0], files.Skip(1), out string? error), error), logger);
        _checks = checks.Add(paths, Check);
        Check();
    }

    /// <summary>What is wrong with the files as they are; null when they are what is in force.</summary>
    public string? Error => _reading.Error;

    /// <summary>After the files were read anew, or found wrong.</summary>
    public event Action? Changed;

    internal ClientTrust? Current => _reading.Current;

    public void Dispose() => _checks.Dispose();

    private void Check()
    {
        bool hasChanged = _reading.Check();
        WarnOfExpiredLists(isNew: hasChanged);
        if (hasChanged) Changed?.Invoke();
    }

    private void WarnOfExpiredLists(bool isNew)
    {
        var now = _time.GetUtcNow();
        if (_reading.Current is not { } trust || (now < _nextWarning && !isNew)) return;

        foreach (var (list, _, issuer) in trust.Lists)
        {
            if (list.IsFreshAt(now) || trust.Lists.Any(other => other.Issuer == issuer && other.List.IsFreshAt(now))) continue;

            _nextWarning = now + WarningPause;
            Log.ListNotValid(_logger, issuer, list.ThisUpdate, list.NextUpdate);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1508, LogLevel.Error, "The revocation list of {Issuer} is valid from {ThisUpdate:u} to {NextUpdate:u} only: this issuer's clients are refused until there is a new one.")]
        public static partial void ListNotValid(ILogger logger, string issuer, DateTimeOffset thisUpdate, DateTimeOffset nextUpdate);
    }
}
