using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Stateway.Model.Apis;
using Stateway.Model.Apis.Seeds;
using Xunit;

namespace Stateway.Fast.Tests.Apis;

/// <summary>The folders that every newcomer runs first.</summary>
public sealed partial class ExampleFolderTests
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

    /// <summary>OpenAPI's own schema, the references and the paths of the served document are checked by reading it.</summary>
    [Theory]
    [InlineData("3.0.3")]
    [InlineData("3.1.0")]
    public void A_served_document_is_a_document_itself(string version)
    {
        string notes = File.ReadAllText(DocumentFolder.InRepository("tests", "Fast.Tests", "Apis", "Expansion", "notes.yaml"));
        var apis = Read("shop").Apis.Concat(Read("weather").Apis).Concat(DocumentFolder.Read("notes.yaml", notes.Replace("3.1.0", version)).Apis);
        foreach (var api in apis)
        {
            string served = Encoding.UTF8.GetString(api.Document.Span);
            var again = DocumentFolder.Read(api.Name + ".json", Reference().Replace(served, ""));

            Assert.Empty(again.Errors);
            Assert.Equal(
                api.Operations.Select(operation => $"{operation.Method} {operation.Path}").Order(),
                again.Apis[0].Operations.Select(operation => $"{operation.Method} {operation.Path}").Order());
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

    [GeneratedRegex(",?\"x-stateway-reference\":\"[a-z-]+\"")]
    private static partial Regex Reference();
}
