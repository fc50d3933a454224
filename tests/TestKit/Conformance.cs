namespace Stateway.TestKit;

/// <summary>Test vectors that others wrote: <c>STATEWAY_CONFORMANCE</c>, else <c>../shared/conformance</c> beside the repository.</summary>
public static class Conformance
{
    /// <returns>The folder, such as <c>cel</c>; null when the data is not on this machine.</returns>
    public static string? Folder(string name)
    {
        string? root = Environment.GetEnvironmentVariable("STATEWAY_CONFORMANCE");
        if (string.IsNullOrEmpty(root))
        {
            if (RepositoryRoot() is not { } repository) return null;
            root = Path.Combine(repository, "..", "shared", "conformance");
        }

        string folder = Path.GetFullPath(Path.Combine(root, name));
        return Directory.Exists(folder) ? folder : null;
    }

    private static string? RepositoryRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Stateway.slnx"))) folder = Path.GetDirectoryName(folder);
        return folder;
    }
}
