using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Stateway.Gateway.Admission;
using Stateway.Hosting;
using Stateway.Store;

namespace Stateway.Management;

/// <summary>
/// The key that the management API asks for. The first node over a store makes it: the key goes into a file that only its
/// owner can read, its hash into the store, where all nodes find it.
/// </summary>
/// <param name="File">Where the key was written, by this start or an earlier one; null when it is on another machine.</param>
/// <param name="IsNew">It was made just now.</param>
internal sealed record AdministratorKey(AccessKey Access, string? File, bool IsNew)
{
    public const string FileName = "administrator.key";

    private const string Prefix = "stateway_"; // so that tools that look for leaked secrets know it
    private const int RandomBytes = 32;
    private const int TriesMax = 5;

    private static readonly Key HashKey = new(Settings.Collection.Name, "administrator-key");

    /// <param name="folder">Made, with 0700, when it is not there and a key is to be written.</param>
    /// <exception cref="StoreUnavailableException"/>
    /// <exception cref="IOException">The key's file can't be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The key's file may not be written.</exception>
    public static async Task<AdministratorKey> OpenAsync(IStore store, string folder, TimeProvider time, CancellationToken ct)
    {
        string file = Path.Combine(folder, FileName);
        for (int i = 0; i < TriesMax; i++)
        {
            var known = await store.GetAsync(HashKey, ct);
            if (known is not null && TryRead(known.Value, out byte[] hash)) return new(new(hash), IsOf(file, hash) ? file : null, IsNew: false);

            // The file first: a key that is in force and written nowhere would be of no use. One that a start before this left counts.
            string key = TryReadFile(file) ?? WriteFile(folder, file);
            hash = AccessKey.HashOf(key);
            var put = new Write.Put(HashKey, time.GetUtcNow(), Encoding.UTF8.GetBytes($"{{\"sha256\":\"{Convert.ToBase64String(hash)}\"}}"));
            switch (await store.CommitAsync(new([new Precondition.AtRevision(HashKey, known?.Revision ?? 0)], [put]), ct))
            {
                case CommitResult.Committed: return new(new(hash), file, IsNew: true);
                case CommitResult.Conflict or CommitResult.Unknown: continue; // another node was faster, or we were and don't know: look
                case CommitResult.Full: throw new StoreUnavailableException("The store's disk is full.");
                case CommitResult.Unavailable unavailable: throw new StoreUnavailableException(unavailable.Reason);
                case var other: throw new StoreUnavailableException(other.ToString());
            }
        }

        throw new StoreUnavailableException("The administrator's key could not be read or written.");
    }

    private static string WriteFile(string folder, string file)
    {
        string key = Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes));
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        // Whole or not at all: it is moved into its place when it is on the disk. Of nodes that share the folder one is the first.
        string part = $"{file}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var stream = new FileStream(part, options))
        {
            stream.Write(Encoding.ASCII.GetBytes(key + "\n"));
            stream.Flush(flushToDisk: true);
        }

        try
        {
            System.IO.File.Move(part, file);
            return key;
        }
        catch (IOException e)
        {
            System.IO.File.Delete(part);
            return TryReadFile(file) ?? throw new IOException($"{file} is there, and is not an administrator's key: {e.Message} Move it away.");
        }
    }

    private static string? TryReadFile(string file)
    {
        try
        {
            string key = System.IO.File.ReadAllText(file).Trim();
            return key.StartsWith(Prefix, StringComparison.Ordinal) && key.Length > Prefix.Length + RandomBytes ? key : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static bool IsOf(string file, byte[] hash) => TryReadFile(file) is { } key && AccessKey.HashOf(key).AsSpan().SequenceEqual(hash);

    private static bool TryRead(ReadOnlyMemory<byte> json, out byte[] hash)
    {
        hash = [];
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("sha256", out var text)
                && text.TryGetBytesFromBase64(out hash!) && hash.Length == SHA256.HashSizeInBytes;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false; // not ours: it is written anew
        }
    }
}
