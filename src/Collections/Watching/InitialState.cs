using System.Buffers;
using Stateway.Store;

namespace Stateway.Collections.Watching;

/// <summary>What a watch without a revision begins with: everything that its view shows, as of one revision, page by page.</summary>
internal sealed class InitialState
{
    private const int PageEntries = 500;
    private const int PageBytes = 1 << 20;

    private readonly IStore _store;
    private readonly Collection _collection;
    private readonly View _view;
    private Query? _next; // null: only the bookmark is left
    private IReadOnlyList<Entry> _page;

    private InitialState(IStore store, Collection collection, View view, Query? next, IReadOnlyList<Entry> page, long revision)
    {
        _store = store;
        _collection = collection;
        _view = view;
        _next = next;
        _page = page;
        Revision = revision;
    }

    /// <summary>Of the store, when it was as told.</summary>
    public long Revision { get; }

    public bool IsComplete { get; private set; }

    /// <returns>Null and the refusal, when the first page can't be had.</returns>
    /// <exception cref="StoreUnavailableException"/>
    public static async ValueTask<(InitialState? State, QueryResult? Refused)> OfCollectionAsync(
        IStore store, Collection collection, string parent, View view, CancellationToken ct)
    {
        var query = new Query(collection.StoreName)
        {
            Parent = parent.Length == 0 ? null : parent, Filter = view.Filter, Visible = collection.Visible, Limit = PageEntries, BytesMax = PageBytes,
        };
        var result = await store.QueryAsync(query, ct);
        if (result is not QueryResult.Page page) return (null, result);

        var next = page.Next is { } after ? query with { Revision = page.Revision, After = after } : null;
        return (new(store, collection, view, next, page.Entries, page.Revision), null);
    }

    /// <exception cref="StoreUnavailableException"/>
    public static async ValueTask<InitialState> OfOneAsync(IStore store, Collection collection, string path, View view, CancellationToken ct)
    {
        while (true)
        {
            var state = await store.ReadStateAsync(ct);
            var past = await store.GetAsync(new Key(collection.StoreName, path), state.Revision, ct);
            if (past is PastEntry.Gone) continue; // compacted just now

            IReadOnlyList<Entry> page = past is PastEntry.Found found && Matches(found.Entry) ? [found.Entry] : [];
            return new(store, collection, view, null, page, state.Revision);
        }

        bool Matches(Entry entry)
        {
            using var seen = new SeenEntry(entry, collection);
            return seen.Matches(view.Filter);
        }
    }

    /// <summary>The next page as events; with the last one the bookmark that completes it.</summary>
    public async ValueTask<(ReadOnlyMemory<byte> Bytes, WatchEnd? End)> NextAsync(CancellationToken ct)
    {
        var output = new ArrayBufferWriter<byte>(1024);
        foreach (var entry in _page)
        {
            using var seen = new SeenEntry(entry, _collection);
            _view.WriteInitial(entry.Revision, seen.Served, output);
        }

        _page = [];
        if (_next is null)
        {
            output.Write(EventText.Bookmark(_view.Form, Revision, isInitial: true));
            IsComplete = true;
            return (output.WrittenMemory, null);
        }

        switch (await _store.QueryAsync(_next, ct))
        {
            case QueryResult.Page page:
                _page = page.Entries;
                _next = page.Next is { } after ? _next with { After = after } : null;
                return (output.WrittenMemory, null);

            case QueryResult.Gone:
                return (default, WatchEnd.Gone);

            case var refused:
                return (default, WatchEnd.Of(WatchRefusals.Of(refused)));
        }
    }
}
