namespace Stateway.TestKit;

/// <summary>An empty folder of its own, gone when the test ends.</summary>
public sealed class TempFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("stateway-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
