using Stateway.Copying;
using Stateway.Hosting;
using Stateway.Store;
using Stateway.Stores;
using Stateway.TestKit;
using Xunit;

namespace Stateway.Fast.Tests.Program;

public sealed class StoreCopyTests
{
    private static readonly CollectionSpec Things = new("shop/things", [new(["n"], false)]);

    private readonly ManualTime _time = new();
    private readonly SmallStore _from;
    private readonly SmallStore _to;

    public StoreCopyTests() => (_from, _to) = (new(_time), new(_time, CopyTarget.WritesMax));

    [Fact]
    public async Task Everything_is_copied_with_its_times()
    {
        await FillAsync(1_234);
        var done = Assert.IsType<CopyResult.Done>(await CopyAsync());
        Assert.Equal((1_235, 0), ((int)done.Entries, (int)done.Changes)); // the key of page tokens, too
        Assert.Equal(await _from.AllAsync(), await _to.AllAsync());
        Assert.Equal(await SpecsAsync(_from), await SpecsAsync(_to));
    }

    [Fact]
    public async Task What_is_written_meanwhile_is_followed()
    {
        await FillAsync(1_000);
        int commits = 0;
        _to.Committing = async _ =>
        {
            if (++commits is < 2 or > 10) return; // while the entries are copied
            _time.Advance(TimeSpan.FromSeconds(1));
            await _from.WriteAsync(
                Entries.Put(Things.Name, "new" + commits, "{}", _time.GetUtcNow()),
                Entries.Put(Things.Name, "t5", $"{{\"n\":{commits}}}", _time.GetUtcNow()),
                new Write.Delete(new(Things.Name, $"t{commits * 40}")));
        };

        Assert.True(Assert.IsType<CopyResult.Done>(await CopyAsync()).Changes > 20);
        Assert.Equal(await _from.AllAsync(), await _to.AllAsync());
    }

    [Fact]
    public async Task A_collection_that_is_declared_meanwhile_comes_along()
    {
        await FillAsync(10);
        _to.Committing = async transaction =>
        {
            if (!transaction.Writes.Any(write => write is Write.Put { Key.Collection: "shop/things" })) return;
            _to.Committing = null;
            await _from.DeclareAsync([new("shop/others", [])], default);
            await _from.WriteAsync(Entries.Put("shop/others", "o", "{}"));
        };
        Assert.IsType<CopyResult.Done>(await CopyAsync());
        Assert.Equal(await _from.AllAsync(), await _to.AllAsync());
    }

    [Fact]
    public async Task A_source_that_is_written_to_all_the_time_does_not_keep_the_copy_from_ending()
    {
        await FillAsync(10);
        long n = 0;
        _to.Committing = async _ => await _from.WriteAsync(Entries.Put(Things.Name, "busy", $"{{\"n\":{++n}}}"));
        Assert.IsType<CopyResult.Done>(await CopyAsync());
    }

    [Fact]
    public async Task A_target_that_is_not_empty_is_refused_and_stays_as_it_is()
    {
        await FillAsync(10);
        await _to.DeclareAsync([Things], default);
        await _to.WriteAsync(Entries.Put(Things.Name, "mine", "{}"));
        var before = await _to.AllAsync();

        var refused = Assert.IsType<CopyResult.Refused>(await CopyAsync());
        Assert.Contains("etcd://to is not empty", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, await _to.AllAsync());
    }

    [Fact]
    public async Task A_copy_that_was_stopped_leaves_a_mark_and_the_next_begins_anew()
    {
        await FillAsync(1_000);
        using var stop = new CancellationTokenSource();
        int commits = 0;
        _to.Committing = _ => ++commits == 5 ? stop.CancelAsync() : Task.CompletedTask;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => CopyAsync(ct: stop.Token));
        Assert.True(await CopyMark.IsOnAsync(_to, default));

        // Half a copy is no source.
        var back = await new StoreCopy(_to, new SmallStore(_time), Url("etcd://to"), Url("sqlite:back"), _time, new Progress(_ => { })).RunAsync(false, default);
        Assert.Contains("partly filled", Assert.IsType<CopyResult.Refused>(back).Message, StringComparison.Ordinal);

        for (int i = 0; i < 100; i++) await _from.WriteAsync(new Write.Delete(new(Things.Name, "t" + i)));
        Assert.IsType<CopyResult.Done>(await CopyAsync());
        Assert.Equal(await _from.AllAsync(), await _to.AllAsync());
        Assert.False(await CopyMark.IsOnAsync(_to, default));
    }

    [Fact]
    public async Task A_second_copy_into_the_same_store_ends_the_first()
    {
        await FillAsync(1_000);
        int commits = 0;
        CopyResult? second = null;
        _to.Committing = async _ =>
        {
            if (++commits != 5) return;
            _to.Committing = null;
            second = await CopyAsync();
        };

        Assert.Contains("another copy", Assert.IsType<CopyResult.Broken>(await CopyAsync()).Message, StringComparison.Ordinal);
        Assert.IsType<CopyResult.Done>(second);
        Assert.Equal(await _from.AllAsync(), await _to.AllAsync());
    }

    [Fact]
    public async Task A_history_that_is_given_up_meanwhile_ends_it_with_the_reason()
    {
        await FillAsync(1_000);
        _to.Committing = async transaction =>
        {
            if (!transaction.Writes.Any(write => write is Write.Put { Key.Collection: "shop/things" })) return;
            _to.Committing = null;
            await _from.WriteAsync(Entries.Put(Things.Name, "t1", "{}"));
            await _from.CompactAsync(await _from.WriteAsync(Entries.Put(Things.Name, "t1", "{}")), default);
        };
        Assert.Contains("given up the history", Assert.IsType<CopyResult.Broken>(await CopyAsync()).Message, StringComparison.Ordinal);
        Assert.True(await CopyMark.IsOnAsync(_to, default));
    }

    [Fact]
    public async Task Following_ends_agreeing_when_it_is_told_to()
    {
        await FillAsync(100);
        using var stop = new CancellationTokenSource();
        var following = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var progress = new Progress(p =>
        {
            if (p.What == CopyProgress.Following) following.TrySetResult();
        });
        var copying = new StoreCopy(_from, _to, Url("sqlite:from"), Url("etcd://to"), _time, progress).RunAsync(follow: true, stop.Token);

        // Told to end before that, it would be a copy that was stopped.
        await following.Task;
        for (int i = 0; i < 50; i++) await _from.WriteAsync(Entries.Put(Things.Name, "late" + i, "{}"));
        await stop.CancelAsync();

        Assert.IsType<CopyResult.Done>(await copying);
        Assert.Equal(await _from.AllAsync(), await _to.AllAsync());
    }

    [Fact]
    public async Task A_value_that_the_target_never_takes_is_named()
    {
        await FillAsync(3);
        var target = new SmallStore(_time, writesMax: 0);
        var copy = new StoreCopy(_from, target, Url("sqlite:from"), Url("etcd://to"), _time, new Progress(_ => { }));
        Assert.IsType<CopyResult.Refused>(await copy.RunAsync(false, default));
    }

    private Task<CopyResult> CopyAsync(bool follow = false, CancellationToken ct = default) =>
        Task.Run(() => new StoreCopy(_from, _to, Url("sqlite:from"), Url("etcd://to"), _time, new Progress(_ => { })).RunAsync(follow, ct), CancellationToken.None);

    private async Task FillAsync(int count)
    {
        await _from.DeclareAsync([Things, Settings.Collection], default);
        await Settings.PageTokenSecretAsync(_from, _time, default);
        for (int i = 0; i < count; i++) await _from.WriteAsync(Entries.Put(Things.Name, "t" + i, $"{{\"n\":{i}}}", _time.GetUtcNow().AddSeconds(i)));
    }

    private static async Task<List<string>> SpecsAsync(IStore store) =>
        [.. (await store.DescribeAsync(default)).Select(spec => spec.Name + ":" + string.Join(',', spec.Fields.Select(field => field.Name)))];

    private static StoreUrl Url(string text) => StoreUrl.TryParse(text, out var url, out string? error) ? url : throw new ArgumentException(error);

    private sealed class Progress(Action<CopyProgress> tell) : IProgress<CopyProgress>
    {
        public void Report(CopyProgress value) => tell(value);
    }
}
