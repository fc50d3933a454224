using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Stateway.Store;

namespace Stateway.Hosting;

/// <summary>What all nodes over one store share, kept in the store itself.</summary>
internal static class Settings
{
    public static readonly CollectionSpec Collection = new("stateway/settings", []);

    private static readonly Key PageTokenKey = new(Collection.Name, "page-token-key");
    private const int SecretBytes = 32;
    private const int TriesMax = 5;

    /// <summary>The key that page tokens are authenticated with: the first node makes it, the others take it.</summary>
    /// <exception cref="StoreUnavailableException"/>
    public static async Task<byte[]> PageTokenSecretAsync(IStore store, TimeProvider time, CancellationToken ct)
    {
        for (int i = 0; i < TriesMax; i++)
        {
            var known = await store.GetAsync(PageTokenKey, ct);
            if (known is not null && TryRead(known.Value, out byte[] secret)) return secret;

            secret = RandomNumberGenerator.GetBytes(SecretBytes);
            var put = new Write.Put(PageTokenKey, time.GetUtcNow(), Encoding.UTF8.GetBytes($"{{\"key\":\"{Convert.ToBase64String(secret)}\"}}"));
            switch (await store.CommitAsync(new([new Precondition.AtRevision(PageTokenKey, known?.Revision ?? 0)], [put]), ct))
            {
                case CommitResult.Committed: return secret;
                case CommitResult.Conflict or CommitResult.Unknown: continue; // somebody was faster, or we were and don't know: look
                case CommitResult.Full: throw new StoreUnavailableException("The store's disk is full.");
                case CommitResult.Unavailable unavailable: throw new StoreUnavailableException(unavailable.Reason);
                case var other: throw new StoreUnavailableException(other.ToString());
            }
        }

        throw new StoreUnavailableException("The key of page tokens could not be read or written.");
    }

    private static bool TryRead(ReadOnlyMemory<byte> json, out byte[] secret)
    {
        secret = [];
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("key", out var key)
                && key.TryGetBytesFromBase64(out secret!) && secret.Length == SecretBytes;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false; // not ours: it is written anew, and page tokens that are out begin again
        }
    }
}
