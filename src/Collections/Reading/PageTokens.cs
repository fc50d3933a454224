using System.Buffers.Text;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Stateway.Model.Expressions;
using Stateway.Model.Problems;
using Stateway.Store;

namespace Stateway.Collections.Reading;

/// <summary>
/// Page tokens: the place where the next page begins, and the revision that the list is read as of, authenticated so
/// that nobody makes one up, and bound to the list they belong to. They carry no rights. Layout before base64url: tag
/// (16 bytes), version (1), issue time in Unix seconds (8), hash of the list's parameters (8), revision (8), path,
/// whether the values were too long, then the order fields' values.
/// </summary>
public sealed class PageTokens(byte[] key, TimeProvider time)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(3);

    /// <summary>Characters of text in a token; an order by longer ones is found again by the row itself.</summary>
    private const int TextMax = 1024;

    private const int TagBytes = 16;
    private const byte Version = 2;

    /// <param name="list">Everything that makes the list what it is: collection, parent, filter, order.</param>
    /// <param name="revision">Where the list began; for a history, where the page ended.</param>
    public string Issue(Cursor cursor, string list, long revision)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        writer.Write(new byte[TagBytes]);
        writer.Write(Version);
        writer.Write(time.GetUtcNow().ToUnixTimeSeconds());
        writer.Write(HashOf(list));
        writer.Write(revision);
        writer.Write(cursor.Path);
        bool isLong = cursor.Values.Sum(v => v.Kind == ValueKind.String ? v.AsString.Length : 0) > TextMax;
        writer.Write(isLong);
        if (!isLong)
        {
            writer.Write7BitEncodedInt(cursor.Values.Length);
            foreach (var value in cursor.Values) Write(writer, value);
        }

        byte[] bytes = stream.ToArray();
        Tag(bytes.AsSpan(TagBytes), bytes);
        return Base64Url.EncodeToString(bytes);
    }

    /// <param name="cursor">Without values (default) when they were too long for a token.</param>
    public Problem? TryRead(string token, string list, out Cursor? cursor, out long revision)
    {
        cursor = null;
        revision = 0;
        byte[] bytes;
        try
        {
            if (token.Length > 8192) return Invalid();
            bytes = Base64Url.DecodeFromChars(token);
        }
        catch (FormatException)
        {
            return Invalid();
        }

        Span<byte> tag = stackalloc byte[TagBytes];
        if (bytes.Length <= TagBytes) return Invalid();
        Tag(bytes.AsSpan(TagBytes), tag);
        if (!CryptographicOperations.FixedTimeEquals(tag, bytes.AsSpan(0, TagBytes))) return Invalid();

        // Behind the tag everything is as it was written.
        using var reader = new BinaryReader(new MemoryStream(bytes, TagBytes, bytes.Length - TagBytes), Encoding.UTF8);
        if (reader.ReadByte() != Version) return Expired("It was issued by another version of the server.");

        var issued = DateTimeOffset.FromUnixTimeSeconds(reader.ReadInt64());
        if (reader.ReadUInt64() != HashOf(list)) return Invalid();
        if (time.GetUtcNow() - issued > Lifetime) return Expired($"It was issued at {issued:yyyy-MM-dd'T'HH:mm:ss'Z'}.");

        revision = reader.ReadInt64();
        string path = reader.ReadString();
        if (reader.ReadBoolean())
        {
            cursor = new(default, path); // the values are those that the row has
            return null;
        }

        var values = new Value[reader.Read7BitEncodedInt()];
        for (int i = 0; i < values.Length; i++) values[i] = Read(reader);
        cursor = new([.. values], path);
        return null;
    }

    public static Problem Invalid() =>
        new(ProblemTypes.InvalidPageToken, "Take page_token from the answer before, with the other parameters unchanged, or leave it out.")
        {
            Errors = [new("INVALID", "page_token is not one of this list.") { Parameter = "page_token" }],
        };

    public static Problem Expired(string why) => new(ProblemTypes.PageTokenExpired, why);

    private void Tag(ReadOnlySpan<byte> content, Span<byte> tag)
    {
        Span<byte> full = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, content, full);
        full[..TagBytes].CopyTo(tag);
    }

    private static ulong HashOf(string list) => BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes(list)));

    private static void Write(BinaryWriter writer, Value value)
    {
        writer.Write((byte)value.Kind);
        switch (value.Kind)
        {
            case ValueKind.Bool: writer.Write(value.AsBool); break;
            case ValueKind.Int: writer.Write(value.AsInt); break;
            case ValueKind.Double: writer.Write(value.AsDouble); break;
            case ValueKind.String: writer.Write(value.AsString); break;
            case ValueKind.Timestamp: writer.Write(value.AsTicks); break;
            default: break; // missing, null and what has no order of its own are their kind alone
        }
    }

    private static Value Read(BinaryReader reader) => (ValueKind)reader.ReadByte() switch
    {
        ValueKind.Null => Value.Null,
        ValueKind.Bool => Value.Of(reader.ReadBoolean()),
        ValueKind.Int => Value.Of(reader.ReadInt64()),
        ValueKind.Double => Value.Of(reader.ReadDouble()),
        ValueKind.String => Value.Of(reader.ReadString()),
        ValueKind.Timestamp => Value.Of(new DateTimeOffset(reader.ReadInt64(), TimeSpan.Zero)),
        ValueKind.List or ValueKind.Map => Value.OfList(ImmutableArray<Value>.Empty),
        _ => Value.Missing,
    };
}
