namespace Stateway.Store.Tests;

/// <summary>The oracle itself keeps the promises.</summary>
public sealed class MemoryStoreTests : StoreCompliance
{
    protected override ValueTask<IStore> OpenAsync() => new(new MemoryStore());
}
