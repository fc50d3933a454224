using System.Text.RegularExpressions;

namespace Stateway.Client.Plans;

/// <summary>
/// What pruning may delete: the resources that carry these labels. A set is a label like any other, which applying puts on all
/// that it writes: so everybody who applies the set knows what an earlier apply has left, wherever it ran.
/// </summary>
internal sealed partial record PruneScope(IReadOnlyList<KeyValuePair<string, string>> Labels)
{
    public const string SetLabel = "stateway.set";
    private const int LabelsMax = 10;

    public static PruneScope OfSet(string set) => new([new(SetLabel, set)]);

    /// <param name="text">Such as <c>team=shop,tier=test</c>.</param>
    public static bool TryParse(string text, out PruneScope scope)
    {
        scope = new([]);
        var pairs = new List<KeyValuePair<string, string>>();
        foreach (string part in text.Split(','))
        {
            if (part.Split('=') is not [var name, var value] || !IsWord(name) || !IsWord(value)) return false;
            pairs.Add(new(name, value));
        }

        if (pairs.Count > LabelsMax) return false;

        scope = new(pairs);
        return true;
    }

    public static bool IsWord(string text) => Word().IsMatch(text);

    /// <summary>In the language of filters.</summary>
    public string Filter => string.Join(" && ", Labels.Select(label => $"labels[\"{label.Key}\"] == \"{label.Value}\""));

    public override string ToString() => string.Join(',', Labels.Select(label => $"{label.Key}={label.Value}"));

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}\z")]
    private static partial Regex Word();
}
