using System.Text.Json;
using Stateway.Model.Apis.Operations;

namespace Stateway.Model.Apis.Changes;

/// <summary>Compares what stands in bodies and answers: media types with their schemas, and headers.</summary>
internal sealed class ContentChanges(SchemaChanges schemas, Side oldSide, Side newSide, ChangeList list)
{
    public void Compare(Piece? old, Piece? @new, Direction direction, string operation, string name)
    {
        var before = MediaTypesOf(old);
        var after = MediaTypesOf(@new);
        bool isSent = direction == Direction.Sent;
        var written = new List<(Piece Old, Piece New)>(); // so that JSON and XML of the same text are one

        foreach (var (type, media) in after)
        {
            if (before.TryGetValue(type, out var same) || Covering(before, type, out same)) CompareMedia(type, same, media);
            else if (isSent) list.Add(ChangeRules.RequestMediaTypeAdded, media.Pointer, operation, $"The request body can be {type}.");
            else list.Add(ChangeRules.ResponseMediaTypeAdded, media.Pointer, operation, $"{Capital(name)} can be {type}.");
        }

        foreach (var (type, media) in before)
        {
            if (after.ContainsKey(type)) continue;
            if (Covering(after, type, out var same)) CompareMedia(type, media, same);
            else if (isSent) list.Add(ChangeRules.RequestMediaTypeRemoved, media.Pointer, operation, $"The request body can't be {type} any more. Breaks clients that send it.");
            else list.Add(ChangeRules.ResponseMediaTypeRemoved, media.Pointer, operation, $"{Capital(name)} can't be {type} any more. Breaks clients that accept nothing else.");
        }

        void CompareMedia(string type, Piece one, Piece other)
        {
            CompareSchemas(type, one["schema"], other["schema"], other.Pointer + "/schema", direction, operation, name, written);
            if (!isSent || Encoding(one) == Encoding(other)) return;
            list.Add(ChangeRules.EncodingChanged, (other["encoding"] ?? one["encoding"])!.Value.Pointer, operation, $"The parts of {type} are encoded differently. Some clients that send it may notice.");
        }
    }

    public void CompareHeaders(Piece old, Piece @new, string operation, string name)
    {
        var before = Headers(oldSide, old);
        var after = Headers(newSide, @new);
        foreach (var (key, (header, at)) in after)
        {
            if (!before.TryGetValue(key, out var same))
            {
                list.Add(ChangeRules.HeaderAdded, at.Pointer, operation, $"{Capital(name)} has the header {header}.");
                continue;
            }

            bool was = same.At.IsTrueAt("required"), now = at.IsTrueAt("required");
            if (was && !now) list.Add(ChangeRules.HeaderBecameOptional, same.At["required"]!.Value.Pointer, operation, $"The header {header} of {name} can be missing. Breaks clients that rely on it.");
            if (now && !was) list.Add(ChangeRules.HeaderBecameRequired, at["required"]!.Value.Pointer, operation, $"The header {header} of {name} is always there.");
            CompareValue(same.At, at, new(Direction.Received, IsText: true), operation, $"the header {header} of {name}");
        }

        foreach (var (key, (header, at)) in before)
        {
            if (after.ContainsKey(key)) continue;
            if (at.IsTrueAt("required")) list.Add(ChangeRules.RequiredHeaderRemoved, at.Pointer, operation, $"The header {header} of {name} is gone. Breaks clients that read it.");
            else list.Add(ChangeRules.HeaderRemoved, at.Pointer, operation, $"The header {header} of {name} is gone. Clients that read it may notice.");
        }
    }

    /// <summary>The value of a parameter or header: described by a schema, or as a body of a media type.</summary>
    public void CompareValue(Piece old, Piece @new, SchemaFlow flow, string operation, string name)
    {
        var (before, after) = (old["content"]?.Members.FirstOrDefault().Value, @new["content"]?.Members.FirstOrDefault().Value);
        if (before is not null || after is not null) flow = flow with { IsText = false };
        schemas.Add(Parts(before?["schema"] ?? old["schema"]), Parts(after?["schema"] ?? @new["schema"]), @new.Pointer + "/schema", flow, operation, new(name, ""));
    }

    private void CompareSchemas(
        string type, Piece? old, Piece? @new, string pointer, Direction direction, string operation, string name, List<(Piece Old, Piece New)> written)
    {
        // An action's body is written twice, as JSON and as XML. Its changes are told once.
        if (old is { } before && @new is { } after)
        {
            int known = written.FindIndex(each => JsonElement.DeepEquals(each.Old.Json, before.Json) && JsonElement.DeepEquals(each.New.Json, after.Json));
            if (known >= 0) (old, @new) = (written[known].Old, written[known].New);
            else written.Add((before, after));
        }

        // Bodies of other types are not checked by the program, so nothing is refused in them by default.
        bool isChecked = MediaTypes.IsJson(type) || MediaTypes.IsXml(type) || MediaTypes.IsRange(type);
        var flow = new SchemaFlow(direction, IsClosed: direction == Direction.Sent && isChecked, IsXml: MediaTypes.IsXml(type), IsXmlRoot: MediaTypes.IsXml(type));
        schemas.Add(Parts(old), Parts(@new), pointer, flow, operation, new(name, ""));
    }

    private static IReadOnlyList<Piece> Parts(Piece? schema) => schema is { } one ? [one] : [];

    private static Sayings MediaTypesOf(Piece? content)
    {
        var types = new Sayings();
        foreach (var (type, media) in content?.Members ?? []) types[type.Replace(" ", "").ToLowerInvariant()] = media;
        return types;
    }

    /// <summary>A range that is described and holds the type: <c>text/*</c>, <c>*/*</c>.</summary>
    private static bool Covering(Sayings described, string type, out Piece range)
    {
        int slash = type.IndexOf('/');
        return described.TryGetValue(slash < 0 ? type : type[..slash] + "/*", out range) || described.TryGetValue("*/*", out range);
    }

    /// <summary>By name in small letters.</summary>
    private static Dictionary<string, (string Name, Piece At)> Headers(Side side, Piece response)
    {
        var headers = new Dictionary<string, (string, Piece)>();
        foreach (var (name, header) in response["headers"]?.Members ?? [])
        {
            // What content says, OpenAPI's description of this field is ignored for.
            if (!name.Equals("content-type", StringComparison.OrdinalIgnoreCase)) headers[name.ToLowerInvariant()] = (name, side.Resolve(header));
        }

        return headers;
    }

    private static string Encoding(Piece media) => media["encoding"] is { } encoding ? CanonicalJson.Of(encoding.Json) : "";

    private static string Capital(string name) => char.ToUpperInvariant(name[0]) + name[1..];
}
