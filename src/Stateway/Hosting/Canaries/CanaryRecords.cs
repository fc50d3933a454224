using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Stateway.Gateway.Canaries;
using Stateway.Management;
using Stateway.Store;

namespace Stateway.Hosting.Canaries;

/// <summary>
/// What nodes tell each other of canaries that are on: <c>shop/live</c> says when one began, <c>shop/live/NODE</c> what that node
/// has counted lately. Each entry carries the mark of its canary, so that none is taken for another's.
/// </summary>
internal static class CanaryRecords
{
    public static readonly CollectionSpec Collection = new("stateway/canaries", []);

    /// <summary>Where it stands when a canary began.</summary>
    /// <param name="stage">Its path.</param>
    public static Key Beginning(string stage) => new(Collection.Name, stage);

    public static Key Counts(string stage, string node) => new(Collection.Name, $"{stage}/{node}");

    /// <summary>Tells a canary from others of its stage: another share, another rule, another deployment beside it make another one.</summary>
    public static string MarkOf(string baseDeployment, CanarySetting setting) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(baseDeployment + "\n" + setting.Text)).AsSpan(0, 16));

    public static byte[] Write(string mark, DateTimeOffset began) => Write(mark, json => json.WriteString("began", began));

    public static byte[] Write(string mark, CanaryCounts counts) => Write(mark, json =>
    {
        json.WritePropertyName("counts");
        counts.WriteTo(json);
    });

    /// <returns>Null when it is of another canary.</returns>
    public static DateTimeOffset? ReadBeginning(ReadOnlyMemory<byte> value, string mark)
    {
        using var document = JsonDocument.Parse(value);
        return IsOf(document, mark) && document.RootElement.TryGetProperty("began", out var began) && began.TryGetDateTimeOffset(out var time) ? time : null;
    }

    /// <returns>Null when they are of another canary.</returns>
    public static CanaryCounts? ReadCounts(ReadOnlyMemory<byte> value, string mark)
    {
        using var document = JsonDocument.Parse(value);
        return IsOf(document, mark) && document.RootElement.TryGetProperty("counts", out var counts) ? CanaryCounts.Read(counts) : null;
    }

    private static bool IsOf(JsonDocument document, string mark) =>
        document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("canary", out var text) && text.ValueEquals(mark);

    private static byte[] Write(string mark, Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("canary", mark);
            write(json);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
