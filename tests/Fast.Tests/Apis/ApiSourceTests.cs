using System.Text;
using Stateway.Model.Apis;
using Stateway.Model.Apis.Seeds;
using Xunit;

namespace Stateway.Fast.Tests.Apis;

/// <summary>A document as its owner wrote it, to be read again where its folder is not.</summary>
public sealed class ApiSourceTests
{
    [Theory]
    [InlineData("shop")]
    [InlineData("weather")]
    public void What_was_read_from_a_folder_reads_the_same_from_its_sources(string example)
    {
        var first = ApiReader.Read(DocumentFolder.InRepository("examples", example));

        var second = ApiReader.Read(first.Sources);

        Assert.Empty(second.Errors);
        Assert.Equal(first.Apis.Select(api => (api.Name, api.File, Encoding.UTF8.GetString(api.Document.Span))),
            second.Apis.Select(api => (api.Name, api.File, Encoding.UTF8.GetString(api.Document.Span))));
        Assert.Equal(Rows(first), Rows(second));
        Assert.Equal(first.Sources.SelectMany(source => source.Files.Keys), second.Sources.SelectMany(source => source.Files.Keys));
    }

    [Fact]
    public void A_source_has_the_document_what_it_refers_to_and_its_seeds_and_nothing_else()
    {
        using var folder = new DocumentFolder()
            .With("a.yaml", Document("parts.yaml#/Note"))
            .With("parts.yaml", "Note: { $ref: 'more.yaml#/Note' }")
            .With("more.yaml", "Note: { type: object, properties: { text: { type: string } } }")
            .With("notes.json", """[{"text":"one"}]""")
            .With("unused.json", "{}");

        var source = Assert.Single(folder.Read().Sources);

        Assert.Equal(("a", "a.yaml"), (source.Name, source.File));
        Assert.Equal(["a.yaml", "more.yaml", "notes.json", "parts.yaml"], source.Files.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_name_of_a_source_is_the_name_of_its_api()
    {
        var reading = ApiReader.Read([new("other", "a.yaml", Files(("a.yaml", Document("parts.yaml#/Note")), ("parts.yaml", "Note: { type: object }"), ("notes.json", "[]")))]);

        Assert.Empty(reading.Errors);
        Assert.Equal("other/notes", reading.Apis[0].Collections[0].StoreName);
    }

    [Theory]
    [InlineData("b.yaml", "a.yaml 1:1", "not among its files")]
    [InlineData("a.yaml", "a.yaml 5:21", "no file 'parts.yaml'")]
    public void What_is_missing_from_a_source_is_an_error_with_its_place(string file, string place, string message)
    {
        var reading = ApiReader.Read([new("a", "a.yaml", Files((file, Document("parts.yaml#/Note")), ("notes.json", "[]")))]);

        var error = Assert.Single(reading.Errors);
        Assert.Equal(place, $"{error.File} {error.Line}:{error.Column}");
        Assert.Contains(message, error.Message);
    }

    [Theory]
    [InlineData("../parts.yaml#/Note")]
    [InlineData("/parts.yaml#/Note")]
    [InlineData("x/../../parts.yaml#/Note")]
    public void Nothing_outside_of_a_source_is_read(string reference)
    {
        var reading = ApiReader.Read([new("a", "a.yaml", Files(("a.yaml", Document(reference)), ("../parts.yaml", "Note: { type: object }"), ("notes.json", "[]")))]);

        Assert.NotEmpty(reading.Errors);
        Assert.Empty(reading.Apis);
        Assert.Empty(reading.Sources);
    }

    private static string Document(string reference) => $$"""
        openapi: 3.1.0
        info: { title: A, version: "1" }
        x-stateway-collections:
          notes:
            schema: { $ref: '{{reference}}' }
            seed: notes.json
        paths: {}
        """;

    private static Dictionary<string, byte[]> Files(params (string Name, string Text)[] files) =>
        files.ToDictionary(file => file.Name, file => Encoding.UTF8.GetBytes(file.Text));

    private static IEnumerable<string> Rows(ApiReading reading) =>
        reading.Apis.SelectMany(api => api.Collections).Where(collection => collection.Seed is not null)
            .SelectMany(collection => SeedFile.Read(collection).Rows).Select(row => $"{row.Collection.StoreName}/{row.Path} {Encoding.UTF8.GetString(row.Json.Span)}");
}
