using Microsoft.AspNetCore.Http;
using Stateway.Gateway;
using Stateway.Gateway.Targets;
using Xunit;

namespace Stateway.Fast.Tests.Targets;

public sealed class MockTargetTests
{
    [Theory]
    [InlineData(200, 2)]
    [InlineData(204, 0)]
    [InlineData(205, 0)]
    [InlineData(304, 0)]
    public async Task A_status_without_content_has_none(int status, int length)
    {
        var http = new DefaultHttpContext { Response = { Body = new MemoryStream() } };
        var target = new MockTarget(new([new(status, "application/json", "{}"u8.ToArray(), [])]));

        Assert.Null(await target.AnswerAsync(new Exchange(http, TimeProvider.System)));
        await http.Response.BodyWriter.FlushAsync(TestContext.Current.CancellationToken);
        Assert.Equal((status, length), (http.Response.StatusCode, (int)http.Response.Body.Length));
    }
}
