using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Stateway.Hosting;

/// <summary>
/// The log, on standard error, a line an event: time, level, text, and an exception's own lines below it. Only warnings
/// and worse of the web server's, everything from Information on of ours.
/// </summary>
internal sealed class ConsoleLog : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) =>
        new Category(categoryName.StartsWith("Microsoft.", StringComparison.Ordinal) ? LogLevel.Warning : LogLevel.Information);

    public void Dispose()
    {
    }

    private sealed class Category(LogLevel least) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel level) => level >= least;

        public void Log<TState>(LogLevel level, EventId id, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(level)) return;

            string time = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
            string text = $"{time} {level.ToString().ToLowerInvariant()} {formatter(state, exception)}";
            Console.Error.WriteLine(exception is null ? text : text + Environment.NewLine + exception);
        }
    }
}
