namespace Stateway.Model.Names;

/// <summary>Finds the name that somebody probably meant, for errors that say what would be right.</summary>
public static class Nearest
{
    private const int NameCharactersMax = 64;
    private const int NamesMax = 500;

    /// <returns>The nearest of the known names, other than this one, when it is near enough to be meant; or null.</returns>
    public static string? Of(string name, IEnumerable<string> known)
    {
        if (name.Length is 0 or > NameCharactersMax) return null;

        string? best = null;
        int bestDistance = 1 + Math.Max(1, name.Length / 3);
        foreach (string candidate in known.Take(NamesMax))
        {
            if (candidate == name || candidate.Length > NameCharactersMax || Math.Abs(candidate.Length - name.Length) >= bestDistance) continue;

            int distance = Distance(name, candidate);
            if (distance < bestDistance) (best, bestDistance) = (candidate, distance);
        }

        return best;
    }

    /// <summary>
    /// Edits that make one of the other: insert, delete, replace, swap neighbours. Letters that differ only in
    /// case, and '-' against '_', are no edit, so that <c>Create-Time</c> finds <c>create_time</c> first.
    /// </summary>
    private static int Distance(string a, string b)
    {
        Span<int> before = stackalloc int[NameCharactersMax + 1];
        Span<int> previous = stackalloc int[NameCharactersMax + 1];
        Span<int> current = stackalloc int[NameCharactersMax + 1];
        for (int j = 0; j <= b.Length; j++) previous[j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int replace = previous[j - 1] + (Fold(a[i - 1]) == Fold(b[j - 1]) ? 0 : 1);
                current[j] = Math.Min(Math.Min(previous[j], current[j - 1]) + 1, replace);
                if (i > 1 && j > 1 && Fold(a[i - 1]) == Fold(b[j - 2]) && Fold(a[i - 2]) == Fold(b[j - 1]))
                    current[j] = Math.Min(current[j], before[j - 2] + 1);
            }

            var oldest = before;
            before = previous;
            previous = current;
            current = oldest;
        }

        return previous[b.Length];
    }

    private static char Fold(char c) => c == '-' ? '_' : char.ToLowerInvariant(c);
}
