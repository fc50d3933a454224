using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using Stateway.Secrets;

namespace Stateway.Client.Secrets;

/// <summary>
/// Lets a server's secrets be encrypted with a new secret key, under the same master key or a new one. The master keys stay
/// here: the server is only told what they wrap. What there is at the server says how far a rotation has come, so that one
/// that was broken off goes on when it is run again.
/// </summary>
/// <param name="masters">Any of them opens the keys that there are.</param>
/// <param name="next">Wraps the new key, and in the end alone.</param>
internal sealed class Rotation(Session session, IReadOnlyList<MasterKey> masters, MasterKey next, Action<string> say)
{
    private const string KeysPath = "/secret-keys";

    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(200);

    /// <summary>How long no secret may be encrypted anew before it counts as stuck.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <returns>Null when it is done.</returns>
    public async Task<Failure?> RunAsync(CancellationToken ct)
    {
        bool hasBegunHere = false, isAwaited = false;
        while (true)
        {
            // 1. The secret keys that there are; this side must be able to open all of them.
            var (keys, failure) = await ListKeysAsync(ct);
            if (keys is null) return failure;
            if (keys.Count == 0) return new("There is no secret yet, and so no key to rotate.");

            var opened = new List<byte[]>();
            foreach (var key in keys)
            {
                if (key.TryUnwrap([next, .. masters]) is not { } each)
                    return new($"The secret key {key.Id} is under the master key {string.Join(" or ", key.Wraps.Keys)}, which was not given. --master-key FILE or {MasterKeyFile.Variable} gives it.");
                opened.Add(each);
            }

            if (isAwaited && keys is [{ Wraps.Count: 1 } only] && only.Wraps.ContainsKey(next.Id)) return Done(only.Id); // the same command, run elsewhere, was faster

            // 2. Begin with a new key beside the others, all of them readable with the old master key and the new one; or go on.
            bool hasBegun = keys.Count > 1 || (keys[0].Wraps.Count > 1 && keys[0].Wraps.ContainsKey(next.Id));
            if (hasBegun && !keys[^1].Wraps.ContainsKey(next.Id))
                return new($"Another rotation has begun, to the master key {string.Join(" or ", keys[^1].Wraps.Keys)}. Finish it first: run it again as it was run.");
            if (!hasBegun)
            {
                if (await BeginAsync(keys, opened, ct) is { } notBegun) return notBegun;
                hasBegunHere = true;
                continue;
            }

            if (!hasBegunHere && !isAwaited) say("Going on with the rotation that has begun.");

            // 3. The nodes encrypt all secrets anew.
            string newest = keys[^1].Id;
            if (await AwaitAsync(newest, ct) is { } stuck) return stuck;

            // 4. The other keys go, and the new one is readable with the new master key alone.
            var reply = await EndAsync(keys, opened[^1], ct);
            if (reply is Reply.Good) return Done(newest);
            isAwaited = true;
            if (reply is not Reply.Refused { Problem.Code: "STILL_REFERENCED" or "NOT_FOUND" }) return reply.ToFailure("The old secret keys can't be removed");
        }
    }

    private Failure? Done(string newest)
    {
        say($"All secrets are encrypted with the secret key {newest}, under the master key {next.Id}.");
        return null;
    }

    private async Task<(List<SecretKeyText>? Keys, Failure? Failure)> ListKeysAsync(CancellationToken ct)
    {
        var reply = await session.Api.SendAsync(Call.Get(KeysPath + "?max_page_size=100"), ct);
        return reply is Reply.Good { Body: var body }
            ? ([.. body.GetProperty("results").EnumerateArray().Select(SecretKeyText.Read).OrderBy(key => key.Number)], null)
            : (null, reply.ToFailure("The secret keys can't be read"));
    }

    private async Task<Failure?> BeginAsync(List<SecretKeyText> keys, List<byte[]> opened, CancellationToken ct)
    {
        string id = (keys[^1].Number + 1).ToString(System.Globalization.CultureInfo.InvariantCulture);
        var all = masters.Where(master => keys[^1].Wraps.ContainsKey(master.Id)).Append(next).Append(MasterKey.Of(opened[^1])).ToArray();
        var reply = await SendAsync(requests =>
        {
            for (int i = 0; i < keys.Count; i++)
            {
                if (keys[i].Wraps.ContainsKey(next.Id)) continue;
                WriteRequest(requests, "PATCH", $"{KeysPath}/{keys[i].Id}", body => body.WriteString(next.Id, next.Wrap(opened[i], keys[i].Id)));
            }

            var key = SecretKeyText.Of(RandomNumberGenerator.GetBytes(Sealing.KeyBytes), id, all);
            requests.WriteStartObject();
            requests.WriteString("method", "POST");
            requests.WriteString("path", KeysPath);
            requests.WritePropertyName("body");
            requests.WriteRawValue(key.ToJson());
            requests.WriteEndObject();
        }, ct);

        // Somebody else has begun at the same time: what there is tells whether it is the same rotation.
        return reply is Reply.Good or Reply.Refused { Problem.Code: "ALREADY_EXISTS" } ? null : reply.ToFailure("The new secret key can't be put beside the old one");
    }

    private async Task<Failure?> AwaitAsync(string newest, CancellationToken ct)
    {
        int left = int.MaxValue;
        long since = session.Time.GetTimestamp();
        while (true)
        {
            if (session.Kinds.Named("secrets") is not { } kind) return new("The server has no secrets.");

            var listing = new Listing(session);
            if (await listing.ReadAsync(kind, [], "fields=id,key", ct) is { } failure) return failure;

            int now = listing.Rows.Count(row => Session.Text(row.Body, "key") != newest);
            if (now == 0) return null;
            if (now < left)
            {
                say($"Secrets to be encrypted anew: {now}.");
                (left, since) = (now, session.Time.GetTimestamp());
            }
            else if (session.Time.GetElapsedTime(since) > Patience)
            {
                return new($"Secrets that are not encrypted anew: {now}; the servers' logs tell why. Run this again when that is mended.");
            }

            await Task.Delay(LookInterval, session.Time, ct);
        }
    }

    private Task<Reply> EndAsync(List<SecretKeyText> keys, byte[] newest, CancellationToken ct) => SendAsync(requests =>
    {
        foreach (var old in keys.SkipLast(1)) WriteRequest(requests, "DELETE", $"{KeysPath}/{old.Id}", null);
        var last = keys[^1];
        WriteRequest(requests, "PATCH", $"{KeysPath}/{last.Id}", body =>
        {
            foreach (string master in last.Wraps.Keys.Where(master => master != next.Id)) body.WriteNull(master);
            body.WriteString(next.Id, last.Wraps.GetValueOrDefault(next.Id) ?? next.Wrap(newest, last.Id));
        });
    }, ct);

    private async Task<Reply> SendAsync(Action<Utf8JsonWriter> write, CancellationToken ct)
    {
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("requests");
            write(writer);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return await session.Api.SendAsync(new(HttpMethod.Post, "/_/batch") { Body = json.WrittenMemory, Headers = [("Idempotency-Key", Guid.NewGuid().ToString("N"))] }, ct);
    }

    private static void WriteRequest(Utf8JsonWriter requests, string method, string path, Action<Utf8JsonWriter>? wraps)
    {
        requests.WriteStartObject();
        requests.WriteString("method", method);
        requests.WriteString("path", path);
        if (wraps is not null)
        {
            requests.WriteStartObject("body");
            requests.WriteStartObject("wraps");
            wraps(requests);
            requests.WriteEndObject();
            requests.WriteEndObject();
        }

        requests.WriteEndObject();
    }
}
