using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Stateway.Client.Editing;

/// <summary>The user's editor, on the user's terminal.</summary>
internal static class Editor
{
    private const string Default = "vi";

    /// <summary>Returns when the editor was left. Ctrl-C is the editor's own meanwhile: many have a use for it.</summary>
    /// <returns>Null when it ended well.</returns>
    public static async Task<Failure?> OpenAsync(string file)
    {
        string editor = Variable("VISUAL") ?? Variable("EDITOR") ?? Default;

        // By a shell, because the variables may hold arguments: EDITOR='code --wait'.
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, static signal => signal.Cancel = true);
        using var process = new Process { StartInfo = new ProcessStartInfo("sh", ["-c", editor + " \"$1\"", "sh", file]) { UseShellExecute = false } };
        try
        {
            process.Start();
        }
        catch (Win32Exception e)
        {
            return new($"The editor can't be started: {e.Message}");
        }

        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? null : new($"The editor '{editor}' ended with {process.ExitCode}; nothing was written.");
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
