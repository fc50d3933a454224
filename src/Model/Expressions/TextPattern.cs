using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace Stateway.Model.Expressions;

/// <summary>A regular expression of <c>matches()</c>: found anywhere in the text, in time linear in its length.</summary>
public sealed class TextPattern
{
    private const int CachedMax = 256;

    /// <summary>A guard only: a pattern's size is limited, so that a match takes far less.</summary>
    private static readonly TimeSpan MatchTimeout = TimeSpan.FromSeconds(1);

    private static readonly ConcurrentDictionary<string, TextPattern> Cache = new();

    private readonly Regex? _regex;

    private TextPattern(Regex? regex, string? error) => (_regex, Error) = (regex, error);

    /// <summary>What is wrong with the pattern; null when nothing is.</summary>
    public string? Error { get; }

    /// <summary>Compiles a pattern, or finds it among the last ones used. Never throws.</summary>
    public static TextPattern Find(string pattern)
    {
        if (Cache.TryGetValue(pattern, out var found)) return found;

        // Patterns that come from data could fill any cache; starting again is cheaper than keeping an order.
        if (Cache.Count >= CachedMax) Cache.Clear();

        return Cache[pattern] = Compile(pattern);
    }

    /// <returns>Null when the match took too long, or the pattern is wrong.</returns>
    public bool? IsMatch(string text)
    {
        try
        {
            return _regex?.IsMatch(text);
        }
        catch (RegexMatchTimeoutException)
        {
            return null;
        }
    }

    private static TextPattern Compile(string pattern)
    {
        try
        {
            const RegexOptions options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;
            return new(new Regex(pattern, options, MatchTimeout), null);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return new(null, $"The pattern is wrong: {e.Message}");
        }
    }
}
