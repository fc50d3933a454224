using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Stateway.Gateway;
using Stateway.Gateway.Content;
using Stateway.Model.Problems;
using Stateway.Store;

namespace Stateway.Collections.Writing.Repeating;

/// <summary>
/// A request that is carried out once, however often it comes: it has an idempotency key. Its answer is one more entry in the
/// transaction of its change, on condition that there is none yet, so that of two that run at once, on whichever nodes, one
/// commits and the other answers the same. What was refused changed nothing and leaves no record: it runs again.
/// </summary>
internal sealed class Once
{
    private readonly Key _record;
    private readonly string _fingerprint;
    private long _revision; // of the record that is there: 0, or of one that has expired

    private Once(Key record, string fingerprint) => (_record, _fingerprint) = (record, fingerprint);

    /// <summary>Nobody has answered a request with this key.</summary>
    public Precondition Condition => new Precondition.AtRevision(_record, _revision);

    /// <summary>The answer, to be written together with the change.</summary>
    public Write.Put ToPut(StoredAnswer answer, DateTimeOffset now) =>
        new(_record, now, answer.ToRecord(_fingerprint, now + IdempotencyRecords.KeptFor));

    /// <summary>Somebody else was faster with this key. Whatever problem is returned then, the client gets the other's answer.</summary>
    public bool IsTaken(CommitResult result) => result is CommitResult.Conflict { Precondition: Precondition.AtRevision at } && at.Key == _record;

    /// <param name="run">Carries the request out; it is handed null when it is only tried, which leaves no record.</param>
    /// <param name="replay">Answers again; the entry is the record.</param>
    public static async ValueTask<Problem?> RunAsync(
        Exchange exchange, CollectionServices services, Func<Once?, ValueTask<Problem?>> run, Func<Entry, StoredAnswer, ValueTask<Problem?>> replay)
    {
        // 1. The key, and what makes this request the same as another.
        if (IdempotencyKey.Read(exchange.Request.Headers, out string key) is { } malformed) return malformed;
        if (Preferences.Of(exchange.Request).ValidateOnly) return await run(null);

        var (body, problem) = await BodyReader.ReadAsync(exchange, services.Limits);
        if (problem is not null) return problem;

        BodyReader.GiveBack(exchange, body);
        var once = new Once(new(IdempotencyRecords.Spec.Name, NameOf(exchange.Request, key)), FingerprintOf(exchange.Request, body.AsSent.Span));

        // 2. Answered already?
        if (await once.FindAsync(services) is { } answered) return await once.ReplayAsync(exchange, answered, replay);

        // 3. Still running?
        string inFlight = once._record.Path;
        switch (services.KeysInFlight.TryEnter(inFlight))
        {
            case Entering.InUse:
                return new Problem(ProblemTypes.IdempotencyKeyInUse).With("Retry-After", "1");
            case Entering.Full:
                return new Problem(ProblemTypes.Unavailable) { Cause = $"{KeysInFlight.KeysMax} requests with idempotency keys run at once." }.With("Retry-After", "1");
        }

        // 4. Run. Who was refused may have been refused for what the same request did elsewhere in the meantime.
        try
        {
            if (await run(once) is not { } refused) return null;

            return await once.TryFindAsync(services) is { } other ? await once.ReplayAsync(exchange, other, replay) : refused;
        }
        finally
        {
            services.KeysInFlight.Leave(inFlight);
        }
    }

    /// <returns>The record of an answer; null when there is none, or none any more.</returns>
    private async ValueTask<Entry?> FindAsync(CollectionServices services)
    {
        var entry = await services.Store.GetAsync(_record, CancellationToken.None);
        _revision = entry?.Revision ?? 0;
        return entry is not null && StoredAnswer.OfRecord(entry.Value).Expires > services.Time.GetUtcNow() ? entry : null;
    }

    private async ValueTask<Entry?> TryFindAsync(CollectionServices services)
    {
        try
        {
            return await FindAsync(services);
        }
        catch (StoreUnavailableException)
        {
            return null; // the refusal that there is says more
        }
    }

    private ValueTask<Problem?> ReplayAsync(Exchange exchange, Entry record, Func<Entry, StoredAnswer, ValueTask<Problem?>> replay)
    {
        var (answer, fingerprint, _) = StoredAnswer.OfRecord(record.Value);
        if (fingerprint != _fingerprint)
            return new(new Problem(ProblemTypes.IdempotencyKeyReused, "The first request with this key was another one; use a new key."));
        if (Answering.Refuses(exchange) is { } refused) return new(refused);

        exchange.Response.Headers["Idempotency-Replayed"] = "true";
        return replay(record, answer);
    }

    /// <summary>A key is its caller's, and of one method and path. Callers are told apart by what they authenticate with.</summary>
    private static string NameOf(HttpRequest request, string key)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(SHA256.HashData(Encoding.UTF8.GetBytes(request.Headers.Authorization.ToString())));
        Append(hash, request.Method);
        Append(hash, request.Path.ToUriComponent());
        Append(hash, key);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>
    /// Keyed by what the caller authenticates with, which the store does not hold: who reads the store can't try out what a body
    /// with a secret may have been.
    /// </summary>
    private static string FingerprintOf(HttpRequest request, ReadOnlySpan<byte> body)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(request.Headers.Authorization.ToString()));
        Append(hash, request.ContentType);
        Append(hash, request.Headers.IfMatch);
        Append(hash, request.Headers.IfNoneMatch);
        Append(hash, request.QueryString.Value);
        hash.AppendData(body);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>With a NUL, which no field has, behind it: no two lists of texts are the same.</summary>
    private static void Append(IncrementalHash hash, StringValues text)
    {
        hash.AppendData(Encoding.UTF8.GetBytes(text.ToString()));
        hash.AppendData("\0"u8);
    }
}
