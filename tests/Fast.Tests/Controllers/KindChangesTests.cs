using System.Text;
using Stateway.Controllers;
using Stateway.Store;
using Xunit;

namespace Stateway.Fast.Tests.Controllers;

public sealed class KindChangesTests
{
    [Theory]
    [InlineData(null, "1 1 ", true)]
    [InlineData("1 1 ", null, true)]
    [InlineData("1 1 ", "2 1 ", true)]
    [InlineData("1 1 ", "1 2 ", true)] // deleted and made anew in one commit
    [InlineData("1 1 ", "1 1 deleting", true)]
    [InlineData("1 1 ", "1 1 status", false)]
    [InlineData("1 1 deleting", "1 1 deleting status", false)]
    public void A_status_is_no_change_of_what_is_asked_for(string? before, string? after, bool isOfSpec) =>
        Assert.Equal(isOfSpec, KindChanges.IsOfSpec(new(new("stateway/things", "a"), Entry(before), Entry(after))));

    private static Entry? Entry(string? text)
    {
        if (text?.Split(' ') is not { } words) return null;

        string json = $$"""{"id":"a","generation":{{words[0]}},"create_time":"2026-01-0{{words[1]}}T00:00:00.000Z","update_time":"2026-01-09T00:00:00.000Z","""
            + (words.Contains("deleting") ? "\"delete_time\":\"2026-01-08T00:00:00.000Z\"," : "")
            + $$$"""  "finalizers":[],"owner":null,"n":1,"status":{{{(words.Contains("status") ? """{"seen":1}""" : "{}")}}}}""";
        return new(new("stateway/things", "a"), 7, DateTimeOffset.UnixEpoch, Encoding.UTF8.GetBytes(json));
    }
}
