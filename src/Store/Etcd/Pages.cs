namespace Stateway.Store.Etcd;

/// <summary>Reads a range of keys at one revision, page by page: about as many keys at a time as fill a few megabytes.</summary>
internal sealed class Pages(EtcdClient client, KeyRange range, long revision)
{
    private const int FirstKeys = 64;
    private const int KeysMax = 5_000;
    private const int PageBytes = 4 << 20;
    private static readonly TimeSpan _attempt = TimeSpan.FromSeconds(30);

    private byte[] _from = range.Start;
    private int _keys = FirstKeys;
    private bool _isDone;

    /// <returns>Null when there are no more.</returns>
    /// <exception cref="EtcdException"/>
    public async Task<List<KeyValue>?> NextAsync(CancellationToken ct)
    {
        if (_isDone) return null;

        var answer = await client.ReadAsync(
            "/v3/kv/range", RequestBody.Range(_from, range.End, revision, _keys), GatewayJson.ReadRange, ct, attempt: _attempt, timeout: _attempt);
        _isDone = !answer.More || answer.Pairs.Count == 0;
        if (answer.Pairs.Count == 0) return null;

        _from = [.. answer.Pairs[^1].Key, 0];
        long bytes = 1;
        foreach (var pair in answer.Pairs) bytes += pair.Key.Length + pair.Value.Length;

        // Values may grow along the range, so the pages grow slowly.
        long fitting = PageBytes * (long)answer.Pairs.Count / bytes;
        _keys = (int)Math.Clamp(fitting, 1, Math.Min(KeysMax, _keys * 4));
        return answer.Pairs;
    }
}
