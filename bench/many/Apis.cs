namespace Stateway.Many.Bench;

/// <summary>
/// APIs of two sorts in turns, that have ten operations together: one with a collection, which is nine, and one with a single
/// operation of its own. <c>GET /api7/version</c> says which version answers.
/// </summary>
internal static class Apis
{
    public static string Name(int number) => "api" + number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    public static void Write(string folder, int count)
    {
        Directory.CreateDirectory(folder);
        for (int i = 0; i < count; i++) File.WriteAllText(Path.Combine(folder, Name(i) + ".yaml"), Document(i, "1"));
    }

    public static string Document(int number, string version) => $$"""
        openapi: 3.1.0
        info: { title: API {{number}}, version: "{{version}}" }
        servers: [ { url: /{{Name(number)}} } ]
        {{(number % 2 == 0 ? Collection : "")}}
        paths:
          /version:
            get:
              parameters: [ { name: verbose, in: query, schema: { type: boolean } } ]
              x-stateway-target: { mock: version }
              responses:
                '200':
                  description: Which version answers.
                  content: { application/json: { schema: { type: string }, examples: { version: { value: "{{version}}" } } } }
        """;

    private const string Collection = """
        x-stateway-collections:
          items:
            schema:
              type: object
              required: [name]
              properties:
                name: { type: string, maxLength: 100 }
                category: { type: string, pattern: '^[a-z]+$' }
                price: { type: integer, minimum: 0 }
            filter: [category]
        """;
}
