namespace Stateway.Collections.Bench;

/// <summary>The API under load and the load itself.</summary>
internal static class Scripts
{
    public const string Document = """
        openapi: 3.1.0
        info: { title: Bench, version: 1.0.0 }
        x-stateway-collections:
          items:
            schema: { $ref: '#/components/schemas/Item' }
            filter: [category, price]
            order: [price]
        components:
          schemas:
            Item:
              type: object
              required: [name, category, price]
              properties:
                name: { type: string, minLength: 1, maxLength: 200 }
                category: { type: string, pattern: '^c[0-9]{1,3}$' }
                price: { type: number, minimum: 0 }
                note: { type: string, maxLength: 500 }
        """;

    public const string RandomGet = """
        math.randomseed(os.time())
        request = function() return wrk.format("GET", "/items/i" .. math.random(0, 99999)) end
        """;

    public const string Post = """
        wrk.headers["Content-Type"] = "application/json"
        local n = 0
        local note = string.rep("n", 80)
        request = function()
          n = n + 1
          return wrk.format("POST", "/items", nil, '{"name":"Item ' .. n .. '","category":"c' .. (n % 100) .. '","price":' .. (n % 1000) .. ',"note":"' .. note .. '"}')
        end
        """;
}
