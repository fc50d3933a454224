using System.Collections.Immutable;

namespace Stateway.Model.Apis.Changes;

/// <summary>Collects changes: each once, all counted, the worst kept when there are too many.</summary>
internal sealed class ChangeList
{
    private const int TextLengthMax = 1000; // characters; a document's texts, such as patterns, can be long

    private readonly List<ApiChange>[] _listed = [[], [], []]; // by severity
    private readonly int[] _counts = new int[3];
    private readonly HashSet<(string Code, ChangeSeverity, string Pointer, string What)> _seen = [];

    /// <summary>Of anything but a schema.</summary>
    public void Add(ChangeRule rule, string pointer, string? operation, string text) => Add(rule, rule.Sent!.Value, pointer, operation, text, "");

    /// <param name="name">What the schema describes, to begin the text with: <c>'price' of the request body</c>. The same change met under another name is the same.</param>
    public void Add(ChangeRule rule, Direction direction, string pointer, string? operation, string name, string what)
    {
        var severity = rule.For(direction);
        string whom = (severity, direction) switch
        {
            (ChangeSeverity.Breaking, Direction.Sent) => " Breaks clients that send it as before.",
            (ChangeSeverity.Breaking, _) => " Breaks clients that read it as before.",
            (ChangeSeverity.Warning, Direction.Sent) => " Some clients that send it may notice.",
            (ChangeSeverity.Warning, _) => " Some clients that read it may notice.",
            _ => "",
        };
        Add(rule, severity, pointer, operation, what + whom, name + ": ");
    }

    public ApiComparison ToComparison()
    {
        var all = ImmutableArray.CreateBuilder<ApiChange>();
        for (var severity = ChangeSeverity.Breaking; ; severity--)
        {
            all.AddRange(_listed[(int)severity].Take(ApiComparison.ChangesMax - all.Count));
            if (severity == ChangeSeverity.Info) break;
        }

        return new(all.ToImmutable(), _counts[2], _counts[1], _counts[0]);
    }

    private void Add(ChangeRule rule, ChangeSeverity severity, string pointer, string? operation, string what, string name)
    {
        if (!_seen.Add((rule.Code, severity, pointer, rule.IsOfSchema ? what : operation + what))) return;

        var listed = _listed[(int)severity];
        _counts[(int)severity]++;
        if (listed.Count == ApiComparison.ChangesMax) return;

        string text = name + what;
        listed.Add(new(rule.Code, severity, pointer, operation, text.Length <= TextLengthMax ? text : text[..TextLengthMax] + "…"));
    }
}
