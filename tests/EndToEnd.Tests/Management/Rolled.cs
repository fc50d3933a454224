using System.Text.Json.Nodes;

namespace Stateway.EndToEnd.Tests.Management;

/// <summary>A resource as its client knows it to be: what was acknowledged, and nothing else.</summary>
/// <param name="path">Its URL.</param>
/// <param name="spec">What is wanted of it.</param>
internal sealed class Rolled(string path, JsonObject spec)
{
    private static readonly string[] StoresOwn = ["id", "generation", "create_time", "update_time", "finalizers", "owner", "status", "delete_time"];

    public string Path { get; } = path;
    public JsonObject Spec { get; set; } = spec;

    /// <summary>0 until its creation was acknowledged; then one more for each change.</summary>
    public int Generation { get; set; }

    /// <summary>As events name it.</summary>
    public string Name => Path[1..];

    public string Id => Path[(Path.LastIndexOf('/') + 1)..];

    /// <summary>What a client said, of what is served.</summary>
    public static JsonObject SpecOf(JsonNode served)
    {
        var spec = served.DeepClone().AsObject();
        foreach (string name in StoresOwn) spec.Remove(name);
        return spec;
    }

    public bool Is(JsonNode served, JsonObject spec, int generation) => (int)served["generation"]! == generation && JsonNode.DeepEquals(SpecOf(served), spec);
}
