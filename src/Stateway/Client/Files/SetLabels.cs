using System.Text.Json;
using System.Text.Json.Nodes;
using Stateway.Client.Plans;

namespace Stateway.Client.Files;

/// <summary>Puts resources into a set, by a label.</summary>
internal static class SetLabels
{
    public static (IReadOnlyList<FileResource> Resources, IReadOnlyList<string> Errors) Put(string set, FileReading reading)
    {
        var resources = new List<FileResource>();
        var errors = reading.Errors.ToList();
        foreach (var resource in reading.Resources)
        {
            bool hasLabels = resource.Body.TryGetProperty("labels", out var labels);
            if (!resource.Name.Kind.HasLabels)
                errors.Add($"{resource.PlaceOf("/kind")}: {resource.Name.Kind.FullName} have no labels, so that they can't be in a set; apply them without --set.");
            else if (hasLabels && labels.ValueKind != JsonValueKind.Object)
                errors.Add($"{resource.PlaceOf("/labels")}: labels must be an object.");
            else if (hasLabels && labels.TryGetProperty(PruneScope.SetLabel, out var other) && !other.ValueEquals(set))
                errors.Add($"{resource.PlaceOf($"/labels/{PruneScope.SetLabel}")}: this puts it into another set than {set}.");
            else
                resources.Add(resource with { Body = With(resource.Body, set) });
        }

        return (resources, errors);
    }

    private static JsonElement With(JsonElement body, string set)
    {
        var fields = JsonNode.Parse(body.GetRawText(), documentOptions: new() { MaxDepth = 128 })!.AsObject(); // numbers keep their text
        if (fields["labels"] is not JsonObject labels) fields["labels"] = labels = [];
        labels[PruneScope.SetLabel] = set;
        return JsonElement.Parse(fields.ToJsonString(new JsonSerializerOptions { MaxDepth = 128 }), new() { MaxDepth = 128 });
    }
}
