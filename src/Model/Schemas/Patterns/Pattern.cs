using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;

namespace Stateway.Model.Schemas.Patterns;

/// <summary>A regular expression (ECMA-262, Unicode mode) that takes time in proportion to the text, whatever the text is.</summary>
internal sealed class Pattern
{
    private const int CharsOnStack = 256;

    private readonly Regex _regex;

    private Pattern(string source, Regex regex) => (Source, _regex) = (source, regex);

    public string Source { get; }

    /// <param name="why">Why there is none, as a sentence.</param>
    public static Pattern? TryCreate(string source, out string? why)
    {
        if (EcmaPattern.TryRead(source, out why) is not { } pattern)
        {
            why = $"The pattern is no regular expression (ECMA-262). {why}";
            return null;
        }

        if (pattern.NotLinear is not null)
        {
            why = $"The pattern needs {pattern.NotLinear}, which can't be matched in linear time; please write it without.";
            return null;
        }

        try
        {
            return new(source, new Regex(pattern.Translation, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant));
        }
        catch (NotSupportedException e)
        {
            why = $"The pattern is too large. {e.Message}";
            return null;
        }
    }

    public bool IsMatch(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length <= CharsOnStack)
        {
            Span<char> chars = stackalloc char[CharsOnStack];
            return _regex.IsMatch(chars[..Encoding.UTF8.GetChars(utf8, chars)]);
        }

        char[] rented = ArrayPool<char>.Shared.Rent(utf8.Length);
        bool matches = _regex.IsMatch(rented.AsSpan(0, Encoding.UTF8.GetChars(utf8, rented)));
        ArrayPool<char>.Shared.Return(rented);
        return matches;
    }
}
