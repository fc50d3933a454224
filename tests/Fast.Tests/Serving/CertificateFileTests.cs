using Stateway.Fast.Tests.Program;
using Stateway.Gateway.Serving.Tls;
using Stateway.TestKit;
using Xunit;

namespace Stateway.Fast.Tests.Serving;

public sealed class CertificateFileTests : IDisposable
{
    private static readonly Authority Root = new("Test root");

    private readonly TempFolder _folder = new();
    private readonly ManualTime _time = new();
    private readonly LogLines _log = new();
    private readonly FileChecks _checks;

    public CertificateFileTests() => _checks = new(_time, _log);

    public void Dispose()
    {
        _checks.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_replaced_certificate_is_served_after_the_next_look()
    {
        Write(Root.Issue("one.example"));
        using var file = Open();
        Assert.Equal("CN=one.example", file.Current!.Leaf.Subject);

        Write(Root.Issue("two.example"));
        Look();
        Assert.Equal("CN=two.example", file.Current!.Leaf.Subject);
        Assert.Single(_log.Lines, line => line.StartsWith("1505 ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("broken")]
    [InlineData("empty")]
    [InlineData("missing")]
    [InlineData("other key")]
    [InlineData("encrypted key")]
    [InlineData("for clients")]
    [InlineData("expired")]
    [InlineData("not yet valid")]
    [InlineData("too large")]
    public void The_old_certificate_keeps_serving_while_the_new_one_is_wrong_which_is_told_once(string fault)
    {
        Write(Root.Issue("one.example"));
        using var file = Open();
        int changes = 0;
        file.Changed += () => changes++;

        Break(fault);
        Look();
        Look();
        Assert.Equal("CN=one.example", file.Current!.Leaf.Subject);
        Assert.NotNull(file.Error);
        Assert.Single(_log.Lines, line => line.StartsWith("1503 ", StringComparison.Ordinal));
        Assert.Equal(1, changes);

        Write(Root.Issue("two.example"));
        Look();
        Assert.Equal("CN=two.example", file.Current!.Leaf.Subject);
        Assert.Null(file.Error);
        Assert.Equal(2, changes);
    }

    [Fact]
    public void Files_that_come_later_are_served_from_then_on()
    {
        using var file = Open();
        Assert.Null(file.Current);
        Assert.NotNull(file.Error);

        Write(Root.Issue("one.example"));
        Look();
        Assert.NotNull(file.Current);
        Assert.Null(file.Error);
    }

    [Fact]
    public void A_certificate_that_begins_later_is_served_when_it_begins()
    {
        Write(Root.Issue("one.example"));
        using var file = Open();
        Write(Root.Issue("two.example", notBefore: _time.GetUtcNow().AddHours(1)));
        Look();
        Assert.Equal("CN=one.example", file.Current!.Leaf.Subject);

        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal("CN=two.example", file.Current!.Leaf.Subject);
    }

    [Fact]
    public void The_end_of_a_certificate_is_warned_of_once_a_day()
    {
        Write(Root.Issue("one.example", notAfter: _time.GetUtcNow().AddDays(16)));
        using var file = Open();
        _time.Advance(TimeSpan.FromHours(36));
        Assert.DoesNotContain(_log.Lines, IsWarning);

        _time.Advance(TimeSpan.FromDays(2));
        Assert.Equal(2, _log.Lines.Count(IsWarning));

        static bool IsWarning(string line) => line.StartsWith("1506 ", StringComparison.Ordinal);
    }

    [Fact]
    public void The_chain_of_the_file_is_kept_in_its_order()
    {
        var between = new Authority("Between", Root);
        Write(between.Issue("one.example"));
        using var file = Open();
        Assert.Equal("CN=Between", Assert.Single(file.Current!.Chain).Subject);
        Assert.True(file.Current.Covers("ONE.example"));
        Assert.False(file.Current.Covers("two.example"));
        Assert.False(file.Current.Covers("not a host"));
    }

    /// <summary>On the real clock, whose own next look is half a minute away: only the system's notice can be in time.</summary>
    [Fact]
    public async Task A_file_that_is_replaced_by_renaming_is_seen_at_once()
    {
        using var checks = new FileChecks(TimeProvider.System, _log);
        Write(Root.Issue("one.example"));
        using var file = new CertificateFile(_folder.File("tls.pem"), _folder.File("tls.key"), checks, TimeProvider.System, _log);
        var changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        file.Changed += () =>
        {
            if (file.Current!.Leaf.Subject == "CN=two.example") changed.TrySetResult();
        };

        Write(Root.Issue("two.example"));
        await changed.Task.WaitAsync(FileChecks.Interval / 2, TestContext.Current.CancellationToken);
    }

    private CertificateFile Open() => new(_folder.File("tls.pem"), _folder.File("tls.key"), _checks, _time, _log);

    private void Look() => _time.Advance(FileChecks.Interval);

    private void Break(string fault)
    {
        var next = Root.Issue("two.example");
        switch (fault)
        {
            case "broken": Write(next with { Pem = next.Pem[..200] }); break;
            case "empty": Write(next with { Pem = "" }); break;
            case "missing": File.Delete(_folder.File("tls.pem")); break;
            case "other key": Write(next with { Key = Root.Issue("x.example").Key }); break;
            case "encrypted key": Write(next with { Key = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n" }); break;
            case "for clients": Write(Root.IssueClient("two.example")); break;
            case "expired": Write(Root.Issue("two.example", notAfter: _time.GetUtcNow().AddSeconds(-1))); break;
            case "not yet valid": Write(Root.Issue("two.example", notBefore: _time.GetUtcNow().AddYears(1))); break;
            case "too large": Write(next with { Pem = next.Pem + new string('\n', 1024 * 1024) }); break;
        }
    }

    /// <summary>Each file whole or not at all: written beside, then renamed.</summary>
    private void Write(Issued issued)
    {
        foreach (var (name, text) in new[] { ("tls.pem", issued.Pem), ("tls.key", issued.Key) })
        {
            File.WriteAllText(_folder.File(name + ".new"), text);
            File.Move(_folder.File(name + ".new"), _folder.File(name), overwrite: true);
        }
    }
}
