using System.IO.Compression;
using System.Text;
using Xunit;

namespace Stateway.EndToEnd.Tests.Wire;

/// <summary>gzip and Brotli, both ways.</summary>
public sealed class CompressionTests(WireProgram wire) : IClassFixture<WireProgram>
{
    private const int BodyBytesMax = 1 << 20;

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    public async Task A_coded_body_is_taken(string coding)
    {
        string header = "Content-Encoding: " + coding;
        (await wire.PutAsync("/things/coded", Coded(coding, """{"name":"é"}"""), header)).Written();
        Assert.Equal("é", (string?)(await wire.GetAsync("/things/coded")).Json["name"]);
        (await wire.PatchAsync("/things/coded", Coded(coding, """{"count":7}"""), header)).Expect(200);
        (await wire.PutAsync("/things/coded", Coded(coding, "<thing><name>b</name></thing>"), header, "Content-Type: application/xml")).Expect(200);
        (await wire.PostAsync("/things/coded/note", Coded(coding, """{"text":"hello"}"""), header)).Expect(200);
        (await wire.PostAsync("/echo/rome", Coded(coding, """{"size":1}"""), header)).Expect(200);
        Assert.Equal(["/size MINIMUM"], (await wire.PostAsync("/echo/rome", Coded(coding, """{"size":0}"""), header)).Problem(422, "INVALID_BODY"));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    public async Task What_a_body_expands_to_is_limited(string coding)
    {
        string header = "Content-Encoding: " + coding;
        string fits = $$$"""{"name":"a","extra":{"x":"{{{new string('x', BodyBytesMax - 40)}}}"}}""";
        (await wire.PutAsync("/things/fits", Coded(coding, fits), header)).Written();
        (await wire.PutAsync("/things/bomb", Coded(coding, fits + new string(' ', 100)), header)).Problem(413, "BODY_TOO_LARGE");
        (await wire.PutAsync("/things/bomb", Coded(coding, new string(' ', 100_000_000)), header)).Problem(413, "BODY_TOO_LARGE");
        (await wire.DeleteAsync("/things/fits")).Expect(204);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    public async Task A_body_that_is_not_coded_as_it_says_is_400(string coding)
    {
        string header = "Content-Encoding: " + coding;
        byte[] good = Coded(coding, """{"name":"a"}""");
        (await wire.PutAsync("/things/wrong", """{"name":"a"}""", header)).Problem(400, "MALFORMED_BODY");
        (await wire.PutAsync("/things/wrong", Array.Empty<byte>(), header)).Problem(400, "MALFORMED_BODY");
        (await wire.PutAsync("/things/wrong", good[..^3], header)).Problem(400, "MALFORMED_BODY");
        (await wire.PutAsync("/things/wrong", (byte[])[.. good, 1, 2, 3], header)).Problem(400, "MALFORMED_BODY");
        (await wire.GetAsync("/things/wrong")).Problem(404, "NOT_FOUND");
    }

    [Theory]
    [InlineData("deflate")]
    [InlineData("zstd")]
    [InlineData("gzip, br")]
    public async Task Another_coding_is_415(string coding)
    {
        var refused = await wire.PutAsync("/things/other", """{"name":"a"}""", "Content-Encoding: " + coding);
        refused.Problem(415, "UNSUPPORTED_MEDIA_TYPE");
        Assert.Equal("br, gzip", refused["Accept-Encoding"]);
    }

    [Fact]
    public async Task Answers_of_more_than_a_packet_are_coded_when_the_client_allows()
    {
        string body = $$$"""{"name":"a","extra":{"x":"{{{new string('x', 3_000)}}}"}}""";
        (await wire.PutAsync("/things/large", body)).Written();
        var plain = await wire.GetAsync("/things/large");
        Assert.Null(plain["Content-Encoding"]);
        foreach (string url in new[] { "/things/large", "/things", "/things?fields=extra", "/openapi.json", "/page" })
        {
            var identity = await wire.GetAsync(url);
            foreach (string coding in new[] { "gzip", "br" })
            {
                var coded = (await wire.GetAsync(url, "Accept-Encoding: " + coding)).Expect(200);
                Assert.Equal(coding, coded["Content-Encoding"]);
                Assert.Equal(coded.Bytes.Length.ToString(System.Globalization.CultureInfo.InvariantCulture), coded["Content-Length"]);
                Assert.True(coded.Bytes.Length < identity.Bytes.Length);
                Assert.Equal(identity.Text, coded.Text);
                Assert.Contains("Accept-Encoding", coded["Vary"], StringComparison.Ordinal);
                if (identity["ETag"] is { } etag && !etag.StartsWith("W/", StringComparison.Ordinal)) Assert.NotEqual(etag, coded.ETag);
                if (coded["ETag"] is { } tag) (await wire.GetAsync(url, "Accept-Encoding: " + coding, "If-None-Match: " + tag)).Expect(304);
            }
        }

        Assert.Contains("Prefer", (await wire.GetAsync("/page", "Accept-Encoding: gzip"))["Vary"], StringComparison.Ordinal);
        Assert.Equal("br", (await wire.GetAsync("/things/large", "Accept-Encoding: gzip, br"))["Content-Encoding"]);
        Assert.Equal("gzip", (await wire.GetAsync("/things/large", "Accept-Encoding: gzip, br;q=0.5"))["Content-Encoding"]);
        Assert.Null((await wire.GetAsync("/things/large", "Accept-Encoding: gzip;q=0, zstd"))["Content-Encoding"]);
        Assert.Equal("gzip", (await wire.PutAsync("/things/large", body, "Accept-Encoding: gzip")).Expect(200)["Content-Encoding"]);

        (await wire.PutAsync("/planets/small", """{"name":"a"}""")).Written();
        Assert.Null((await wire.GetAsync("/planets/small", "Accept-Encoding: gzip, br"))["Content-Encoding"]);
    }

    [Fact]
    public async Task A_large_problem_is_coded_and_still_varies_by_Accept()
    {
        string body = "{" + string.Join(',', Enumerable.Range(0, 60).Select(i => $"\"unknown{i}\":1")) + "}";
        var problem = await wire.PutAsync("/things/problem", body, "Accept-Encoding: br");
        Assert.Equal(61, problem.Problem(422, "INVALID_BODY").Length);
        Assert.Equal("br", problem["Content-Encoding"]);
        Assert.Equal("Accept, Accept-Encoding", problem["Vary"]);
    }

    private static byte[] Coded(string coding, string text)
    {
        using var output = new MemoryStream();
        using (Stream stream = coding == "gzip" ? new GZipStream(output, CompressionLevel.Optimal) : new BrotliStream(output, CompressionLevel.Fastest))
            stream.Write(Encoding.UTF8.GetBytes(text));
        return output.ToArray();
    }
}
