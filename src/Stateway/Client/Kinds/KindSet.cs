using System.Collections.Immutable;
using Stateway.Model.Apis.Text;
using Stateway.Model.Names;

namespace Stateway.Client.Kinds;

/// <summary>The kinds of a server.</summary>
/// <param name="BatchMax">How many changes the server makes in one step.</param>
internal sealed record KindSet(ImmutableArray<Kind> All, int BatchMax)
{
    public Kind? Named(string fullName) => All.FirstOrDefault(kind => kind.FullName == fullName);

    /// <summary>
    /// By a word of the command line: <c>stages</c>, <c>stage</c>, <c>apis/stages</c>, or the beginning of one that begins no other kind.
    /// </summary>
    public (Kind? Kind, string? WhyNot) Find(string word)
    {
        var (kind, whyNot) = FindWhole(word);
        if (kind is not null || whyNot is not null) return (kind, whyNot);

        var begun = All.Where(each => Names(each).Any(name => name.StartsWith(word, StringComparison.Ordinal))).ToArray();
        return begun switch
        {
            [var only] when word.Length > 0 => (only, null),
            { Length: > 1 } when word.Length > 0 => (null, $"'{word}' may be {string.Join(" or ", begun.Select(each => each.FullName))}."),
            _ => (null, Unknown(word)),
        };
    }

    /// <summary>By a word of a file, which must be whole.</summary>
    public (Kind? Kind, string? WhyNot) FindExactly(string word)
    {
        var (kind, whyNot) = FindWhole(word);
        return kind is not null || whyNot is not null ? (kind, whyNot) : (null, Unknown(word));
    }

    private (Kind? Kind, string? WhyNot) FindWhole(string word)
    {
        var whole = All.Where(each => Names(each).Contains(word, StringComparer.Ordinal)).ToArray();
        return whole switch
        {
            [var only] => (only, null),
            { Length: > 1 } => (null, $"'{word}' may be {string.Join(" or ", whole.Select(each => each.FullName))}."),
            _ => (null, null),
        };
    }

    private string Unknown(string word) =>
        $"There is no kind '{word}'." + (Nearest.Of(word, All.SelectMany(Names)) is { } near ? $" Did you mean '{near}'?" : NameHint.For("", [.. All.Select(each => each.FullName)]));

    private static IEnumerable<string> Names(Kind kind) => new[] { kind.Name, kind.Singular, kind.FullName }.Distinct();
}
