using System.Text;

namespace Stateway.Engine.Bench;

/// <summary>A resource of 1 KB: 10 categories, 1,000 prices, names in no order.</summary>
internal sealed record Product(string Path, string Category, double Price, string Name, byte[] Json)
{
    public static Product At(int index)
    {
        // Ids in the order of time, as the server chooses them.
        string path = $"0191b2c4{index:x12}";
        string category = $"category-{index * 7919L % 10}";
        double price = index * 104_729L % 1000 / 10.0 + 0.05;
        string name = $"product {index * 15_485_863L % 1_000_003}";
        string json = $$"""{"id":"{{path}}","name":"{{name}}","category":"{{category}}","price":{{price}},"text":""";
        byte[] value = Encoding.UTF8.GetBytes(json + '"' + new string('x', 1021 - json.Length) + "\"}");
        return new(path, category, price, name, value);
    }
}
