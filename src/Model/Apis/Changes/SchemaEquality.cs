namespace Stateway.Model.Apis.Changes;

/// <summary>
/// Whether two schemas say the same, references followed, remarks aside. Recursive schemas are the same when no
/// difference is found on the way round. Stops at a limit, and then says no.
/// </summary>
internal sealed class SchemaEquality(Side old, Side @new)
{
    private const int DepthMax = 200;
    private const int StepsMax = 500_000; // pairs of schemas visited in one comparison of documents
    private const int StepsOfOneMax = 50_000; // for one answer

    private readonly HashSet<(string, string)> _same = [];
    private readonly HashSet<(string, string)> _different = [];
    private readonly List<(string, string)> _assumed = []; // the same unless a difference turns up, in the order of their visit
    private readonly HashSet<(string, string)> _isAssumed = [];
    private int _depth, _steps, _stepsMax;

    public bool AreSame(Piece before, Piece after)
    {
        (before, after) = (old.ResolveSchema(before), @new.ResolveSchema(after));
        var key = (before.Pointer, after.Pointer);
        if (_same.Contains(key) || _isAssumed.Contains(key)) return true;
        if (_depth == 0) _stepsMax = Math.Min(_steps + StepsOfOneMax, StepsMax);
        if (_different.Contains(key) || _depth == DepthMax || _steps >= _stepsMax) return false;

        _steps++;

        int start = _assumed.Count;
        _assumed.Add(key);
        _isAssumed.Add(key);
        _depth++;
        bool isSame = Compare(before, after);
        _depth--;
        if (!isSame)
        {
            // What was found the same since then may have leaned on this.
            for (int i = start; i < _assumed.Count; i++) _isAssumed.Remove(_assumed[i]);
            _assumed.RemoveRange(start, _assumed.Count - start);
            // Further inside, no may be the answer of an assumption that turns out wrong.
            if (_depth == 0) _different.Add(key);
        }
        else if (_depth == 0)
        {
            _same.UnionWith(_assumed);
            _assumed.Clear();
            _isAssumed.Clear();
        }

        return isSame;
    }

    /// <summary>The values of a keyword.</summary>
    public bool AreSame(string word, Piece before, Piece after) => word switch
    {
        "not" or "if" or "then" or "else" or "contains" or "propertyNames" or "unevaluatedItems" or "unevaluatedProperties"
            or "additionalProperties" or "items" or "contentSchema" => AreSame(before, after),
        "properties" or "patternProperties" or "dependentSchemas" => AreMapsSame(before, after),
        "allOf" or "anyOf" or "oneOf" => AreSetsSame(before, after),
        "prefixItems" => AreListsSame(before, after),
        "required" or "enum" or "type" => Values(before).SetEquals(Values(after)),
        "dependentRequired" => AreRequirementsSame(before, after),
        "$ref" => old.Target(before.Text ?? "") is { } one && @new.Target(after.Text ?? "") is { } other ? AreSame(one, other) : before.Text == after.Text,
        _ => CanonicalJson.Of(before.Json) == CanonicalJson.Of(after.Json),
    };

    private bool Compare(Piece before, Piece after)
    {
        if (!before.IsMap || !after.IsMap) return before.Json.ValueKind == after.Json.ValueKind || IsAnything(before) && IsAnything(after);

        int count = 0;
        foreach (var (word, value) in before.Members)
        {
            if (SchemaWords.IsRemark(word)) continue;
            if (after[word] is not { } other || !AreSame(word, value, other)) return false;
            count++;
        }

        return count == after.Members.Count(member => !SchemaWords.IsRemark(member.Name));
    }

    private static bool IsAnything(Piece schema) => schema.IsTrue || schema.IsMap && schema.Members.All(member => SchemaWords.IsRemark(member.Name));

    private bool AreMapsSame(Piece before, Piece after)
    {
        int count = 0;
        foreach (var (name, value) in before.Members)
        {
            if (after[name] is not { } other || !AreSame(value, other)) return false;
            count++;
        }

        return count == after.Members.Count();
    }

    private bool AreListsSame(Piece before, Piece after)
    {
        var (olds, news) = (before.Items.ToList(), after.Items.ToList());
        return olds.Count == news.Count && olds.Zip(news).All(each => AreSame(each.First, each.Second));
    }

    private bool AreSetsSame(Piece before, Piece after)
    {
        var (olds, news) = (before.Items.ToList(), after.Items.ToList());
        if (olds.Count != news.Count) return false;

        foreach (var one in olds)
        {
            int found = news.FindIndex(other => AreSame(one, other));
            if (found < 0) return false;
            news.RemoveAt(found);
        }

        return true;
    }

    private static bool AreRequirementsSame(Piece before, Piece after)
    {
        var olds = before.Members.ToDictionary(member => member.Name, member => Values(member.Value));
        var news = after.Members.ToDictionary(member => member.Name, member => Values(member.Value));
        return olds.Count == news.Count && olds.All(each => news.TryGetValue(each.Key, out var other) && each.Value.SetEquals(other));
    }

    /// <summary>Of a list, or of one value alone: <c>type: string</c> is <c>type: [string]</c>.</summary>
    private static HashSet<string> Values(Piece piece) =>
        piece.Json.ValueKind == System.Text.Json.JsonValueKind.Array ? [.. piece.Items.Select(item => CanonicalJson.Of(item.Json))] : [CanonicalJson.Of(piece.Json)];
}
