using Stateway.Management;
using Stateway.Store;

namespace Stateway.Secrets;

/// <summary>Reads what secrets hold, for those who serve with it.</summary>
internal sealed class SecretReader(SecretKeys keys)
{
    /// <returns>The value, or why there is none; that is for the resource that refers to it.</returns>
    /// <exception cref="StoreUnavailableException"/>
    public async ValueTask<(string? Value, string? WhyNot)> ReadAsync(IResources resources, string name, CancellationToken ct)
    {
        if (await resources.GetAsync(new(Kinds.Secret, name), ct) is not { } entry) return (null, $"There is no secret \"{name}\".");

        var text = SecretText.Read(entry.Value, out _);
        return text.Key is { } id && await keys.FindAsync(resources, id, ct) is { } key && text.TryOpen(key, name) is { } value
            ? (value, null)
            : (null, $"The secret \"{name}\" can't be decrypted with this node's master key.");
    }
}
