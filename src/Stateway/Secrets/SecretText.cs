using System.Buffers;
using System.Text;
using System.Text.Json;
using Stateway.Gateway.Content;
using Stateway.Management;

namespace Stateway.Secrets;

/// <summary>The parts of a stored secret that this folder cares for.</summary>
/// <param name="Sealed">Null when the resource has no value.</param>
/// <param name="Version">Counts its values.</param>
internal readonly record struct SecretText(string? Sealed, string? Key, long Version)
{
    private const string ValueMember = "value", SealedMember = "sealed", KeyMember = "key", VersionMember = "version";

    /// <param name="value">In plain text, as a client's request gives it; null without one.</param>
    public static SecretText Read(ReadOnlyMemory<byte> json, out string? value)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        value = Text(root, ValueMember);
        return new(Text(root, SealedMember), Text(root, KeyMember), root.TryGetProperty(VersionMember, out var version) ? version.GetInt64() : 0);
    }

    /// <summary>The same resource with these parts, and without a value in plain text.</summary>
    public byte[] ApplyTo(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        var output = new ArrayBufferWriter<byte>(json.Length + 256);
        using (var writer = new Utf8JsonWriter(output, JsonOptions.Readable))
        {
            writer.WriteStartObject();
            foreach (var member in document.RootElement.EnumerateObject())
            {
                if (member.Name is not (ValueMember or SealedMember or KeyMember or VersionMember)) member.WriteTo(writer);
            }

            writer.WriteString(SealedMember, Sealed);
            writer.WriteString(KeyMember, Key);
            writer.WriteNumber(VersionMember, Version);
            writer.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }

    public static string SealValue(byte[] key, string keyId, string name, string value) => Sealing.Seal(key, Encoding.UTF8.GetBytes(value), Kinds.Secret, name, keyId);

    /// <returns>Null when this is not the key, or the text is not this secret's.</returns>
    public string? TryOpen(byte[] key, string name) =>
        Sealed is not null && Sealing.TryOpen(key, Sealed, Kinds.Secret, name, Key ?? "") is { } plain ? Encoding.UTF8.GetString(plain) : null;

    private static string? Text(JsonElement root, string name) => root.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;
}
