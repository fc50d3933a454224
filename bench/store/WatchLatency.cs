using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Stateway.Store.Bench;

/// <summary>How long a write takes to a watch: from the sending of the request until the event has been read.</summary>
internal static class WatchLatency
{
    private const int PerSecond = 200;

    /// <param name="writeUrl">The node that is written to.</param>
    /// <param name="watchUrl">The node that is watched; may be the same.</param>
    /// <returns>A line of percentiles.</returns>
    public static async Task<string> MeasureAsync(string writeUrl, string watchUrl, int seconds)
    {
        int writes = PerSecond * seconds;
        long[] sent = new long[writes], answered = new long[writes], seen = new long[writes];
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 16 });
        using var request = new HttpRequestMessage(HttpMethod.Get, watchUrl + "/items?watch=true&category=c999999&fields=name");
        using var watch = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        watch.EnsureSuccessStatusCode();
        using var lines = new StreamReader(await watch.Content.ReadAsStreamAsync());
        while (!(await lines.ReadLineAsync())!.Contains("\"initial\"", StringComparison.Ordinal)) { } // its own rows of an earlier round come first

        var reading = Task.Run(async () =>
        {
            for (int left = writes; left > 0;)
            {
                string line = await lines.ReadLineAsync() ?? throw new EndOfStreamException("The watch ended.");
                int at = line.IndexOf("\"name\":\"w", StringComparison.Ordinal);
                if (at < 0) continue; // a bookmark
                at += "\"name\":\"w".Length;
                seen[int.Parse(line.AsSpan(at, line.IndexOf('"', at) - at), CultureInfo.InvariantCulture)] = Stopwatch.GetTimestamp();
                left--;
            }
        });

        long started = Stopwatch.GetTimestamp();
        var writing = new List<Task>();
        for (int i = 0; i < writes; i++)
        {
            var due = TimeSpan.FromSeconds((double)i / PerSecond) - Stopwatch.GetElapsedTime(started);
            if (due > TimeSpan.Zero) await Task.Delay(due);
            writing.Add(WriteAsync(i));
        }

        await Task.WhenAll(writing);
        await reading.WaitAsync(TimeSpan.FromSeconds(30));
        return $"from sending: {Percentiles(sent, seen)}   from the answer: {Percentiles(answered, seen)}";

        async Task WriteAsync(int i)
        {
            using var body = new StringContent($$"""{"name":"w{{i}}","category":"c999999"}""", Encoding.UTF8, "application/json");
            sent[i] = Stopwatch.GetTimestamp();
            using var response = await http.PostAsync(writeUrl + "/items", body);
            answered[i] = Stopwatch.GetTimestamp();
            response.EnsureSuccessStatusCode();
        }
    }

    private static string Percentiles(long[] from, long[] to)
    {
        double[] sorted = [.. from.Zip(to, (a, b) => Math.Max(0, Stopwatch.GetElapsedTime(a, b).TotalMilliseconds)).Order()];
        return string.Create(CultureInfo.InvariantCulture,
            $"p50 {sorted[sorted.Length / 2]:0.0} ms, p99 {sorted[(int)(sorted.Length * 0.99)]:0.0} ms, max {sorted[^1]:0.0} ms");
    }
}
