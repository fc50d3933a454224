using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;

namespace Stateway.Store.Bench;

/// <summary>Puts the rows of the large collection into a store before a server opens it.</summary>
internal static class Filling
{
    private const string Collection = "bench/items";

    /// <param name="rowsEach">Rows of one transaction: engines differ in how many they take.</param>
    public static async Task FillAsync(IStore store, int rows, int rowsEach)
    {
        long started = Stopwatch.GetTimestamp();
        await store.DeclareAsync([new(Collection, [new(["category"], false)])], CancellationToken.None);
        var options = new ParallelOptions { MaxDegreeOfParallelism = 4 };
        await Parallel.ForEachAsync(Enumerable.Range(0, (rows + rowsEach - 1) / rowsEach), options, async (chunk, ct) =>
        {
            var puts = ImmutableArray.CreateBuilder<Write>(rowsEach);
            for (int i = chunk * rowsEach; i < Math.Min(rows, (chunk + 1) * rowsEach); i++)
                puts.Add(new Write.Put(new(Collection, $"i{i}"), DateTimeOffset.UnixEpoch, Api.Row(i, rows)));

            var result = await store.CommitAsync(new([], puts.ToImmutable()), ct);
            if (result is not CommitResult.Committed) throw new InvalidOperationException(result.ToString());
        });

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {rows:N0} rows stored in {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s"));
    }
}
