using System.Diagnostics;
using Stateway.Store.Sqlite;
using Stateway.TestKit;
using Xunit;
using static Stateway.Store.Tests.Stores;

namespace Stateway.Store.Tests.Sqlite;

/// <summary>On a small disk of its own, which only root can mount.</summary>
public sealed class DiskTests : IDisposable
{
    private const string Things = "test/things";
    private const int ValueBytes = 20_000;

    private readonly TempFolder _folder = new();
    private readonly bool _isMounted;

    public DiskTests()
    {
        _isMounted = OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess
            && Run("mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", _folder.Path) == 0;
    }

    public void Dispose()
    {
        if (_isMounted) Run("umount", _folder.Path);
        _folder.Dispose();
    }

    [Fact]
    public async Task A_full_disk_refuses_writes_keeps_what_was_acknowledged_and_the_store_goes_on_when_there_is_space()
    {
        Assert.SkipUnless(_isMounted, "only root can mount a small disk");
        string data = Path.Combine(_folder.Path, "data");
        string ballast = Path.Combine(_folder.Path, "ballast");
        await File.WriteAllBytesAsync(ballast, new byte[1 << 20]);
        var acknowledged = new List<string>();
        await using (var store = await OpenStore.InAsync(data))
        {
            await store.DeclareAsync(Collection(Things, "a"));
            CommitResult result;
            do
            {
                string path = $"x{acknowledged.Count:0000}";
                result = await store.CommitAsync(Of(Put(Things, path, Json())));
                if (result is CommitResult.Committed) acknowledged.Add(path);
            }
            while (result is CommitResult.Committed);

            Assert.IsType<CommitResult.Full>(result);
            Assert.NotEmpty(acknowledged);

            // A batch of several: all of them are told.
            var results = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => store.CommitAsync(Of(Put(Things, $"y{i}", Json()))).AsTask()));
            Assert.All(results, each => Assert.IsType<CommitResult.Full>(each));

            // Reading goes on, and shows nothing of what was refused.
            Assert.Equal(acknowledged, await store.ListAsync(new(Things) { Limit = 50 }));
            Assert.Equal(acknowledged.Count, store.Revision);

            File.Delete(ballast);
            await store.WriteAsync(Put(Things, "z", Json()));
            acknowledged.Add("z");
        }

        await using var again = await OpenStore.InAsync(data);
        Assert.Equal(acknowledged, await again.ListAsync(new(Things) { Limit = 50 }));
        Assert.Equal(acknowledged.Count, (await again.PageAsync(new(Things) { Limit = 1, Filter = Filter("a == 1"), Count = true })).TotalSize);
    }

    [Fact]
    public async Task A_folder_on_a_full_disk_is_refused()
    {
        Assert.SkipUnless(_isMounted, "only root can mount a small disk");
        Assert.Throws<IOException>(() => File.WriteAllBytes(Path.Combine(_folder.Path, "ballast"), new byte[8 << 20]));

        var refused = Assert.IsType<StoreOpening.Refused>(await SqliteStore.OpenAsync(Path.Combine(_folder.Path, "data"), new()));
        Assert.Equal(StoreRefusal.DiskFull, refused.Reason);
        Assert.Contains(_folder.Path, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_can_not_be_written_is_refused()
    {
        Assert.SkipUnless(_isMounted, "only root can mount a small disk");
        string data = Path.Combine(_folder.Path, "data");
        await using (await OpenStore.InAsync(data)) { }
        Assert.Equal(0, Run("mount", "-o", "remount,ro", _folder.Path));

        var refused = Assert.IsType<StoreOpening.Refused>(await SqliteStore.OpenAsync(data, new()));
        var refusedToMake = Assert.IsType<StoreOpening.Refused>(await SqliteStore.OpenAsync(Path.Combine(_folder.Path, "other"), new()));

        Assert.Equal((StoreRefusal.NoAccess, StoreRefusal.NoAccess), (refused.Reason, refusedToMake.Reason));
        Assert.Contains(data, refused.Message, StringComparison.Ordinal);
    }

    private static string Json() => $$"""{"a":1,"text":"{{new string('x', ValueBytes)}}"}""";

    private static int Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        return process.ExitCode;
    }
}
