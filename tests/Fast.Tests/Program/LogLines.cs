using Microsoft.Extensions.Logging;

namespace Stateway.Fast.Tests.Program;

/// <summary>What was logged.</summary>
internal sealed class LogLines : ILogger
{
    public List<string> Lines { get; } = [];

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel level) => true;

    public void Log<TState>(LogLevel level, EventId id, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Lines.Add($"{id.Id} {formatter(state, exception)}");
}
