namespace Stateway.TestKit;

/// <summary>Where the standards' own test data lies.</summary>
public static class Conformance
{
    /// <summary>A folder of <c>STATEWAY_CONFORMANCE</c>, or of <c>../shared/conformance</c> beside the repository.</summary>
    /// <returns>Null when there is no such folder.</returns>
    public static string? Folder(string name)
    {
        string? all = Environment.GetEnvironmentVariable("STATEWAY_CONFORMANCE");
        if (string.IsNullOrEmpty(all))
        {
            var root = new DirectoryInfo(AppContext.BaseDirectory);
            while (root is not null && !File.Exists(Path.Combine(root.FullName, "Stateway.slnx"))) root = root.Parent;
            if (root is null) return null;
            all = Path.Combine(root.FullName, "..", "shared", "conformance");
        }

        string folder = Path.GetFullPath(Path.Combine(all, name));
        return Directory.Exists(folder) ? folder : null;
    }
}
