using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;

namespace Stateway.Secrets;

/// <summary>A secret key as its resource holds it: wrapped by one master key, or while those change by two.</summary>
/// <param name="Id">A number: the highest is the one to encrypt with.</param>
/// <param name="Check">Tells which key it is, and tells nothing of it.</param>
/// <param name="Wraps">By the master keys' ids; while keys change also by the <see cref="Check"/> of the secret key before.</param>
internal sealed record SecretKeyText(string Id, string Check, IReadOnlyDictionary<string, string> Wraps)
{
    public int Number => int.Parse(Id, NumberStyles.None, CultureInfo.InvariantCulture);

    public static bool IsId(string id) => id.Length is > 0 and < 10 && id[0] is >= '1' and <= '9' && id.All(char.IsAsciiDigit);

    /// <param name="json">Fits the kind's schema.</param>
    public static SecretKeyText Read(JsonElement json) => new(
        json.GetProperty("id").GetString()!, json.GetProperty("check").GetString()!,
        json.GetProperty("wraps").EnumerateObject().ToDictionary(wrap => wrap.Name, wrap => wrap.Value.GetString()!, StringComparer.Ordinal));

    public static SecretKeyText Read(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        return Read(document.RootElement);
    }

    public static SecretKeyText Of(byte[] key, string id, params IEnumerable<MasterKey> masters) =>
        new(id, CheckOf(key), masters.DistinctBy(master => master.Id).ToDictionary(master => master.Id, master => master.Wrap(key, id), StringComparer.Ordinal));

    /// <returns>Null when none of the master keys wraps it.</returns>
    public byte[]? TryUnwrap(IEnumerable<MasterKey> masters)
    {
        foreach (var master in masters)
        {
            if (Wraps.TryGetValue(master.Id, out string? wrapped) && master.TryUnwrap(wrapped, Id) is { } key && CheckOf(key) == Check) return key;
        }

        return null;
    }

    public byte[] ToJson()
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteString("id", Id);
            json.WriteString("check", Check);
            json.WriteStartObject("wraps");
            foreach (var (master, wrapped) in Wraps) json.WriteString(master, wrapped);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }

    public static string CheckOf(byte[] key) => Convert.ToHexStringLower(HMACSHA256.HashData(key, "stateway secret key"u8))[..16];
}
