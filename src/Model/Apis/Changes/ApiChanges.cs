using System.Text.Json;

namespace Stateway.Model.Apis.Changes;

/// <summary>
/// Compares two versions of an API: what clients of the old one notice of the new. A pure function of the two; it reads
/// nothing else, and equal documents have no changes.
/// </summary>
public static class ApiChanges
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 256 };

    /// <summary>Compares two served documents, with what their collections declare and the documents don't show: order, unique, conditions of actions.</summary>
    public static ApiComparison Compare(ApiSpec old, ApiSpec @new)
    {
        var list = new ChangeList();
        CompareDocuments(old.Document, @new.Document, list);
        CollectionChanges.Compare(old, @new, list);
        return list.ToComparison();
    }

    /// <summary>Compares two served documents (<see cref="ApiSpec.Document"/>).</summary>
    /// <exception cref="JsonException">One of them is no JSON: a bug, because what is served is.</exception>
    public static ApiComparison Compare(ReadOnlyMemory<byte> old, ReadOnlyMemory<byte> @new)
    {
        var list = new ChangeList();
        CompareDocuments(old, @new, list);
        return list.ToComparison();
    }

    private static void CompareDocuments(ReadOnlyMemory<byte> oldText, ReadOnlyMemory<byte> newText, ChangeList list)
    {
        if (oldText.Span.SequenceEqual(newText.Span)) return;

        using var oldJson = JsonDocument.Parse(oldText, Options);
        using var newJson = JsonDocument.Parse(newText, Options);
        var (old, @new) = (new Side(oldJson.RootElement), new Side(newJson.RootElement));
        var schemas = new SchemaChanges(old, @new, list);

        // 1. What stands where: operations that are the same, and those that only one side has.
        var pairs = OperationPairs.Match(old, @new, list);

        // 2. How clients identify themselves.
        var security = new SecurityChanges(old, @new, list);
        security.CompareSchemes();

        // 3. Each operation. What it refers to is compared at once, so that its changes stand beside its own.
        var contents = new ContentChanges(schemas, old, @new, list);
        var operations = new OperationChanges(new ParameterChanges(contents, list), contents, security, list);
        foreach (var (before, after) in pairs)
        {
            operations.Compare(before, after);
            schemas.Run();
        }
    }
}
