using System.Globalization;
using System.Text;
using Stateway.LeaseHolder;
using Stateway.Store;
using Stateway.Store.Leases;

// Takes a lease and commits fenced writes as fast as it can, whatever it thinks of its lease itself, until the fence
// refuses one: what a holder does that was stopped between looking at its lease and writing.
//
//   LeaseHolder LEASE SECONDS COLLECTION ENGINE OPTION…
//
//   held 7          the epoch
//   wrote 1 42      the first write was acknowledged, with this revision
//   refused 8       by the fence; the epoch there is. Ends.

if (args is not [var name, var seconds, var collection, .. var engine] || await EngineArguments.OpenAsync(engine) is not { } store)
{
    Console.Error.WriteLine("LeaseHolder LEASE SECONDS COLLECTION ENGINE OPTION…");
    return 2;
}

await using var _ = store;
string holder = $"{Environment.ProcessId}-{TimeProvider.System.GetTimestamp()}";
var duration = TimeSpan.FromSeconds(int.Parse(seconds, CultureInfo.InvariantCulture));
await using var lease = await Lease.TakeAsync(store, name, holder, duration, TimeProvider.System, CancellationToken.None);
Console.WriteLine($"held {lease.Epoch}");

for (int i = 1; ; i++)
{
    byte[] value = Encoding.UTF8.GetBytes($$"""{"epoch":{{lease.Epoch}},"write":{{i}}}""");
    var put = new Write.Put(new(collection, $"{holder}-{i % 10}"), TimeProvider.System.GetUtcNow(), value);
    switch (await store.CommitAsync(new([lease.Fence], [put]), CancellationToken.None))
    {
        case CommitResult.Committed committed:
            Console.WriteLine($"wrote {i} {committed.Revision}");
            break;

        case CommitResult.Conflict conflict:
            Console.WriteLine($"refused {conflict.Actual}");
            return 0;

        case var other: // the connection may have broken while the process was stopped: the next one is refused, too
            Console.Error.WriteLine(other);
            break;
    }
}
