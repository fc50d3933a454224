namespace Stateway.Model.Apis.Text;

/// <summary>Finds what the writer of an unknown word may have meant.</summary>
public static class NearestName
{
    private const int LengthMax = 64; // longer words are not compared: the table below grows with the square

    /// <returns>The name with the fewest changes, when they are few for its length; else null.</returns>
    public static string? Of(string word, IEnumerable<string> names)
    {
        string? nearest = null;
        int least = Math.Min(3, 1 + word.Length / 4);
        foreach (string name in names)
        {
            int changes = Changes(word, name);
            if (changes < least || (changes == least && nearest is null)) (nearest, least) = (name, changes);
        }

        return nearest;
    }

    /// <summary><c> Did you mean 'price'?</c>, or the names there are when none is near.</summary>
    public static string Hint(string word, IReadOnlyCollection<string> names)
    {
        if (Of(word, names) is { } nearest) return $" Did you mean '{nearest}'?";
        if (names.Count == 0) return " There are none.";

        string list = string.Join(", ", names.Take(20));
        return $" There are: {list}{(names.Count > 20 ? ", …" : "")}.";
    }

    /// <summary>Letters to insert, drop, replace or swap with their neighbour (Damerau–Levenshtein), case aside.</summary>
    private static int Changes(string a, string b)
    {
        if (a.Length > LengthMax || b.Length > LengthMax || Math.Abs(a.Length - b.Length) > 3) return int.MaxValue;

        Span<int> before = stackalloc int[LengthMax + 1];
        Span<int> above = stackalloc int[LengthMax + 1];
        Span<int> row = stackalloc int[LengthMax + 1];
        for (int j = 0; j <= b.Length; j++) above[j] = j;

        for (int i = 1; i <= a.Length; i++)
        {
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int cost = Same(a[i - 1], b[j - 1]) ? 0 : 1;
                row[j] = Math.Min(Math.Min(row[j - 1], above[j]) + 1, above[j - 1] + cost);
                if (i > 1 && j > 1 && Same(a[i - 1], b[j - 2]) && Same(a[i - 2], b[j - 1])) row[j] = Math.Min(row[j], before[j - 2] + 1);
            }

            above.CopyTo(before);
            row.CopyTo(above);
        }

        return above[b.Length];
    }

    private static bool Same(char a, char b) => char.ToLowerInvariant(a) == char.ToLowerInvariant(b);
}
