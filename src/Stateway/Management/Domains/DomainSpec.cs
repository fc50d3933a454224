using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Stateway.Collections.Kinds;
using Stateway.Store;

namespace Stateway.Management.Domains;

/// <summary>A host name as its owner wants it served.</summary>
/// <param name="Name">In lower case; the resource's id.</param>
/// <param name="TransportSecurity">Of <c>Strict-Transport-Security</c>; null for none.</param>
internal sealed record DomainSpec(
    string Name, bool HasSubdomains, ImmutableArray<DomainPath> Paths, DomainCertificate? Certificate, DomainClients? Clients, bool IsHttpsOnly, string? TransportSecurity)
{
    /// <param name="json">Fits the kind's schema.</param>
    public static DomainSpec Read(string name, ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        return new(name, IsTrue(root, "subdomains"),
            [.. root.GetProperty("paths").EnumerateArray().Select(path => new DomainPath(Text(path, "path") ?? "", Text(path, "stage")!))],
            root.TryGetProperty("tls", out var tls) ? new(Text(tls, "certificate")!, Text(tls, "key")) : null,
            root.TryGetProperty("client_certificates", out var clients) ? ReadClients(clients) : null,
            IsTrue(root, "https_only"),
            root.TryGetProperty("strict_transport_security", out var strict) ? ReadStrict(strict) : null);
    }

    /// <summary>All there are, by name.</summary>
    /// <exception cref="StoreUnavailableException"/>
    public static async IAsyncEnumerable<(DomainSpec Spec, long Generation)> ReadAllAsync(IResources resources, [EnumeratorCancellation] CancellationToken ct)
    {
        var query = new Query(Kinds.Domain) { Limit = StoreLimits.PageEntriesMax };
        while (true)
        {
            if (await resources.QueryAsync(query, ct) is not QueryResult.Page page) throw new StoreUnavailableException("The domains can't be read.");

            foreach (var domain in page.Entries.Select(KindResource.Of)) yield return (Read(domain.Id, domain.Spec), domain.Generation);
            if (page.Next is null) yield break;
            query = query with { After = page.Next };
        }
    }

    private static DomainClients ReadClients(JsonElement clients) => new(
        Text(clients, "authorities")!,
        clients.TryGetProperty("revocation", out var lists) ? [.. lists.EnumerateArray().Select(list => list.GetString()!)] : [],
        !clients.TryGetProperty("required", out var required) || required.ValueKind == JsonValueKind.True);

    private static string ReadStrict(JsonElement strict) =>
        string.Create(CultureInfo.InvariantCulture, $"max-age={strict.GetProperty("max_age").GetInt64()}") + (IsTrue(strict, "include_subdomains") ? "; includeSubDomains" : "");

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static bool IsTrue(JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;
}

/// <param name="Path">Stands where the stage's own would: empty, or <c>/v1</c>.</param>
/// <param name="Stage">As in the store: <c>shop/live</c>.</param>
internal sealed record DomainPath(string Path, string Stage);

/// <param name="File">PEM, on each node: the certificate, and behind it those that signed it.</param>
/// <param name="Key">PEM; null: in the same file.</param>
internal sealed record DomainCertificate(string File, string? Key);

/// <param name="Authorities">PEM, on each node.</param>
/// <param name="Revocation">Files of revocation lists, PEM or DER.</param>
/// <param name="AreRequired">Otherwise clients are asked, and may have none.</param>
internal sealed record DomainClients(string Authorities, ImmutableArray<string> Revocation, bool AreRequired);
