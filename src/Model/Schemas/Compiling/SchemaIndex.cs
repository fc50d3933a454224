using System.Text;
using System.Text.Json;
using Stateway.Model.Names;
using Stateway.Model.Schemas.Json;

namespace Stateway.Model.Schemas.Compiling;

/// <summary>Documents and the resources in them, by URI; resolves references.</summary>
internal sealed class SchemaIndex(SchemaDialect dialect)
{
    private readonly Dictionary<string, SchemaResource> _resources = [];
    private readonly Dictionary<string, string> _refused = [];

    public void Add(string uri, JsonElement element)
    {
        string location = Normalize(uri);
        byte[] utf8 = Encoding.UTF8.GetBytes(element.GetRawText());
        if (!new JsonTape().TryRead(utf8, out var fault))
        {
            // JsonElement accepts unpaired surrogates in escapes, and throws when they are read.
            _refused[location] = fault.Describe(utf8);
            return;
        }

        var root = element.Clone(); // the caller's JsonDocument may be disposed of
        bool openApi = root.ValueKind == JsonValueKind.Object
            && (root.TryGetProperty("openapi", out _) || root.TryGetProperty("swagger", out _));
        var document = new SchemaDocument(uri, openApi);
        bool identified = !openApi && dialect == SchemaDialect.Draft202012;
        string own = identified && IdOf(root) is { } id ? Join(location, id) : location;
        var resource = new SchemaResource(document, own, root, "");
        document.Resources[""] = resource;
        _resources[location] = resource;
        _resources[own] = resource;

        if (identified) IndexSchema(resource.Place);
        else if (dialect == SchemaDialect.Draft202012) IndexOpenApi(resource.Place);
    }

    /// <param name="why">Why not, as a sentence.</param>
    public bool TryResolve(SchemaResource from, string reference, out SchemaPlace place, out string why)
    {
        int hash = reference.IndexOf('#');
        string fragment = hash < 0 ? "" : Uri.UnescapeDataString(reference[(hash + 1)..]);
        string uri = hash < 0 ? reference : reference[..hash];
        place = default;
        why = "";
        var resource = uri.Length == 0 ? from : Find(Join(from.Uri, uri));
        if (resource is null)
        {
            why = WhyNot(Join(from.Uri, uri));
            return false;
        }

        place = resource.Place;
        if (fragment.Length == 0) return true;
        if (fragment[0] == '/') return TryFollow(ref place, fragment, out why);
        if (resource.Anchors.TryGetValue(fragment, out place)) return true;

        why = $"There is no $anchor '{fragment}' in {resource.Uri}." + DidYouMean(fragment, [.. resource.Anchors.Keys]);
        return false;
    }

    public bool TryResolve(string uri, out SchemaPlace place, out string why)
    {
        int hash = uri.IndexOf('#');
        string document = Normalize(hash < 0 ? uri : uri[..hash]);
        place = default;
        why = WhyNot(document);
        return Find(document) is { } resource && TryResolve(resource, hash < 0 ? "#" : uri[hash..], out place, out why);
    }

    /// <summary>
    /// The schema that a reference without siblings that matter names; one that leads nowhere, or in a circle,
    /// stays.
    /// </summary>
    public SchemaPlace Follow(SchemaPlace place)
    {
        var passed = new HashSet<SchemaPlace>();
        while (passed.Add(place) && SchemaKeywords.IsOnlyReference(place, dialect)
            && TryResolve(place.Resource, place.Text("$ref")!, out var target, out _))
        {
            place = target;
        }

        return place;
    }

    private SchemaResource? Find(string uri)
    {
        if (_resources.TryGetValue(uri, out var resource)) return resource;
        if (MetaSchemas.Find(uri) is not { } metaSchema) return null;

        Add(uri, metaSchema);
        return _resources[uri];
    }

    private string WhyNot(string uri) => _refused.TryGetValue(uri, out string? fault)
        ? $"The document {uri} is not JSON: {fault}"
        : $"No document with the URI {uri} is known.";

    private static bool TryFollow(ref SchemaPlace place, string pointer, out string why)
    {
        why = "";
        foreach (string escaped in pointer[1..].Split('/'))
        {
            string segment = escaped.Replace("~1", "/").Replace("~0", "~");
            JsonElement? next = place.Element.ValueKind switch
            {
                JsonValueKind.Object when place.Element.TryGetProperty(segment, out var member) => member,
                JsonValueKind.Array when int.TryParse(segment, out int i) && i >= 0 && i < place.Element.GetArrayLength() =>
                    place.Element[i],
                _ => null,
            };
            if (next is null)
            {
                string[] known = place.Element.ValueKind == JsonValueKind.Object
                    ? [.. place.Element.EnumerateObject().Select(member => member.Name)]
                    : [];
                string at = place.Pointer.Length == 0 ? "the root" : place.Pointer;
                why = $"There is no '{segment}' at {at}." + DidYouMean(segment, known);
                return false;
            }

            place = place.Enter(next.Value, segment);
        }

        return true;
    }

    private static string DidYouMean(string name, string[] known) =>
        Nearest.Of(name, known) is { } meant ? $" Did you mean '{meant}'?" : "";

    /// <summary>
    /// Schemas stand in an OpenAPI document as components and under <c>schema</c>; nothing else is looked at.
    /// </summary>
    private void IndexOpenApi(SchemaPlace place)
    {
        if (place.Child("components") is { } components)
        {
            foreach (var (_, schema) in components.Members("schemas")) IndexSchema(schema);
        }

        IndexSchemaMembers(place);
    }

    private void IndexSchemaMembers(SchemaPlace place)
    {
        if (place.Element.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in place.Element.EnumerateObject())
            {
                if (member.Value.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array)) continue;
                if (member.Name is "schemas" or "example" or "examples" or "default" or "enum") continue;

                var child = place.Enter(member.Value, member.Name);
                if (member.Name == "schema") IndexSchema(child);
                else IndexSchemaMembers(child);
            }
        }
        else if (place.Element.ValueKind == JsonValueKind.Array)
        {
            int ordinal = 0;
            foreach (var item in place.Element.EnumerateArray()) IndexSchemaMembers(place.Enter(item, $"{ordinal++}"));
        }
    }

    private void IndexSchema(SchemaPlace place)
    {
        if (place.Element.ValueKind != JsonValueKind.Object) return;

        if (IdOf(place.Element) is { } id && !place.Document.Resources.ContainsKey(place.Pointer))
        {
            var resource = new SchemaResource(place.Document, Join(place.Resource.Uri, id), place.Element, place.Pointer);
            place.Document.Resources[place.Pointer] = resource;
            _resources[resource.Uri] = resource;
            place = resource.Place;
        }

        if (place.Text("$anchor") is { } anchor) place.Resource.Anchors.TryAdd(anchor, place);
        if (place.Text("$dynamicAnchor") is { } dynamicAnchor)
        {
            place.Resource.Anchors.TryAdd(dynamicAnchor, place);
            place.Resource.DynamicAnchors.TryAdd(dynamicAnchor, place);
        }

        foreach (var child in SchemaKeywords.Subschemas(place)) IndexSchema(child);
    }

    private static string? IdOf(JsonElement schema) =>
        schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("$id", out var id) && id.ValueKind == JsonValueKind.String
            ? id.GetString()
            : null;

    private static string Normalize(string uri) =>
        Uri.TryCreate(uri, UriKind.Absolute, out var absolute) ? absolute.AbsoluteUri.TrimEnd('#') : uri;

    private static string Join(string basis, string reference)
    {
        if (Uri.TryCreate(reference, UriKind.Absolute, out var absolute) && !reference.StartsWith('/')) return Normalize(reference);

        return Uri.TryCreate(basis, UriKind.Absolute, out absolute) && Uri.TryCreate(absolute, reference, out var joined)
            ? joined.AbsoluteUri.TrimEnd('#')
            : reference;
    }
}
