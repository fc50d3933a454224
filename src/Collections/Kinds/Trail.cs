using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Stateway.Collections.Writing;
using Stateway.Model.Names;
using Stateway.Store;

namespace Stateway.Collections.Kinds;

/// <summary>
/// What changes of the platform's own resources leave behind in their transaction: the mark for those who follow them, and for those who
/// ask later a record of who changed what.
/// <code>
/// { "id": "…", "resource": "apis/shop/stages/live", "kind": "stages", "action": "changed", "fields": ["deployment"],
///   "generation": 4, "from_revision": "117", "by": "administrator", "request": "…", "create_time": "…", "update_time": "…" }
/// </code>
/// </summary>
internal static class Trail
{
    /// <param name="change">What nobody asked for, such as a status, is null: it is marked, and not told.</param>
    public static ImmutableArray<Write.Put> Of(Oversight? oversight, KindEvent? change, TimeProvider time)
    {
        if (oversight is null) return [];

        var now = CollectionServices.Now(time);
        var mark = new Write.Put(oversight.Mark, now, "{}"u8.ToArray());
        if (oversight.Events is not { } events || change is null) return [mark];

        string id = ResourceId.New(time);
        return [mark, new Write.Put(new(events, id), now, Json(id, change, now))];
    }

    private static byte[] Json(string id, KindEvent change, DateTimeOffset now)
    {
        var buffer = new ArrayBufferWriter<byte>(400);
        using (var json = new Utf8JsonWriter(buffer))
        {
            string time = now.UtcDateTime.ToString(Composer.TimeFormat, CultureInfo.InvariantCulture);
            json.WriteStartObject();
            json.WriteString("id", id);
            json.WriteString("resource", ResourceOf(change.Key));
            json.WriteString("kind", change.Key.Collection[(change.Key.Collection.LastIndexOf('/') + 1)..]);
            json.WriteString("action", change.Action);
            if (!change.Fields.IsEmpty)
            {
                json.WriteStartArray("fields");
                foreach (string field in change.Fields) json.WriteStringValue(field);
                json.WriteEndArray();
            }

            json.WriteNumber("generation", change.Generation);
            if (change.FromRevision is { } from) json.WriteString("from_revision", from.ToString(CultureInfo.InvariantCulture));
            json.WriteString("by", change.By);
            if (change.Request is { } request) json.WriteString("request", request);
            json.WriteString("create_time", time);
            json.WriteString("update_time", time);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary><c>apis/shop/stages/live</c>, of the collection <c>stateway/apis/stages</c> and the path <c>shop/live</c>.</summary>
    private static string ResourceOf(Key key) =>
        string.Join('/', key.Collection.Split('/').Skip(1).Zip(key.Path.Split('/'), (kind, id) => kind + "/" + id));
}
