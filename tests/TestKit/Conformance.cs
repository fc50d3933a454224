namespace Stateway.TestKit;

/// <summary>Test vectors that others wrote: <c>STATEWAY_CONFORMANCE</c>, else <c>../shared/conformance</c> beside the repository.</summary>
public static class Conformance
{
    /// <returns>The folder, such as <c>cel</c>; null when the data is not on this machine.</returns>
    public static string? Folder(string name)
    {
        string? root = Environment.GetEnvironmentVariable("STATEWAY_CONFORMANCE");
        if (string.IsNullOrEmpty(root)) root = Repository.Path("..", "shared", "conformance");

        string folder = Path.GetFullPath(Path.Combine(root, name));
        return Directory.Exists(folder) ? folder : null;
    }
}
