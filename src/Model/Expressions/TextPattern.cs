using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace Stateway.Model.Expressions;

/// <summary>
/// A regular expression of <c>matches()</c>, in RE2's syntax: found anywhere in the text, by code points, in time
/// linear in the text's length.
/// </summary>
public sealed class TextPattern
{
    /// <summary>
    /// A pattern may keep about 20 MB of states at worst (10,000 of them, measured), so that few are kept; most keep
    /// some kilobytes.
    /// </summary>
    private const int CachedMax = 32;

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
        if (Re2Translation.Translate(pattern, out string? error) is not { } translated) return new(null, error);

        const RegexOptions options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;
        return new(new Regex(translated, options, MatchTimeout), null);
    }
}
