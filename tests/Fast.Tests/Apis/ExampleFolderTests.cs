using System.Text.Json;
using Stateway.Model.Apis;
using Stateway.Model.Apis.Seeds;
using Xunit;

namespace Stateway.Fast.Tests.Apis;

/// <summary>The folders that every newcomer runs first.</summary>
public sealed class ExampleFolderTests
{
    [Theory]
    [InlineData("shop", "shop")]
    [InlineData("weather", "upstream weather")]
    public void An_example_is_read_without_errors_or_warnings(string folder, string names)
    {
        var reading = Read(folder);

        Assert.Empty(reading.Errors);
        Assert.Empty(reading.Warnings);
        Assert.Equal(names, string.Join(' ', reading.Apis.Select(api => api.Name)));
    }

    [Fact]
    public void The_shop_has_what_its_readme_walks_through()
    {
        var shop = Read("shop").Apis[0];

        Assert.Equal(["users", "products", "orders", "cart"], shop.Collections.Select(collection => collection.Name));
        Assert.Equal(["customer=users"], shop.Collections[2].References.Select(reference => $"{reference.Key}={reference.Value}"));
        Assert.Equal(["pay", "ship", "cancel"], shop.Collections[2].Actions.Select(action => action.Name));
        Assert.Equal(["sku"], shop.Collections[1].Unique);
        Assert.Equal([20, 60, 103], shop.Collections.Where(collection => collection.Seed is not null).Select(collection => SeedFile.Read(collection).Rows.Count));
    }

    [Fact]
    public void The_served_documents_refer_to_nothing_outside()
    {
        foreach (var api in Read("shop").Apis.Concat(Read("weather").Apis))
        {
            using var document = JsonDocument.Parse(api.Document);
            Assert.All(References(document.RootElement), reference => Assert.StartsWith("#/components/", reference));
        }
    }

    private static ApiReading Read(string folder) => ApiReader.Read(DocumentFolder.InRepository("examples", folder));

    private static IEnumerable<string> References(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(member =>
            member is { Name: "$ref", Value.ValueKind: JsonValueKind.String } ? [member.Value.GetString()!] : References(member.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(References),
        _ => [],
    };
}
