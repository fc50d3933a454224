using Stateway.Collections;
using Stateway.Gateway;
using Stateway.Management;
using Stateway.Model.Problems;
using Stateway.Store;

namespace Stateway.Secrets;

/// <summary>What must hold for secrets and their keys; and how a secret's value is encrypted on its way into the store.</summary>
internal sealed class SecretRules(SecretKeys keys)
{
    private const int PageStages = 500;

    public Oversight OfSecrets => new(CheckSecretAsync, Kinds.ChangeMark, Kinds.Event) { Seal = SealAsync };

    public Oversight OfKeys => new(CheckKeyAsync, Kinds.ChangeMark, Kinds.Event);

    /// <summary>Encrypts a new value, and keeps the present one where a request gives none, or gives the same.</summary>
    private async ValueTask<(ReadOnlyMemory<byte> Value, Problem? Problem)> SealAsync(ProposedChange change, CancellationToken ct)
    {
        SecretText.Read(change.After!.Value, out string? value);
        var before = change.Before is { } stored ? SecretText.Read(stored, out _) : default;
        if (value is null)
        {
            return before.Sealed is null
                ? (default, Invalid(new ProblemError("REQUIRED", "A new secret needs a value.") { Pointer = "/value" }))
                : (before.ApplyTo(change.After.Value), null);
        }

        if (before.Key is { } oldId && await keys.FindAsync(change.Resources, oldId, ct) is { } old && before.TryOpen(old, change.Path) == value)
            return (before.ApplyTo(change.After.Value), null);

        var (id, key) = await keys.NewestAsync(ct);
        if (key is null) return (default, new Problem(ProblemTypes.Unavailable, "This node has another master key than the store's secrets are encrypted under; it can't take a secret.").With("Retry-After", "60"));

        var text = new SecretText(SecretText.SealValue(key, id, change.Path, value), id, before.Version + 1);
        return (text.ApplyTo(change.After.Value), null);
    }

    private static async ValueTask<Problem?> CheckSecretAsync(ProposedChange change, CancellationToken ct)
    {
        if (change.After is not null) return null;

        var query = new Query(Kinds.Stage) { Limit = PageStages };
        while (true)
        {
            if (await change.Resources.QueryAsync(query, ct) is not QueryResult.Page page) return new(ProblemTypes.Unavailable, "The stages can't be read now.");

            foreach (var entry in page.Entries)
            {
                var user = StageSpec.Read(entry.Key.Path, entry.Value).Variables.FirstOrDefault(variable => variable.Value.Secret == change.Path);
                if (user.Key is not null) return new(ProblemTypes.StillReferenced, $"The stage {entry.Key.Path} refers to it by variables.{user.Key}.");
            }

            if (page.Next is null) return null;
            query = query with { After = page.Next };
        }
    }

    private ValueTask<Problem?> CheckKeyAsync(ProposedChange change, CancellationToken ct)
    {
        if (change.After is not { } after) return default; // the store keeps those that a secret refers to

        if (!SecretKeyText.IsId(change.Path)) return new(Invalid(new ProblemError("ID", "The id of a secret key is a number, the newest's the highest.") { Pointer = "/id" }));

        var key = SecretKeyText.Read(after);
        if (change.Before is { } before && SecretKeyText.Read(before).Check != key.Check)
            return new(new Problem(ProblemTypes.WrongState, "A secret key can't become another one; create one, and let secrets be encrypted anew."));
        return new(!keys.IsRight(key) || (change.Before is null && keys.Open(key) is null)
            ? Invalid(new ProblemError("KEY", "This is no secret key that the master key of this node has wrapped.") { Pointer = "/wraps" })
            : null);
    }

    private static Problem Invalid(ProblemError error) => new(ProblemTypes.InvalidBody, Wording.Count(1, "field")) { Errors = [error] };
}
