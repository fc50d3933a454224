using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Stateway.Gateway.Content.Negotiation;

namespace Stateway.Gateway.Mirrors;

/// <summary>
/// Tells in what two answers to one request differ: status, header fields, and bodies. JSON is compared by what it says: the
/// order of an object's members, white space and the way a number is written make no difference. A pure function.
/// </summary>
public sealed class AnswerComparison
{
    /// <summary>Of one pair of answers; more say no more.</summary>
    public const int DifferencesMax = 50;

    private const int TextCharsMax = 200;

    private readonly HashSet<string> _ignoredHeaders;
    private readonly string[][] _ignored;

    public AnswerComparison(MirrorRules rules)
    {
        _ignoredHeaders = new(rules.IgnoredHeaders, StringComparer.OrdinalIgnoreCase);
        _ignored = [.. rules.IgnoredPointers.Select(pointer => pointer[1..].Split('/'))];
    }

    /// <returns>Empty when the two say the same. Statuses first, then fields by name, then the bodies.</returns>
    public ImmutableArray<AnswerDifference> Run(MirrorAnswer left, MirrorAnswer right)
    {
        var found = ImmutableArray.CreateBuilder<AnswerDifference>();
        if (left.Status != right.Status) found.Add(new("status", Text(left.Status), Text(right.Status)));
        CompareHeaders(left, right, found);
        if (left.IsWhole && right.IsWhole) CompareBodies(left, right, found);
        return found.ToImmutable();
    }

    private void CompareHeaders(MirrorAnswer left, MirrorAnswer right, ImmutableArray<AnswerDifference>.Builder found)
    {
        SortedDictionary<string, string> ofLeft = Joined(left), ofRight = Joined(right);
        foreach (string name in ofLeft.Keys.Union(ofRight.Keys, StringComparer.OrdinalIgnoreCase).Order(StringComparer.OrdinalIgnoreCase))
        {
            if (found.Count == DifferencesMax) return;

            string? one = ofLeft.GetValueOrDefault(name), other = ofRight.GetValueOrDefault(name);
            if (one != other) found.Add(new("header " + name, Short(one), Short(other)));
        }
    }

    /// <summary>Several lines of a field mean the same as one with commas (RFC 9110, section 5.3).</summary>
    private SortedDictionary<string, string> Joined(MirrorAnswer answer)
    {
        var joined = new SortedDictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in answer.Headers)
        {
            if (!_ignoredHeaders.Contains(name)) joined[name] = joined.TryGetValue(name, out string? before) ? before + ", " + value : value;
        }

        return joined;
    }

    private void CompareBodies(MirrorAnswer left, MirrorAnswer right, ImmutableArray<AnswerDifference>.Builder found)
    {
        if (left.Body.Span.SequenceEqual(right.Body.Span)) return;

        using var one = Json(left);
        using var other = Json(right);
        if (one is not null && other is not null) Compare(one.RootElement, other.RootElement, [], found);
        else if (found.Count < DifferencesMax) found.Add(new("body", Summary(left), Summary(right)));
    }

    private static JsonDocument? Json(MirrorAnswer answer)
    {
        string? type = null, coding = null;
        foreach (var (name, value) in answer.Headers)
        {
            if (name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)) type = value;
            if (name.Equals("Content-Encoding", StringComparison.OrdinalIgnoreCase)) coding = value;
        }

        if (coding is not null || answer.Body.IsEmpty || ContentType.Parse(type).Format != BodyFormat.Json) return null;

        try
        {
            return JsonDocument.Parse(answer.Body);
        }
        catch (JsonException)
        {
            return null; // what it calls JSON is none: then bytes are compared
        }
    }

    /// <param name="way">Names and indexes down to here. Its depth is the parser's: at most 64.</param>
    private void Compare(JsonElement left, JsonElement right, List<string> way, ImmutableArray<AnswerDifference>.Builder found)
    {
        if (found.Count == DifferencesMax || IsIgnored(way)) return;

        if (left.ValueKind == JsonValueKind.Object && right.ValueKind == JsonValueKind.Object)
        {
            var others = Members(right);
            foreach (var (name, value) in Members(left)) CompareMember(name, value, others.Remove(name, out var same) ? same : null, way, found);
            foreach (var (name, value) in others) CompareMember(name, null, value, way, found);
        }
        else if (left.ValueKind == JsonValueKind.Array && right.ValueKind == JsonValueKind.Array)
        {
            int lengths = Math.Max(left.GetArrayLength(), right.GetArrayLength());
            for (int i = 0; i < lengths && found.Count < DifferencesMax; i++)
                CompareMember(Text(i), i < left.GetArrayLength() ? left[i] : null, i < right.GetArrayLength() ? right[i] : null, way, found);
        }
        else if (!JsonElement.DeepEquals(left, right))
        {
            found.Add(new(Place(way), Short(left.GetRawText()), Short(right.GetRawText())));
        }
    }

    /// <summary>By name, because looking each up would take the square of their number. Of a name that stands there twice, the last.</summary>
    private static Dictionary<string, JsonElement> Members(JsonElement json)
    {
        var members = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var member in json.EnumerateObject()) members[member.Name] = member.Value;
        return members;
    }

    private void CompareMember(string name, JsonElement? left, JsonElement? right, List<string> way, ImmutableArray<AnswerDifference>.Builder found)
    {
        way.Add(name);
        if (left is { } one && right is { } other) Compare(one, other, way, found);
        else if (found.Count < DifferencesMax && !IsIgnored(way)) found.Add(new(Place(way), Short(left?.GetRawText()), Short(right?.GetRawText())));
        way.RemoveAt(way.Count - 1);
    }

    private bool IsIgnored(List<string> way)
    {
        foreach (string[] pattern in _ignored)
        {
            if (pattern.Length != way.Count) continue;

            bool fits = true;
            for (int i = 0; fits && i < pattern.Length; i++) fits = pattern[i] == "*" || pattern[i] == Escaped(way[i]);
            if (fits) return true;
        }

        return false;
    }

    private static string Place(List<string> way)
    {
        var place = new StringBuilder("body");
        if (way.Count > 0) place.Append(' ');
        foreach (string name in way) place.Append('/').Append(Escaped(name));
        return Short(place.ToString())!;
    }

    /// <summary>As in a JSON pointer (RFC 6901, section 3).</summary>
    private static string Escaped(string name) =>
        name.AsSpan().IndexOfAny('~', '/') < 0 ? name : name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    private static string Summary(MirrorAnswer answer) =>
        string.Create(CultureInfo.InvariantCulture, $"{answer.Body.Length} bytes: {Short(Encoding.UTF8.GetString(answer.Body.Span[..Math.Min(answer.Body.Length, TextCharsMax)]))}");

    private static string? Short(string? text) => text is null || text.Length <= TextCharsMax ? text : text[..(TextCharsMax - 1)] + "…";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
