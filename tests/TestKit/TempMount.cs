namespace Stateway.TestKit;

/// <summary>A small file system in memory, gone when the test ends.</summary>
public sealed class TempMount : IAsyncDisposable
{
    private readonly TempFolder _folder = new();

    private TempMount()
    {
    }

    public string Path => _folder.Path;

    /// <returns>The file system, or why there is none: mounting is for the system's administrator.</returns>
    public static async Task<(TempMount? Mount, string? WhyNot)> TryMakeAsync(string size)
    {
        if (!OperatingSystem.IsLinux()) return (null, "only Linux has tmpfs");

        var mount = new TempMount();
        var (code, _, error) = await StatewayProgram.CallToolAsync("mount", "-t", "tmpfs", "-o", $"size={size},mode=0700", "tmpfs", mount.Path);
        if (code == 0) return (mount, null);

        mount._folder.Dispose();
        return (null, "a file system can't be mounted here: " + error.Trim());
    }

    /// <summary>Only while nobody has a file of it open for writing.</summary>
    public Task MakeReadOnlyAsync() => RemountAsync("ro");

    /// <param name="size">Such as <c>12m</c>.</param>
    public Task ResizeAsync(string size) => RemountAsync("size=" + size);

    private async Task RemountAsync(string option)
    {
        var (code, _, error) = await StatewayProgram.CallToolAsync("mount", "-o", "remount," + option, Path);
        if (code != 0) throw new IOException(error);
    }

    public async ValueTask DisposeAsync()
    {
        await StatewayProgram.CallToolAsync("umount", "-l", Path);
        _folder.Dispose();
    }
}
