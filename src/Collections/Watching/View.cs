using System.Buffers;
using Stateway.Collections.Representations;
using Stateway.Model.Expressions;

namespace Stateway.Collections.Watching;

/// <summary>What a watcher sees of a collection: which resources, which of their fields, in which form.</summary>
/// <param name="Filter">Null: all.</param>
/// <param name="Fields">Null: all that are served.</param>
internal sealed record View(Expression? Filter, Mask? Fields, WatchForm Form)
{
    /// <summary>
    /// The events of one revision: what begins to match is added, what stops to match is deleted, as it last matched.
    /// </summary>
    /// <returns>False when there are none.</returns>
    public bool TryWrite(long revision, List<SeenChange> changes, ArrayBufferWriter<byte> output)
    {
        (WatchEvent Type, ReadOnlyMemory<byte> Object)? held = null; // the last one is written differently
        foreach (var change in changes)
        {
            if (EventOf(change) is not { } next) continue;

            if (held is { } before) Write(before.Type, revision, more: true, before.Object, output);
            held = next;
        }

        if (held is not { } last) return false;

        Write(last.Type, revision, more: false, last.Object, output);
        return true;
    }

    /// <summary>A resource of the initial state.</summary>
    public void WriteInitial(long revision, ReadOnlyMemory<byte> served, ArrayBufferWriter<byte> output) =>
        Write(WatchEvent.Added, revision, more: true, served, output);

    private (WatchEvent, ReadOnlyMemory<byte>)? EventOf(SeenChange change)
    {
        var before = change.Before is { } old && old.Matches(Filter) ? old : null;
        var after = change.After is { } changed && changed.Matches(Filter) ? changed : null;
        return (before, after) switch
        {
            (null, null) => null,
            (null, _) => (WatchEvent.Added, after.Served),
            (_, null) => (WatchEvent.Deleted, before.Served),
            _ => (WatchEvent.Modified, after.Served),
        };
    }

    private void Write(WatchEvent type, long revision, bool more, ReadOnlyMemory<byte> served, ArrayBufferWriter<byte> output)
    {
        if (Fields is { } mask)
        {
            var part = new ArrayBufferWriter<byte>(Math.Max(served.Length, 1));
            mask.Write(served.Span, part);
            served = part.WrittenMemory;
        }

        EventText.Write(output, Form, type, revision, more, served.Span);
    }
}
