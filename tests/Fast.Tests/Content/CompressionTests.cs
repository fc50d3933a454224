using System.Buffers;
using System.IO.Compression;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Stateway.Gateway.Content.Compression;
using Stateway.Gateway.Content.Negotiation;
using Stateway.Model.Schemas;
using Xunit;

namespace Stateway.Fast.Tests.Content;

public sealed class CompressionTests
{
    private const int Limit = 1 << 20;

    [Theory]
    [InlineData(ContentCoding.Gzip)]
    [InlineData(ContentCoding.Brotli)]
    [InlineData(ContentCoding.Identity)]
    public void What_was_compressed_expands_to_the_same(ContentCoding coding)
    {
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(100), Prop.ForAll(Seeds.All, seed =>
        {
            byte[] body = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, seed % 300).Select(i => new RandomJson(seed + i).Json(Shape.Any))));
            var (result, expanded) = Expand(coding, Compress(coding, body), body.Length);
            Assert.Equal(ExpandResult.Ok, result);
            Assert.Equal(body, expanded);
        }));
    }

    [Theory]
    [InlineData(ContentCoding.Gzip)]
    [InlineData(ContentCoding.Brotli)]
    public void A_bomb_stops_at_the_limit(ContentCoding coding)
    {
        byte[] bomb = Compress(coding, new byte[10 << 20]);
        Assert.True(bomb.Length < Limit / 4);
        var output = new ArrayBufferWriter<byte>();
        Assert.Equal(ExpandResult.TooLarge, BodyExpansion.Expand(coding, bomb, output, Limit));
        Assert.Equal(Limit + 1, output.WrittenCount);
    }

    [Theory]
    [InlineData(ContentCoding.Gzip)]
    [InlineData(ContentCoding.Brotli)]
    [InlineData(ContentCoding.Identity)]
    public void The_limit_itself_is_allowed(ContentCoding coding)
    {
        byte[] body = Compress(coding, new byte[5000]);
        Assert.Equal(ExpandResult.Ok, Expand(coding, body, 5000).Result);
        Assert.Equal(ExpandResult.TooLarge, Expand(coding, body, 4999).Result);
        Assert.Equal(ExpandResult.Ok, Expand(coding, Compress(coding, []), 0).Result);
    }

    [Theory]
    [InlineData(ContentCoding.Gzip)]
    [InlineData(ContentCoding.Brotli)]
    public void A_body_that_is_cut_off_or_goes_on_is_malformed(ContentCoding coding)
    {
        byte[] body = Compress(coding, Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 500))));
        for (int length = 1; length < body.Length; length++) Assert.Equal(ExpandResult.Malformed, Expand(coding, body[..length], Limit).Result);

        Assert.Equal(ExpandResult.Malformed, Expand(coding, [.. body, 1, 2, 3, 4, 5], Limit).Result);
        Assert.Equal(ExpandResult.Malformed, Expand(coding, [.. body, .. body], Limit).Result);
        Assert.Equal(ExpandResult.Malformed, Expand(coding, "{\"not\":\"compressed at all\"}"u8.ToArray(), Limit).Result);
    }

    [Fact]
    public void Noise_never_throws_and_gzip_notices_every_changed_byte_of_its_data()
    {
        byte[] text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 300)));
        byte[] gzip = Compress(ContentCoding.Gzip, text);
        byte[] brotli = Compress(ContentCoding.Brotli, text);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(1000), Prop.ForAll(Seeds.All, seed =>
        {
            var random = new Random(seed);
            byte[] broken = [.. gzip];
            broken[random.Next(10, broken.Length)] ^= (byte)random.Next(1, 256);
            var (result, expanded) = Expand(ContentCoding.Gzip, broken, Limit);
            Assert.True(result != ExpandResult.Ok || expanded.AsSpan().SequenceEqual(text));

            broken = [.. brotli];
            broken[random.Next(broken.Length)] ^= (byte)random.Next(1, 256);
            Expand(ContentCoding.Brotli, broken, Limit);
        }));
    }

    [Fact]
    public void Other_programs_gzip_is_read()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize)) gzip.Write("[1,2,3]"u8);
        var (result, expanded) = Expand(ContentCoding.Gzip, packed.ToArray(), Limit);
        Assert.Equal((ExpandResult.Ok, "[1,2,3]"), (result, Encoding.UTF8.GetString(expanded)));
    }

    [Theory]
    [InlineData("gzip", "application/json", 1400, ContentCoding.Gzip)]
    [InlineData("gzip", "application/json", 1399, ContentCoding.Identity)]
    [InlineData("gzip, identity;q=0", "application/json", 10, ContentCoding.Gzip)]
    [InlineData("br", "application/problem+xml", 2000, ContentCoding.Brotli)]
    [InlineData("br", "text/xml; charset=utf-8", 2000, ContentCoding.Brotli)]
    [InlineData("gzip, identity;q=0", "application/json", 0, ContentCoding.Identity)]
    [InlineData("br", "image/png", 2000, ContentCoding.Identity)]
    [InlineData("br", "text/event-stream", 2000, ContentCoding.Identity)]
    [InlineData("deflate", "application/json", 2000, ContentCoding.Identity)]
    public void Only_text_of_some_size_is_compressed(string acceptEncoding, string contentType, int bytes, ContentCoding coding) =>
        Assert.Equal(coding, BodyCompression.For(EncodingFields.Choose(acceptEncoding), contentType, bytes));

    private static byte[] Compress(ContentCoding coding, byte[] body)
    {
        var output = new ArrayBufferWriter<byte>();
        BodyCompression.Compress(coding, body, output);
        return output.WrittenSpan.ToArray();
    }

    private static (ExpandResult Result, byte[] Body) Expand(ContentCoding coding, byte[] body, int bytesMax)
    {
        var output = new ArrayBufferWriter<byte>();
        var result = BodyExpansion.Expand(coding, body, output, bytesMax);
        return (result, output.WrittenSpan.ToArray());
    }
}
