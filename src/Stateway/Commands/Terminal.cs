using Stateway.Model.Apis;

namespace Stateway.Commands;

/// <summary>What the program says to a person: one line a fact, colour only on a terminal that wants it.</summary>
internal static class Terminal
{
    private static readonly bool IsColoured = Environment.GetEnvironmentVariable("NO_COLOR") is not { Length: > 0 };

    public static void Error(string message) => Console.Error.WriteLine(Paint("31", "error", Console.IsErrorRedirected) + ": " + message);

    public static void Warning(string message) => Console.Error.WriteLine(Paint("33", "warning", Console.IsErrorRedirected) + ": " + message);

    public static void Say(string message) => Console.Out.WriteLine(message);

    public static string Bold(string text) => Paint("1", text, Console.IsOutputRedirected);

    public static string Dim(string text) => Paint("2", text, Console.IsOutputRedirected);

    /// <summary>Every error and warning of a reading, in the order of the files.</summary>
    public static void Report(ApiReading reading)
    {
        foreach (var warning in reading.Warnings) Warning(warning.ToString());
        foreach (var error in reading.Errors) Error(error.ToString());
    }

    private static string Paint(string code, string text, bool redirected) =>
        IsColoured && !redirected ? $"\e[{code}m{text}\e[0m" : text;
}
