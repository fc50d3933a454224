using System.Diagnostics;
using System.Text;

namespace Stateway.Store.Etcd;

/// <summary>
/// A lease is a key that is attached to a lease of etcd and goes with it. Its epoch is the key's create revision, which
/// a transaction of etcd can compare; its value is the seconds and the holder: <c>15 node-7</c>.
/// </summary>
internal sealed class Leases(EtcdClient client, EtcdKeys keys, EtcdStoreOptions options)
{
    private const int Tries = 4; // each one meets a lease that has just run out, or has just been taken

    public async ValueTask<LeaseResult> TakeAsync(string name, string holder, TimeSpan duration, CancellationToken ct)
    {
        long seconds = (long)Math.Ceiling(duration.TotalSeconds);
        long start = Stopwatch.GetTimestamp();
        byte[] key = keys.Lease(name);
        byte[] value = Encoding.UTF8.GetBytes($"{seconds} {holder}");
        try
        {
            for (int i = 0; i < Tries && Stopwatch.GetElapsedTime(start) < options.ReachTimeout; i++)
            {
                var found = await FindAsync(key, ct);
                if (found is { } pair && HolderOf(pair) is var other && other != holder) return new LeaseResult.Taken(other);

                long epoch = found is not { } own ? await CreateAsync(key, value, seconds, ct)
                    : own.Value.AsSpan().SequenceEqual(value) ? await RenewAsync(key, own, ct)
                    : await ReplaceAsync(key, own, value, seconds, ct);
                if (epoch > 0) return new LeaseResult.Held(epoch);
            }

            return new LeaseResult.Unavailable($"The lease '{name}' changes too fast to be taken.");
        }
        catch (EtcdException e)
        {
            return new LeaseResult.Unavailable(e.Message);
        }
    }

    public async ValueTask ReleaseAsync(string name, long epoch, CancellationToken ct)
    {
        var found = await FindAsync(keys.Lease(name), ct);
        if (found is { } pair && pair.CreateRevision == epoch) await RevokeAsync(pair.Lease, ct);
    }

    /// <returns>The epoch; 0 when somebody was faster.</returns>
    private async Task<long> CreateAsync(byte[] key, byte[] value, long seconds, CancellationToken ct)
    {
        long lease = await GrantAsync(seconds, ct);
        return await PutAsync(key, 0, value, lease, ct);
    }

    /// <returns>The epoch; 0 when it has just run out.</returns>
    private async Task<long> RenewAsync(byte[] key, KeyValue own, CancellationToken ct)
    {
        long left = await client.ReadAsync(
            "/v3/lease/keepalive", RequestBody.Numbers(("ID", own.Lease)), static json => GatewayJson.ReadInt64(json, "TTL"u8), ct);
        if (left <= 0) return 0;

        return await FindAsync(key, ct) is { } now && now.CreateRevision == own.CreateRevision ? own.CreateRevision : 0;
    }

    /// <summary>For another duration the key moves to another lease of etcd; its create revision stays.</summary>
    private async Task<long> ReplaceAsync(byte[] key, KeyValue own, byte[] value, long seconds, CancellationToken ct)
    {
        long lease = await GrantAsync(seconds, ct);
        long epoch = await PutAsync(key, own.CreateRevision, value, lease, ct);
        if (epoch > 0 && own.Lease != lease) await RevokeAsync(own.Lease, ct);
        return epoch;
    }

    /// <param name="created">The key's create revision as it must be; 0: none.</param>
    /// <returns>The create revision as it is afterwards; 0 when it was another one.</returns>
    private async Task<long> PutAsync(byte[] key, long created, byte[] value, long lease, CancellationToken ct)
    {
        var body = new RequestBody();
        body.Json.WriteStartObject();
        body.Json.WriteStartArray("compare"u8);
        body.WriteCreatedAt(key, created);
        body.Json.WriteEndArray();
        body.Json.WriteStartArray("success"u8);
        body.WritePut(key, value, lease);
        body.Json.WriteEndArray();
        body.Json.WriteStartArray("failure"u8);
        body.WriteRangeOperation(key);
        body.Json.WriteEndArray();
        body.Json.WriteEndObject();

        var answer = await client.ReadAsync("/v3/kv/txn", body.Finish(), GatewayJson.ReadTxn, ct);
        if (answer.Succeeded) return created > 0 ? created : answer.Revision;

        // It may have been sent twice, and the first one have come through.
        var pairs = answer.Ranges[0].Pairs;
        if (pairs.Count > 0 && pairs[0].Lease == lease) return pairs[0].CreateRevision;

        await RevokeAsync(lease, ct);
        return 0;
    }

    private async Task<KeyValue?> FindAsync(byte[] key, CancellationToken ct)
    {
        var range = await client.ReadAsync("/v3/kv/range", RequestBody.Range(key), GatewayJson.ReadRange, ct);
        return range.Pairs.Count == 0 ? null : range.Pairs[0];
    }

    private Task<long> GrantAsync(long seconds, CancellationToken ct) => client.ReadAsync(
        "/v3/lease/grant", RequestBody.Numbers(("TTL", seconds)), static json => GatewayJson.ReadInt64(json, "ID"u8), ct);

    private async Task RevokeAsync(long lease, CancellationToken ct)
    {
        try
        {
            await client.ReadAsync("/v3/lease/revoke", RequestBody.Numbers(("ID", lease)), static _ => 0, ct);
        }
        catch (EtcdException e) when (e.Failure == EtcdFailure.Refused)
        {
            // There is none any more.
        }
    }

    private static string HolderOf(in KeyValue pair)
    {
        string text = Encoding.UTF8.GetString(pair.Value);
        return text[(text.IndexOf(' ') + 1)..];
    }
}
