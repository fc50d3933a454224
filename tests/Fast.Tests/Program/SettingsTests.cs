using Stateway.Hosting;
using Stateway.Store;
using Stateway.TestKit;
using Xunit;

namespace Stateway.Fast.Tests.Program;

public sealed class SettingsTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public async Task All_nodes_have_the_same_key_even_when_they_start_at_once()
    {
        var store = new SmallStore(_time);
        await store.DeclareAsync([Settings.Collection], default);

        // The second makes its key between the first one's look and its commit.
        byte[]? second = null;
        store.Committing = async _ =>
        {
            store.Committing = null;
            second = await Settings.PageTokenSecretAsync(store, _time, default);
        };
        byte[] first = await Settings.PageTokenSecretAsync(store, _time, default);

        Assert.Equal(32, first.Length);
        Assert.Equal(second, first);
        Assert.Equal(first, await Settings.PageTokenSecretAsync(store, _time, default));
    }

    [Fact]
    public async Task A_key_that_is_none_is_made_anew()
    {
        var store = new SmallStore(_time);
        await store.DeclareAsync([Settings.Collection], default);
        await store.WriteAsync(Entries.Put(Settings.Collection.Name, "page-token-key", """{"key":"AAAA"}"""));
        Assert.Equal(32, (await Settings.PageTokenSecretAsync(store, _time, default)).Length);
    }

    [Fact]
    public async Task A_store_that_is_away_says_so()
    {
        var store = new SmallStore(_time);
        await store.DeclareAsync([Settings.Collection], default);
        store.IsAway = true;
        await Assert.ThrowsAsync<StoreUnavailableException>(() => Settings.PageTokenSecretAsync(store, _time, default));
    }
}
