using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Stateway.Fast.Tests.Controllers;

/// <summary>What was logged, by many threads.</summary>
internal sealed class Logged : ILogger
{
    private readonly ConcurrentQueue<string> _lines = [];

    public IReadOnlyList<string> Lines => [.. _lines];

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel level) => true;

    public void Log<TState>(LogLevel level, EventId id, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue($"{id.Id} {formatter(state, exception)}");
}
