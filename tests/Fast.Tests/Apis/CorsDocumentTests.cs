using Xunit;

namespace Stateway.Fast.Tests.Apis;

/// <summary><c>x-stateway-cors</c> in a document.</summary>
public sealed class CorsDocumentTests
{
    private const string Head = "openapi: 3.1.0\ninfo: { title: T, version: '1' }\npaths: {}\n";

    [Fact]
    public void A_document_says_who_may_call_and_does_not_serve_it()
    {
        var reading = DocumentFolder.Read("a.yaml", Head + """
            x-stateway-cors:
              origins: ['https://shop.example', 'https://*.shop.example']
              methods: [GET, PUT]
              headers: [Content-Type]
              exposed_headers: [ETag]
              credentials: true
              max_age: 30s
              private_network: true
            """);

        Assert.Empty(reading.Errors);
        var api = Assert.Single(reading.Apis);
        Assert.Equal(new()
        {
            Origins = ["https://shop.example", "https://*.shop.example"], Methods = ["GET", "PUT"], Headers = ["Content-Type"], ExposedHeaders = ["ETag"],
            Credentials = true, MaxAge = TimeSpan.FromSeconds(30), PrivateNetwork = true,
        }, api.Cors);
        Assert.DoesNotContain("x-stateway-cors", System.Text.Encoding.UTF8.GetString(api.Document.Span));
        Assert.Null(Assert.Single(DocumentFolder.Read("a.yaml", Head).Apis).Cors);
    }

    [Theory]
    [InlineData("{ origins: ['*'], credentials: true }", 4, 30, "/origins/0", "don't go together")]
    [InlineData("{ origins: ['https://a.example', 'b.example'] }", 4, 51, "/origins/1", "https://b.example")]
    [InlineData("{ origins: '*' }", 4, 29, "/origins", "write ['*']")]
    [InlineData("{ origins: [] }", 4, 20, "/origins", "Name the origins")]
    [InlineData("{ credentials: true }", 4, 1, "/origins", "Name the origins")]
    [InlineData("{ origins: [5] }", 4, 30, "/origins/0", "scheme")]
    [InlineData("{ origins: ['*'], methods: [get] }", 4, 46, "/methods/0", "GET")]
    [InlineData("{ origins: ['*'], max_age: 2d }", 4, 45, "/max_age", "30s, 10m")]
    [InlineData("{ origins: ['*'], max_age: 61m }", 4, 45, "/max_age", "at most an hour")]
    [InlineData("{ origins: ['*'], credential: true }", 4, 36, "/credential", "did you mean credentials?")]
    [InlineData("{ origins: ['*'], credentials: 'yes' }", 4, 49, "/credentials", "true or false")]
    [InlineData("5", 4, 18, "", "object")]
    public void What_is_wrong_is_told_where_it_stands(string value, int line, int column, string pointer, string message)
    {
        var error = Assert.Single(DocumentFolder.Read("a.yaml", Head + "x-stateway-cors: " + value).Errors);

        Assert.Equal($"{line}:{column} /x-stateway-cors{pointer}", $"{error.Line}:{error.Column} {error.Pointer}");
        Assert.Contains(message, error.Message);
    }

    [Fact]
    public void The_word_stands_at_the_top_only()
    {
        var error = Assert.Single(DocumentFolder.Read("a.yaml", "openapi: 3.1.0\ninfo: { title: T, version: '1' }\npaths:\n  /a:\n    x-stateway-cors: { origins: ['*'] }").Errors);
        Assert.Contains("at the top level", error.Message);
        Assert.Contains("Did you mean 'x-stateway-cors'?", Assert.Single(DocumentFolder.Read("a.yaml", Head + "x-stateway-cor: {}").Errors).Message);
    }
}
