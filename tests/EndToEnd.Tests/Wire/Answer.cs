using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using Xunit;

namespace Stateway.EndToEnd.Tests.Wire;

/// <summary>An answer as it came over the wire.</summary>
public sealed class Answer(int status, byte[] bytes, IReadOnlyDictionary<string, string> headers)
{
    public int Status { get; } = status;
    public byte[] Bytes { get; } = bytes;

    /// <summary>A header field's value; several lines joined with a comma.</summary>
    public string? this[string header] => headers.GetValueOrDefault(header);

    /// <summary>Of its header fields.</summary>
    public IEnumerable<string> Names => headers.Keys;

    public string ETag => this["ETag"] ?? throw new InvalidOperationException("The answer has no ETag: " + Text);

    /// <summary>The content as text, with its coding taken off.</summary>
    public string Text => Encoding.UTF8.GetString(Plain());

    public JsonNode Json => JsonNode.Parse(Text)!;
    public XElement Xml => XDocument.Parse(Text, LoadOptions.PreserveWhitespace).Root!;

    /// <summary>Ids of a list's results, in their order.</summary>
    public string[] Ids => [.. Json["results"]!.AsArray().Select(r => r!["id"]!.GetValue<string>())];

    public string? NextPageToken => Json["next_page_token"]?.GetValue<string>();

    public Answer Expect(int expected)
    {
        Assert.True(Status == expected, $"{expected} was expected, and it was {Status}: {Text}");
        return this;
    }

    /// <summary>A PUT that worked, whether the resource was there or not.</summary>
    public Answer Written()
    {
        Assert.True(Status is 200 or 201, $"It was {Status}: {Text}");
        return this;
    }

    /// <summary>
    /// A problem document with everything that every problem has. Returns its errors as <c>pointer CODE</c> (or the parameter's
    /// or header's name), sorted.
    /// </summary>
    public string[] Problem(int expected, string code)
    {
        Expect(expected);
        Assert.Equal("application/problem+json", this["Content-Type"]);
        Assert.Equal("no-store", this["Cache-Control"]);
        var problem = Json;
        Assert.Equal(code, problem["code"]!.GetValue<string>());
        Assert.Equal(expected, problem["status"]!.GetValue<int>());
        Assert.Equal("/_/problems/" + code.ToLowerInvariant().Replace('_', '-'), problem["type"]!.GetValue<string>());
        Assert.NotEmpty(problem["title"]!.GetValue<string>());
        Assert.StartsWith("urn:request:", problem["instance"]!.GetValue<string>(), StringComparison.Ordinal);
        return [.. (problem["errors"]?.AsArray() ?? []).Select(Describe).Order(StringComparer.Ordinal)];
    }

    public string Detail => Json["detail"]!.GetValue<string>();

    private static string Describe(JsonNode? error)
    {
        Assert.NotEmpty(error!["detail"]!.GetValue<string>());
        var place = error["pointer"] ?? error["parameter"] ?? error["header"];
        return $"{place?.GetValue<string>()} {error["code"]!.GetValue<string>()}".Trim();
    }

    private byte[] Plain()
    {
        using var plain = new MemoryStream();
        using Stream? coded = this["Content-Encoding"] switch
        {
            "gzip" => new GZipStream(new MemoryStream(Bytes), CompressionMode.Decompress),
            "br" => new BrotliStream(new MemoryStream(Bytes), CompressionMode.Decompress),
            _ => null,
        };
        if (coded is null) return Bytes;

        coded.CopyTo(plain);
        return plain.ToArray();
    }
}
