namespace Stateway.Swaps.Bench;

/// <summary>The API that is swapped: <c>GET /which</c> is answered by the deployment's number, <c>/items</c> are stored.</summary>
internal static class Document
{
    public const string Api = "swapped";

    /// <summary>As many deployments as the stage is pointed at in turns: so few swaps are between two of the same that an answer tells its swap.</summary>
    public const int Deployments = 50;

    public static string Of(int number) => $$"""
        openapi: 3.1.0
        info: { title: Swapped, version: "{{number}}" }
        servers: [ { url: /swapped } ]
        x-stateway-collections:
          items: { schema: { type: object, properties: { name: { type: string }, category: { type: string } } }, filter: [category] }
        paths:
          /which:
            get:
              x-stateway-target: { mock: which }
              responses: { '200': { description: Which., content: { application/json: { examples: { which: { value: {{number}} } } } } } }
        """;
}
