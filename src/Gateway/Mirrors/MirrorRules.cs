using System.Collections.Immutable;

namespace Stateway.Gateway.Mirrors;

/// <summary>What of a stage is copied to another deployment, and what counts as a difference.</summary>
public sealed record MirrorRules
{
    /// <summary>Of the requests that could be copied, in percent: 0 to 100.</summary>
    public double Percentage { get; init; } = 1;

    /// <summary>Methods that change nothing: a copied write would write twice, since all stages of an API share its data.</summary>
    public ImmutableArray<string> Methods { get; init; } = ["GET", "HEAD"];

    /// <summary>Fields that differ between two right answers.</summary>
    public ImmutableArray<string> IgnoredHeaders { get; init; } =
        ["Age", "Connection", "Content-Length", "Date", "Keep-Alive", "Server", "Stateway-Deployment", "Stateway-Revision", "Transfer-Encoding", "Via"];

    /// <summary>Parts of JSON bodies that differ between two right answers, as JSON pointers; <c>*</c> is any one name or index: <c>/results/*/update_time</c>.</summary>
    public ImmutableArray<string> IgnoredPointers { get; init; } = [];

    /// <summary>Of each body; a longer one is copied no further, and then not compared.</summary>
    public int BodyBytesMax { get; init; } = 256 * 1024;

    /// <summary>Copies that wait or run; what comes beyond is left out, and counted.</summary>
    public int CopiesMax { get; init; } = 100;

    /// <summary>Bytes of all of them.</summary>
    public long CopiesBytesMax { get; init; } = 16 * 1024 * 1024;

    /// <summary>Copies that run at the same time.</summary>
    public int ConcurrencyMax { get; init; } = 4;

    /// <summary>For the other deployment's answer.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <exception cref="ArgumentException">Names the rule, its value, and what would be right.</exception>
    public void Validate()
    {
        if (Percentage is not (>= 0 and <= 100)) throw new ArgumentException($"percentage is {Percentage}; it must be from 0 to 100.");
        if (BodyBytesMax is < 0 or > 16 * 1024 * 1024) throw new ArgumentException($"body_bytes_max is {BodyBytesMax}; it must be from 0 to 16 MB.");
        if (CopiesMax is < 1 or > 10_000) throw new ArgumentException($"copies_max is {CopiesMax}; it must be from 1 to 10,000.");
        if (CopiesBytesMax < 1) throw new ArgumentException($"copies_bytes_max is {CopiesBytesMax}; it must be above zero.");
        if (ConcurrencyMax < 1 || ConcurrencyMax > CopiesMax) throw new ArgumentException($"concurrency_max is {ConcurrencyMax}; it must be from 1 to copies_max ({CopiesMax}).");
        if (Timeout <= TimeSpan.Zero || Timeout > TimeSpan.FromHours(1)) throw new ArgumentException($"timeout is {Timeout}; it must be above zero and at most an hour.");
        foreach (string pointer in IgnoredPointers)
        {
            if (!pointer.StartsWith('/')) throw new ArgumentException($"ignored_pointers has '{pointer}'; a pointer begins with '/'.");
        }
    }
}
