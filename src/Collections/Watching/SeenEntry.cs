using System.Text.Json;
using Stateway.Model.Expressions;
using Stateway.Store;

namespace Stateway.Collections.Watching;

/// <summary>
/// A resource before or after a change, as callers see it: masked and parsed once, however many topics look at it.
/// </summary>
internal sealed class SeenEntry(Entry entry, Collection collection) : IDisposable
{
    // As deep as the store takes values.
    private static readonly JsonDocumentOptions _options = new() { MaxDepth = 128 };

    private JsonDocument? _document;

    /// <summary>What is served of it, in one line.</summary>
    public ReadOnlyMemory<byte> Served { get; } = EventText.OneLine(collection.Visible is { } visible ? visible(entry.Value.Span) : collection.Read(entry));

    public bool Matches(Expression? filter) =>
        filter is null || Evaluation.IsTrue(filter, new Scope((_document ??= JsonDocument.Parse(Served, _options)).RootElement));

    public void Dispose() => _document?.Dispose();
}

/// <summary>A change as callers see it.</summary>
/// <param name="Before">Null when it is new.</param>
/// <param name="After">Null when it was deleted.</param>
internal sealed record SeenChange(SeenEntry? Before, SeenEntry? After) : IDisposable
{
    public static SeenChange Of(Change change, Collection collection) => new(
        change.Before is { } before ? new SeenEntry(before, collection) : null,
        change.After is { } after ? new SeenEntry(after, collection) : null);

    public void Dispose()
    {
        Before?.Dispose();
        After?.Dispose();
    }
}
