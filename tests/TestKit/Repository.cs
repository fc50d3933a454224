namespace Stateway.TestKit;

/// <summary>Finds the repository that the tests were built from.</summary>
public static class Repository
{
    public static string Root { get; } = Find();

    public static string Path(params string[] parts) => System.IO.Path.Combine([Root, .. parts]);

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Stateway.slnx"))) return folder.FullName;
        }

        throw new DirectoryNotFoundException("Stateway.slnx lies in no folder above the tests.");
    }
}
