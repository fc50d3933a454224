namespace Stateway.Model.Expressions;

/// <summary>Finds the name that was probably meant.</summary>
internal static class NearestName
{
    /// <returns>The nearest by edits (Damerau-Levenshtein, case aside), if at most a third of the letters differ; else null.</returns>
    public static string? Of(string name, IEnumerable<string> candidates)
    {
        if (name.Length > 100) return null; // the work is the product of the lengths

        string? nearest = null;
        int best = Math.Max(1, name.Length / 3) + 1;
        foreach (string candidate in candidates)
        {
            if (Math.Abs(candidate.Length - name.Length) >= best) continue;

            int distance = Distance(name, candidate);
            if (distance < best) (best, nearest) = (distance, candidate);
        }

        return nearest;
    }

    private static int Distance(string a, string b)
    {
        int[] before = new int[b.Length + 1], previous = new int[b.Length + 1], current = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++) previous[j] = j;

        for (int i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int cost = Same(a[i - 1], b[j - 1]) ? 0 : 1;
                current[j] = Math.Min(Math.Min(previous[j] + 1, current[j - 1] + 1), previous[j - 1] + cost);
                if (i > 1 && j > 1 && Same(a[i - 1], b[j - 2]) && Same(a[i - 2], b[j - 1]))
                {
                    current[j] = Math.Min(current[j], before[j - 2] + 1);
                }
            }

            (before, previous, current) = (previous, current, before);
        }

        return previous[b.Length];
    }

    private static bool Same(char a, char b) => char.ToLowerInvariant(a) == char.ToLowerInvariant(b);
}
