using System.Text;

namespace Stateway.Store.Bench;

/// <summary>The API under load, its rows, and the load itself.</summary>
internal static class Api
{
    public const string Document = """
        openapi: 3.1.0
        info: { title: Bench, version: 1.0.0 }
        x-stateway-collections:
          items:
            schema: { $ref: '#/components/schemas/Item' }
            filter: [category]
        components:
          schemas:
            Item:
              type: object
              required: [name, category]
              properties:
                name: { type: string, minLength: 1, maxLength: 200 }
                category: { type: string, pattern: '^c[0-9]{1,6}$' }
                note: { type: string, maxLength: 2000 }
        """;

    /// <summary>Bodies of 1 KB; the server chooses the ids.</summary>
    public const string Post = """
        wrk.headers["Content-Type"] = "application/json"
        local n = 0
        local tail = '","note":"' .. string.rep("n", 960) .. '"}'
        request = function()
          n = n + 1
          return wrk.format("POST", "/items", nil, '{"name":"Item ' .. n .. '","category":"c' .. (n % 1000) .. tail)
        end
        """;

    public static string RandomGet(int rows) => $"""
        math.randomseed(os.time())
        request = function() return wrk.format("GET", "/items/i" .. math.random(0, {rows - 1})) end
        """;

    public static string RandomList(int rows) => $"""
        math.randomseed(os.time())
        request = function() return wrk.format("GET", "/items?max_page_size=20&category=c" .. math.random(0, {Categories(rows) - 1})) end
        """;

    /// <summary>A row as the server would store it: in a category with a thousand others.</summary>
    public static byte[] Row(int index, int rows)
    {
        const string time = "2026-01-01T00:00:00.000Z";
        string json = $$"""{"id":"i{{index}}","name":"Item {{index}}","category":"c{{index % Categories(rows)}}","create_time":"{{time}}","update_time":"{{time}}","note":""";
        return Encoding.UTF8.GetBytes(json + '"' + new string('n', 200) + "\"}");
    }

    private static int Categories(int rows) => Math.Max(rows / 1000, 1);
}
