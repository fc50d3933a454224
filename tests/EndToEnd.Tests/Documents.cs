namespace Stateway.EndToEnd.Tests;

/// <summary>Small documents for tests that change them.</summary>
internal static class Documents
{
    /// <param name="collections">Lines below <c>x-stateway-collections</c>, such as <c>things: { schema: { type: object } }</c>.</param>
    public static string Of(string title, params string[] collections) =>
        $"""
        openapi: 3.1.0
        info: {"{"} title: {title}, version: 1.0.0 {"}"}
        paths: {"{}"}
        x-stateway-collections:
        {string.Concat(collections.Select(line => "  " + line + "\n"))}
        """;

    /// <param name="url">Where the slow service is.</param>
    public static string Proxy(string url) =>
        $$"""
        openapi: 3.1.0
        info: { title: Front, version: 1.0.0 }
        paths:
          /slow:
            get:
              x-stateway-target: { http: '{{url}}', timeout: 60s }
              responses: { '200': { description: At last. } }
            post:
              x-stateway-target: { http: '{{url}}', timeout: 60s }
              responses: { '200': { description: At last. } }
        """;
}
