using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Stateway.Gateway.Content;
using Xunit;

namespace Stateway.Fast.Tests.Gateway;

public sealed class HasBodyTests
{
    [Theory]
    [InlineData("HTTP/2", null, null, true, true)] // nothing announces it; the stream goes on
    [InlineData("HTTP/2", null, "application/json", false, false)] // its header section ended the stream
    [InlineData("HTTP/2", 0L, null, true, false)]
    [InlineData("HTTP/2", 1L, null, true, true)]
    [InlineData("HTTP/1.1", null, "application/json", false, false)]
    public void Over_HTTP_2_a_stream_that_goes_on_has_a_body(string protocol, long? length, string? type, bool goesOn, bool has)
    {
        var http = new DefaultHttpContext();
        http.Features.Set<IHttpRequestBodyDetectionFeature>(new Detection(goesOn));
        http.Request.Protocol = protocol;
        http.Request.ContentLength = length;
        http.Request.ContentType = type;
        Assert.Equal(has, BodyReader.HasBody(http.Request));
    }

    private sealed record Detection(bool CanHaveBody) : IHttpRequestBodyDetectionFeature;
}
