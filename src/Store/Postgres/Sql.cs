using Npgsql;
using NpgsqlTypes;

namespace Stateway.Store.Postgres;

/// <summary>Parameters with their types said, so that statements stay prepared.</summary>
internal static class Sql
{
    public static NpgsqlParameter Text(string value) => new NpgsqlParameter<string> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Text };

    public static NpgsqlParameter Bytes(byte[] value) => new NpgsqlParameter<byte[]> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Bytea };

    public static NpgsqlParameter Long(long value) => new NpgsqlParameter<long> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Bigint };

    public static NpgsqlParameter Int(int value) => new NpgsqlParameter<int> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Integer };

    public static NpgsqlParameter Texts(string[] values) => Array(values, NpgsqlDbType.Text);

    public static NpgsqlParameter Longs(long[] values) => Array(values, NpgsqlDbType.Bigint);

    public static NpgsqlParameter Ints(int[] values) => Array(values, NpgsqlDbType.Integer);

    public static NpgsqlParameter Bools(bool[] values) => Array(values, NpgsqlDbType.Boolean);

    public static NpgsqlParameter Blobs(byte[][] values) => Array(values, NpgsqlDbType.Bytea);

    public static NpgsqlParameter Blobs(ReadOnlyMemory<byte>[] values) => Array(values, NpgsqlDbType.Bytea);

    public static NpgsqlParameter Blobs(ReadOnlyMemory<byte>?[] values) => Array(values, NpgsqlDbType.Bytea);

    private static NpgsqlParameter Array<T>(T[] values, NpgsqlDbType type) =>
        new NpgsqlParameter<T[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | type };
}
