using System.Globalization;
using System.Text.Json.Nodes;

namespace Stateway.EndToEnd.Tests.Management;

/// <summary>One of the APIs that are rolled out: its documents, and what was acknowledged of its resources and rows.</summary>
internal sealed class RolledApi
{
    public const int Deployments = 6;

    /// <summary>Beside those the API itself is one.</summary>
    public const int Resources = 1 + Deployments + 3;

    public static readonly (string Id, string Path)[] Stages = [("live", ""), ("dev", "/dev"), ("test", "/test")];

    public RolledApi(int number)
    {
        Number = number;
        Id = "a" + number.ToString(CultureInfo.InvariantCulture);
        Self = new("/apis/" + Id, new() { ["title"] = "first" });
        Snapshots = [.. Enumerable.Range(1, Deployments).Select(n => new Rolled($"{Self.Path}/deployments/d{n}", DeploymentOf(n)))];
        Pointers = [.. Stages.Select(stage => new Rolled($"{Self.Path}/stages/{stage.Id}", new() { ["path"] = stage.Path, ["deployment"] = "d1" }))];
    }

    public int Number { get; }
    public string Id { get; }
    public Rolled Self { get; }
    public Rolled[] Snapshots { get; }
    public Rolled[] Pointers { get; }

    public IEnumerable<Rolled> All => [Self, .. Snapshots, .. Pointers];

    /// <summary>Of the seed, and deleted by a client who was told so.</summary>
    public HashSet<string> DeletedRows { get; } = [];

    /// <summary>Written by a client who was told so.</summary>
    public HashSet<string> OwnRows { get; } = [];

    /// <summary>Of some APIs clients delete all there is: what is empty is not to be seeded again.</summary>
    public bool IsEmptied => Number % 3 == 0;

    /// <summary>
    /// The versions differ in what they answer, in the fields that are indexed, and in a collection of their own: to point a stage at
    /// another one declares indexes, and loads seeds.
    /// </summary>
    private JsonObject DeploymentOf(int version)
    {
        string document = $$"""
            openapi: 3.1.0
            info: { title: {{Id}}, version: "{{version}}" }
            servers: [ { url: /{{Id}} } ]
            x-stateway-collections:
              rows:
                schema: { type: object, properties: { text: { type: string }, rank: { type: integer } } }
                filter: [{{(version % 2 == 0 ? "text" : "rank")}}]
                seed: rows.json
              only-{{version}}: { schema: { type: object, properties: { text: { type: string } } }, seed: only.json }
            paths:
              /version:
                get:
                  x-stateway-target: { mock: version }
                  responses: { '200': { description: Which., content: { application/json: { examples: { version: { value: "d{{version}}" } } } } } }
            """;
        return new()
        {
            ["file"] = "api.yaml",
            ["files"] = new JsonObject
            {
                ["api.yaml"] = document,
                ["rows.json"] = """[{"text":"one","rank":1},{"text":"two","rank":2},{"text":"three","rank":3}]""",
                ["only.json"] = $$"""[{"text":"first of {{version}}"},{"text":"second of {{version}}"}]""",
            },
        };
    }
}
