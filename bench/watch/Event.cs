namespace Stateway.Watch.Bench;

internal static class Event
{
    /// <summary>About what one event has on the wire, so that the limit sends as much.</summary>
    public const int Bytes = 320;

    public const string Document = """
        openapi: 3.1.0
        info: { title: Bench, version: 1.0.0 }
        x-stateway-collections:
          items:
            schema:
              type: object
              required: [name]
              properties: { name: { type: string }, note: { type: string } }
        paths: {}
        """;

    public static string Body(string name) => $$"""{"name":"{{name}}","note":"{{new string('n', 80)}}"}""";
}
