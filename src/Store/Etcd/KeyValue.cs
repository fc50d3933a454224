using System.Text.Json;

namespace Stateway.Store.Etcd;

/// <summary>A key of etcd with its value. Of a deletion only the key and <see cref="ModRevision"/> are set.</summary>
internal struct KeyValue
{
    public byte[] Key;
    public long CreateRevision;
    public long ModRevision;
    public long Version;
    public long Lease;
    public byte[] Value;

    /// <summary>Reads one object.</summary>
    /// <param name="known">Of a revision up to this one the value is not taken; it stands behind the revision.</param>
    public static KeyValue Read(ref Utf8JsonReader reader, long known = 0)
    {
        var pair = new KeyValue { Key = [], Value = [] };
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("key"u8))
            {
                reader.Read();
                pair.Key = reader.GetBytesFromBase64();
            }
            else if (reader.ValueTextEquals("value"u8))
            {
                reader.Read();
                if (pair.ModRevision > known || known == 0) pair.Value = reader.GetBytesFromBase64();
            }
            else if (reader.ValueTextEquals("create_revision"u8)) pair.CreateRevision = GatewayJson.ReadInt64(ref reader);
            else if (reader.ValueTextEquals("mod_revision"u8)) pair.ModRevision = GatewayJson.ReadInt64(ref reader);
            else if (reader.ValueTextEquals("version"u8)) pair.Version = GatewayJson.ReadInt64(ref reader);
            else if (reader.ValueTextEquals("lease"u8)) pair.Lease = GatewayJson.ReadInt64(ref reader);
            else GatewayJson.SkipValue(ref reader);
        }

        return pair;
    }
}
