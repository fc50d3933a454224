using Microsoft.AspNetCore.Http;
using Stateway.Gateway.Lifecycles;
using Stateway.Model.Problems;
using Stateway.TestKit;
using Xunit;

namespace Stateway.Fast.Tests.Gateway;

public sealed class LifecycleTests
{
    private static readonly DateTimeOffset Noon = new(2024, 5, 1, 12, 0, 0, TimeSpan.Zero); // when a manual clock begins

    [Fact]
    public void Answers_tell_since_when_until_when_and_where_to_read_more()
    {
        var headers = new HeaderDictionary { ["Link"] = "</next>; rel=\"next\"", ["Sunset"] = "a service's own" };
        new Lifecycle(new(new(1975, 1, 2, 0, 0, 1, TimeSpan.FromHours(1)), Noon, "https://shop.example/v2", false)).Mark(headers);

        Assert.Equal("@157849201", headers["Deprecation"]);
        Assert.Equal("Wed, 01 May 2024 12:00:00 GMT", headers["Sunset"]);
        Assert.Equal(["</next>; rel=\"next\"", "<https://shop.example/v2>; rel=\"deprecation\", <https://shop.example/v2>; rel=\"sunset\""], headers["Link"].AsEnumerable());

        headers = [];
        new Lifecycle(new(null, Noon, "/x", false)).Mark(headers);
        Assert.Equal("</x>; rel=\"sunset\"", headers["Link"]);
        Assert.False(headers.ContainsKey("Deprecation"));
    }

    [Fact]
    public void Only_an_enforced_sunset_refuses_and_not_a_moment_too_soon()
    {
        var time = new ManualTime();
        var enforced = new Lifecycle(new(null, Noon.AddSeconds(1), "/x", true));
        Assert.Null(enforced.Refuse(time));
        time.Advance(TimeSpan.FromSeconds(1));
        var problem = enforced.Refuse(time)!;
        Assert.Equal(ProblemTypes.Retired, problem.Type);
        Assert.Contains("Wed, 01 May 2024 12:00:01 GMT", problem.Detail);
        Assert.Null(new Lifecycle(new(Noon, Noon, null, false)).Refuse(time));
        Assert.Null(new Lifecycle(new(Noon, null, null, false)).Refuse(time));
    }
}
