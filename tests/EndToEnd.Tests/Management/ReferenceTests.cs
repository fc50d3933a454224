using System.Text.Json;
using System.Text.Json.Nodes;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Management;

/// <summary>The management API's own description is approved by hand, so that no change of it goes unseen.</summary>
public sealed class ReferenceTests
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Set STATEWAY_APPROVE=1 to write the file anew.</summary>
    [Fact]
    public async Task The_served_document_is_the_approved_one()
    {
        using var folder = new TempFolder();
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(folder.File("api")).FullName, "notes.yaml"), Administrator.Document("1"));
        await using var program = await StatewayProgram.RunAsync(folder.File("api"), folder.File("data"));
        using var http = program.Administrator();

        string served = JsonNode.Parse(await http.GetStringAsync("/openapi.json"))!.ToJsonString(Readable) + "\n";

        string file = Repository.Path("docs", "reference", "management.json");
        if (Environment.GetEnvironmentVariable("STATEWAY_APPROVE") == "1") await File.WriteAllTextAsync(file, served);
        Assert.Equal(await File.ReadAllTextAsync(file), served);
    }
}
