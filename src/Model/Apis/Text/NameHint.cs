using Stateway.Model.Names;

namespace Stateway.Model.Apis.Text;

/// <summary>The end of a message about an unknown word: what its writer may have meant.</summary>
public static class NameHint
{
    private const int NamesMax = 20;

    /// <summary><c> Did you mean 'price'?</c>, or the names there are when none is near.</summary>
    public static string For(string word, IReadOnlyCollection<string> names)
    {
        if (Nearest.Of(word, names) is { } nearest) return $" Did you mean '{nearest}'?";
        if (names.Count == 0) return " There are none.";

        string list = string.Join(", ", names.Take(NamesMax));
        return $" There are: {list}{(names.Count > NamesMax ? ", …" : "")}.";
    }
}
