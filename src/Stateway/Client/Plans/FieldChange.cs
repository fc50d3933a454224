using System.Text.Json;
using Stateway.Client.Files;
using Stateway.Client.Kinds;

namespace Stateway.Client.Plans;

/// <summary>One field that differs, as a person reads it.</summary>
/// <param name="Before">Null when it was not there.</param>
/// <param name="After">Null when it won't be there.</param>
internal sealed record FieldChange(string Field, string? Before, string? After)
{
    private const int ValueCharactersMax = 60;
    private const int ChangesMax = 50;

    /// <summary>What a secret, or anything else that is never shown, is called.</summary>
    public const string Hidden = "(not shown)";

    /// <summary>What differs in what a client may write. Numbers are equal when they are equal as numbers.</summary>
    public static List<FieldChange> Between(Kind kind, JsonElement before, JsonElement after)
    {
        var changes = new List<FieldChange>();
        Compare("", before, after, changes, name => ResourceText.IsOwned(kind, name));
        return changes;
    }

    public override string ToString() => $"{Field}: {Before ?? "–"} → {After ?? "–"}";

    private static void Compare(string path, JsonElement before, JsonElement after, List<FieldChange> changes, Func<string, bool>? isLeftOut = null)
    {
        if (changes.Count >= ChangesMax || JsonElement.DeepEquals(before, after)) return;

        if (before.ValueKind != JsonValueKind.Object || after.ValueKind != JsonValueKind.Object)
        {
            changes.Add(new(path, Show(before), Show(after)));
            return;
        }

        foreach (var member in before.EnumerateObject())
        {
            if (isLeftOut?.Invoke(member.Name) == true) continue;

            if (after.TryGetProperty(member.Name, out var other)) Compare(Below(path, member.Name), member.Value, other, changes);
            else if (changes.Count < ChangesMax) changes.Add(new(Below(path, member.Name), Show(member.Value), null));
        }

        foreach (var member in after.EnumerateObject())
        {
            if (isLeftOut?.Invoke(member.Name) != true && changes.Count < ChangesMax && !before.TryGetProperty(member.Name, out _))
                changes.Add(new(Below(path, member.Name), null, Show(member.Value)));
        }
    }

    private static string Below(string path, string name) => PlainText.Short(path.Length == 0 ? name : $"{path}.{name}", 200);

    private static string Show(JsonElement value) => PlainText.Short(value.GetRawText().ReplaceLineEndings(" "), ValueCharactersMax);
}
