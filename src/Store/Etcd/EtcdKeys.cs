using System.Text;
using Stateway.Store.Columns;

namespace Stateway.Store.Etcd;

/// <summary>
/// What lies where:
/// <code>
/// stateway/data/shop/products:p1   an entry: update time (8 bytes, ticks, big-endian), then its JSON
/// stateway/head                    put by every commit: its id (16 bytes) and time (8 bytes, ticks, big-endian)
/// stateway/lease/controllers       a lease: its holder; gone when etcd's lease runs out
/// stateway/spec/shop/products      the fields that were declared last
/// </code>
/// </summary>
internal sealed class EtcdKeys
{
    private readonly string _dataPrefix;
    private readonly byte[] _data;
    private readonly byte[] _lease;
    private readonly byte[] _spec;

    public EtcdKeys(string prefix)
    {
        _dataPrefix = prefix + "/data/";
        _data = Encoding.UTF8.GetBytes(_dataPrefix);
        _lease = Encoding.UTF8.GetBytes(prefix + "/lease/");
        _spec = Encoding.UTF8.GetBytes(prefix + "/spec/");
        Head = Encoding.UTF8.GetBytes(prefix + "/head");
    }

    public byte[] Head { get; }

    public KeyRange AllData => Prefixed(_data);

    public KeyRange AllSpecs => Prefixed(_spec);

    /// <summary>Entries and the head, which lies behind them in the order of keys: so it is the last event of each commit.</summary>
    public KeyRange DataAndHead => new(_data, [.. Head, 0]);

    public byte[] Data(Key key) => Data(key.Collection, key.Path);

    public byte[] Data(string collection, string path) => Encoding.UTF8.GetBytes(string.Concat(_dataPrefix, collection, ":", path));

    public KeyRange DataOf(string collection) => Prefixed(Encoding.UTF8.GetBytes(_dataPrefix + collection + ":"));

    public KeyRange DataBelow(string collection, string parent) =>
        new(Data(collection, Paths.FirstBelow(parent)), Data(collection, Paths.BehindBelow(parent)));

    public byte[] Lease(string name) => [.. _lease, .. Encoding.UTF8.GetBytes(name)];

    public byte[] Spec(string collection) => [.. _spec, .. Encoding.UTF8.GetBytes(collection)];

    public bool IsHead(ReadOnlySpan<byte> key) => key.SequenceEqual(Head);

    public string SpecName(ReadOnlySpan<byte> key) => Encoding.UTF8.GetString(key[_spec.Length..]);

    /// <returns>False for a key that is no entry's.</returns>
    public bool TryReadData(ReadOnlySpan<byte> key, out Key data)
    {
        data = default;
        if (!key.StartsWith(_data) || key[^1] == 0) return false; // one that ends with NUL is a mark, see VersionReads

        var rest = key[_data.Length..];
        int colon = rest.IndexOf((byte)':');
        if (colon <= 0 || colon == rest.Length - 1) return false;

        data = new(Encoding.UTF8.GetString(rest[..colon]), Encoding.UTF8.GetString(rest[(colon + 1)..]));
        return true;
    }

    private static KeyRange Prefixed(byte[] prefix)
    {
        // The first key behind all that begin with the prefix. It ends with a slash or a colon, which can grow.
        byte[] end = [.. prefix];
        end[^1]++;
        return new(prefix, end);
    }
}

/// <param name="End">Exclusive.</param>
internal readonly record struct KeyRange(byte[] Start, byte[] End);
