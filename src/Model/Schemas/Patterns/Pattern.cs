using System.Buffers;
using System.Text.RegularExpressions;

namespace Stateway.Model.Schemas.Patterns;

/// <summary>
/// A regular expression (ECMA-262, Unicode mode) that takes time in proportion to the text, whatever the text is.
/// </summary>
internal sealed class Pattern
{
    private const int CharsOnStack = 256;

    private readonly Regex _regex;
    private readonly SupplementaryClasses _classes;

    private Pattern(string source, Regex regex, SupplementaryClasses classes) =>
        (Source, _regex, _classes) = (source, regex, classes);

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
            var regex = new Regex(pattern.Translation, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            return new(source, regex, pattern.Classes!);
        }
        catch (NotSupportedException)
        {
            why = "The pattern needs too many states; please repeat less, or limit the length by maxLength instead.";
            return null;
        }
    }

    public bool IsMatch(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length <= CharsOnStack)
        {
            Span<char> chars = stackalloc char[CharsOnStack];
            return _regex.IsMatch(chars[.._classes.Transcode(utf8, chars)]);
        }

        char[] rented = ArrayPool<char>.Shared.Rent(utf8.Length);
        bool matches = _regex.IsMatch(rented.AsSpan(0, _classes.Transcode(utf8, rented)));
        ArrayPool<char>.Shared.Return(rented);
        return matches;
    }
}
