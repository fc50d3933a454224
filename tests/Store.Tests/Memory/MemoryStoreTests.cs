namespace Stateway.Store.Tests;

// The oracle itself keeps the promises.
public sealed class MemoryReadingTests : ReadingCompliance<MemoryEngine>;
public sealed class MemoryCommittingTests : CommittingCompliance<MemoryEngine>;
public sealed class MemoryQueryingTests : QueryingCompliance<MemoryEngine>;
public sealed class MemoryDeclaringTests : DeclaringCompliance<MemoryEngine>;
public sealed class MemoryHistoryTests : HistoryCompliance<MemoryEngine>;
public sealed class MemoryLogTests : LogCompliance<MemoryEngine>;
public sealed class MemoryCompactionTests : CompactionCompliance<MemoryEngine>;
public sealed class MemoryLeaseTests : LeaseCompliance<MemoryEngine>;
public sealed class MemoryAgreementTests : AgreementCompliance<MemoryEngine>;

/// <summary>One store is every node.</summary>
public sealed class MemoryEngine : StoreEngine
{
    public override ValueTask<IStore> OpenAsync() => new(new MemoryStore());

    public override ValueTask<IStore> ReopenAsync(IStore store) => new(store);

    public override ValueTask<IStore?> JoinAsync(IStore store) => new(store);
}
