namespace Stateway.Model.Apis.Expansion;

/// <summary>Turns a collection's name, plural kebab-case, into the other forms that a document needs.</summary>
internal static class Words
{
    public const int NameLengthMax = 63; // one label, so that a name can become part of a host's (RFC 1035, section 2.3.4)

    public static bool IsName(string name)
    {
        if (name.Length is 0 or > NameLengthMax || name[0] is < 'a' or > 'z' || name[^1] == '-') return false;

        for (int i = 0; i < name.Length; i++)
        {
            if (name[i] is not (>= 'a' and <= 'z' or >= '0' and <= '9' or '-') || (name[i] == '-' && name[i - 1] == '-')) return false;
        }

        return true;
    }

    /// <summary>What the name most likely should have been: <c>OrderItems</c> and <c>order_items</c> → <c>order-items</c>.</summary>
    public static string Kebab(string name)
    {
        var kebab = new System.Text.StringBuilder();
        foreach (char c in name)
        {
            bool isWord = char.IsAsciiLetterOrDigit(c);
            if ((char.IsAsciiLetterUpper(c) || !isWord) && kebab.Length > 0 && kebab[^1] != '-') kebab.Append('-');
            if (isWord) kebab.Append(char.ToLowerInvariant(c));
        }

        return kebab.ToString().Trim('-');
    }

    /// <summary><c>order-items</c> → <c>order-item</c>. English, by its regular endings; a word that has none stays.</summary>
    public static string Singular(string name)
    {
        if (name.EndsWith("ies") && name.Length > 4) return name[..^3] + "y";
        if (name.EndsWith("sses") || name.EndsWith("shes") || name.EndsWith("ches") || name.EndsWith("xes") || name.EndsWith("zzes")) return name[..^2];
        if (name.EndsWith("uses") && !name.EndsWith("auses")) return name[..^2]; // statuses, buses; but clauses
        if (name is "apis" || name.EndsWith("-apis")) return name[..^1];
        if (name.EndsWith("ss") || name.EndsWith("us") || name.EndsWith("is") || name.EndsWith("news") || name.EndsWith("series")) return name;
        return name.EndsWith('s') && name.Length > 1 ? name[..^1] : name;
    }

    public static string Pascal(string kebab) => string.Concat(kebab.Split('-').Select(Capital));

    public static string Snake(string kebab) => kebab.Replace('-', '_');

    public static string Spaced(string kebab) => kebab.Replace('-', ' ');

    public static string WithArticle(string word) => (word[0] is 'a' or 'e' or 'i' or 'o' ? "an " : "a ") + word;

    public static string Capital(string word) => word.Length == 0 ? word : char.ToUpperInvariant(word[0]) + word[1..];
}
