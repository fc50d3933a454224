using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Primitives;
using Stateway.Gateway.Content.Negotiation;
using Xunit;

namespace Stateway.Fast.Tests.Content;

public sealed class NegotiationTests
{
    [Theory]
    [InlineData(null, "application/json", "application/problem+json")]
    [InlineData("", "application/json", "application/problem+json")]
    [InlineData("*/*", "application/json", "application/problem+json")]
    [InlineData("application/json", "application/json", "application/problem+json")]
    [InlineData("APPLICATION/JSON", "application/json", "application/problem+json")]
    [InlineData("application/xml", "application/xml", "application/problem+xml")]
    [InlineData("text/xml", "text/xml; charset=utf-8", "application/problem+xml")]
    [InlineData("text/*", "text/xml; charset=utf-8", "application/problem+xml")]
    [InlineData("application/xml, text/xml", "application/xml", "application/problem+xml")]
    [InlineData("application/xml;q=0.5, text/xml;q=0.6", "text/xml; charset=utf-8", "application/problem+xml")]
    [InlineData("application/*", "application/json", "application/problem+json")]
    [InlineData("application/xml, application/json", "application/json", "application/problem+json")]
    [InlineData("application/xml, application/json;q=0.9", "application/xml", "application/problem+xml")]
    [InlineData("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "application/json", "application/problem+json")]
    [InlineData("application/xhtml+xml,application/xml;q=0.9", "application/xml", "application/problem+xml")]
    [InlineData("application/json;q=0, */*", "application/xml", "application/problem+xml")]
    [InlineData("application/json;q=0.001, */*;q=0.002", "application/xml", "application/problem+xml")]
    [InlineData("*/*;q=0.1, application/*;q=0.2, text/xml;q=0.3", "text/xml; charset=utf-8", "application/problem+xml")]
    [InlineData("application/json;charset=utf-8", "application/json", "application/problem+json")]
    [InlineData("application/json;charset=\"UTF-8\"", "application/json", "application/problem+json")]
    [InlineData("application/json ; q=0.5 , application/xml ; q=0.4", "application/json", "application/problem+json")]
    [InlineData("application/json;charset=utf-8;q=0.1, application/json;q=0.9, application/xml;q=0.5", "application/xml", "application/problem+xml")]
    [InlineData("application/json;version=2, application/xml;q=0.1", "application/xml", "application/problem+xml")]
    [InlineData("application/problem+xml, application/json", "application/json", "application/problem+json")]
    [InlineData("application/problem+xml, application/json;q=0.5", "application/json", "application/problem+xml")]
    [InlineData("image/png", null, "application/problem+json")]
    [InlineData("application/problem+json", null, "application/problem+json")]
    [InlineData("application/problem+xml", null, "application/problem+xml")]
    [InlineData("application/json;q=0", null, "application/problem+json")]
    [InlineData("application/json;version=2", null, "application/problem+json")]
    [InlineData("*/*;q=0", null, "application/problem+json")]
    [InlineData("application/xml;q=2, text/plain", null, "application/problem+json")]
    [InlineData("application/xml;q=0.1234", "application/json", "application/problem+json")]
    [InlineData("application/xml;q=", "application/json", "application/problem+json")]
    [InlineData("application", "application/json", "application/problem+json")]
    [InlineData("*/xml", "application/json", "application/problem+json")]
    [InlineData("foo/bar;x=\"a,application/xml\"", null, "application/problem+json")]
    [InlineData(",,application/xml,", "application/xml", "application/problem+xml")]
    [InlineData("appli cation/xml, ;;;, @", "application/json", "application/problem+json")]
    public void Accept_chooses_a_form(string? accept, string? contentType, string problemContentType)
    {
        var choice = AcceptField.Choose(accept);
        Assert.Equal(contentType, choice.Format == BodyFormat.None ? null : choice.ContentType);
        Assert.Equal(problemContentType, choice.ProblemContentType);
    }

    [Fact]
    public void Lines_of_one_field_are_one_list()
    {
        Assert.Equal(BodyFormat.Xml, AcceptField.Choose(new StringValues(["application/json;q=0.2", "application/xml;q=0.3"])).Format);
        Assert.Equal(ContentCoding.Gzip, EncodingFields.Choose(new StringValues(["br;q=0.2", "gzip"])).Coding);
        Assert.False(EncodingFields.TryReadRequest(new StringValues(["br", "gzip"]), out _));
    }

    [Theory]
    [InlineData(null, ContentCoding.Identity, true)]
    [InlineData("", ContentCoding.Identity, true)]
    [InlineData("gzip, deflate, br, zstd", ContentCoding.Brotli, true)]
    [InlineData("gzip, br", ContentCoding.Brotli, true)]
    [InlineData("gzip;q=1.0, br;q=0.9", ContentCoding.Gzip, true)]
    [InlineData("GZIP", ContentCoding.Gzip, true)]
    [InlineData("x-gzip", ContentCoding.Gzip, true)]
    [InlineData("deflate", ContentCoding.Identity, true)]
    [InlineData("*", ContentCoding.Brotli, true)]
    [InlineData("br;q=0, *", ContentCoding.Gzip, true)]
    [InlineData("gzip;q=0", ContentCoding.Identity, true)]
    [InlineData("gzip;q=0.5, identity", ContentCoding.Identity, true)]
    [InlineData("gzip;q=1.0, identity; q=0.5, *;q=0", ContentCoding.Gzip, true)]
    [InlineData("gzip, identity;q=0", ContentCoding.Gzip, true)]
    [InlineData("gzip, *;q=0", ContentCoding.Gzip, true)]
    [InlineData("identity;q=0", ContentCoding.Identity, false)]
    [InlineData("*;q=0", ContentCoding.Identity, false)]
    [InlineData("identity, *;q=0", ContentCoding.Identity, true)]
    [InlineData("gzip;q=x, br;level=1, ;q=1", ContentCoding.Identity, true)]
    public void Accept_Encoding_chooses_a_coding(string? field, ContentCoding coding, bool isAcceptable)
    {
        var choice = EncodingFields.Choose(field);
        Assert.Equal((coding, isAcceptable), (choice.Coding, choice.IsAcceptable));
    }

    [Theory]
    [InlineData(null, true, ContentCoding.Identity)]
    [InlineData("identity", true, ContentCoding.Identity)]
    [InlineData("gzip", true, ContentCoding.Gzip)]
    [InlineData("X-GZip", true, ContentCoding.Gzip)]
    [InlineData("br", true, ContentCoding.Brotli)]
    [InlineData("identity, br", true, ContentCoding.Brotli)]
    [InlineData("gzip, gzip", false, ContentCoding.Gzip)]
    [InlineData("deflate", false, ContentCoding.Identity)]
    [InlineData("zstd", false, ContentCoding.Identity)]
    [InlineData("gzip;q=1", false, ContentCoding.Identity)]
    public void Content_Encoding_names_one_coding(string? field, bool isKnown, ContentCoding coding)
    {
        Assert.Equal(isKnown, EncodingFields.TryReadRequest(field, out var read));
        if (isKnown) Assert.Equal(coding, read);
    }

    [Theory]
    [InlineData(null, ContentTypeStatus.Absent, "", BodyFormat.None)]
    [InlineData("application/json", ContentTypeStatus.Known, "application/json", BodyFormat.Json)]
    [InlineData("Application/JSON; Charset=\"utf-8\"", ContentTypeStatus.Known, "application/json", BodyFormat.Json)]
    [InlineData("application/vnd.Shop+JSON;v=1", ContentTypeStatus.Known, "application/vnd.shop+json", BodyFormat.Json)]
    [InlineData("application/merge-patch+json", ContentTypeStatus.Known, "application/merge-patch+json", BodyFormat.Json)]
    [InlineData("text/xml;charset=us-ascii", ContentTypeStatus.Known, "text/xml", BodyFormat.Xml)]
    [InlineData("application/atom+xml", ContentTypeStatus.Known, "application/atom+xml", BodyFormat.Xml)]
    [InlineData("text/plain", ContentTypeStatus.Known, "text/plain", BodyFormat.None)]
    [InlineData("application/json; charset=iso-8859-1", ContentTypeStatus.UnsupportedCharset, "application/json", BodyFormat.Json)]
    [InlineData("multipart/form-data; boundary=\"a;b\"", ContentTypeStatus.Known, "multipart/form-data", BodyFormat.None)]
    [InlineData("json", ContentTypeStatus.Malformed, "", BodyFormat.None)]
    [InlineData("application/", ContentTypeStatus.Malformed, "", BodyFormat.None)]
    [InlineData("application/json; charset", ContentTypeStatus.Malformed, "", BodyFormat.None)]
    [InlineData("application/json, text/plain", ContentTypeStatus.Malformed, "", BodyFormat.None)]
    public void Content_Type_is_taken_apart(string? field, ContentTypeStatus status, string mediaType, BodyFormat format) =>
        Assert.Equal(new ContentType(status, mediaType, format), ContentType.Parse(field));

    [Fact]
    public void Usual_fields_are_read_without_allocating()
    {
        StringValues[] accepts = [StringValues.Empty, "*/*", "application/json", "application/xml;q=0.9, */*;q=0.8"];
        StringValues[] codings = [StringValues.Empty, "gzip, deflate, br", "gzip;q=0.5, br;q=0.6"];
        void Read()
        {
            foreach (var accept in accepts) AcceptField.Choose(accept);
            foreach (var coding in codings) EncodingFields.Choose(coding);
            ContentType.Parse("application/json");
            ContentType.Parse("application/merge-patch+json; charset=utf-8");
        }

        Read();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Read();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Any_text_is_a_choice() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(3000), Prop.ForAll(Seeds.All, seed =>
        {
            var random = new Random(seed);
            string[] parts = ["application/json", "text/xml", "*/*", ";", ",", "q=", "0.5", "\"", "\\", "=", " ", "é", "gzip", "*", "charset", "1"];
            string text = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => parts[random.Next(parts.Length)]));
            Assert.NotEqual(BodyFormat.None, AcceptField.Choose(text).ProblemFormat);
            EncodingFields.Choose(text);
            EncodingFields.TryReadRequest(text, out _);
            ContentType.Parse(text);
        }));
}
