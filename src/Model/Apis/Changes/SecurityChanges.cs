namespace Stateway.Model.Apis.Changes;

/// <summary>Compares who may call: the schemes of the documents, and each operation's requirements.</summary>
internal sealed class SecurityChanges
{
    private readonly Side _old, _new;
    private readonly ChangeList _list;
    private readonly Sayings _oldSchemes, _newSchemes;

    /// <summary>Name in the new document → in the old one, of schemes that were only renamed.</summary>
    private readonly Dictionary<string, string> _renamed = [];

    public SecurityChanges(Side old, Side @new, ChangeList list)
    {
        (_old, _new, _list) = (old, @new, list);
        (_oldSchemes, _newSchemes) = (Schemes(old), Schemes(@new));

        var gone = _oldSchemes.Where(scheme => !_newSchemes.ContainsKey(scheme.Key)).ToList();
        foreach (var (name, at) in _newSchemes)
        {
            int found = _oldSchemes.ContainsKey(name) ? -1 : gone.FindIndex(scheme => Definition(scheme.Value) == Definition(at));
            if (found < 0) continue;
            _renamed[name] = gone[found].Key;
            gone.RemoveAt(found);
        }
    }

    public void CompareSchemes()
    {
        foreach (var (name, at) in _newSchemes)
        {
            if (_oldSchemes.TryGetValue(name, out var same))
            {
                if (Definition(same) != Definition(at)) _list.Add(ChangeRules.SchemeChanged, at.Pointer, null, $"The security scheme '{name}' was {Definition(same)} and is {Definition(at)}. Breaks clients that use it.");
            }
            else if (!_renamed.ContainsKey(name)) _list.Add(ChangeRules.SchemeAdded, at.Pointer, null, $"The security scheme '{name}' is new.");
        }

        foreach (var (name, at) in _oldSchemes)
        {
            if (!_newSchemes.ContainsKey(name) && !_renamed.ContainsValue(name)) _list.Add(ChangeRules.SchemeRemoved, at.Pointer, null, $"The security scheme '{name}' is gone. Breaks clients that use it.");
        }
    }

    public void Compare(Operation old, Operation @new)
    {
        var before = Requirements(old, static name => name);
        var after = Requirements(@new, name => _renamed.GetValueOrDefault(name, name));
        string at = (@new.Json["security"] ?? _new.Root["security"] ?? old.Json["security"] ?? _old.Root["security"])?.Pointer ?? @new.Json.Pointer;
        string operation = @new.Name;

        // 1. The same, 2. the same schemes with other scopes, 3. fewer or more schemes.
        Match(static (one, other) => one.Text == other.Text, static (_, _) => { });
        Match(static (one, other) => one.Scopes.Count > 0 && one.Scopes.Keys.SequenceEqual(other.Scopes.Keys), CompareScopes);
        Match(static (one, other) => other.Scopes.Count > 0 && other.Scopes.Keys.All(one.Scopes.ContainsKey), (one, other) => _list.Add(ChangeRules.RequirementLoosened, at, operation,
            $"The requirement was {one} and is {other}."));
        Match(static (one, other) => one.Scopes.Count > 0 && one.Scopes.Keys.All(other.Scopes.ContainsKey), (one, other) => _list.Add(ChangeRules.RequirementTightened, at, operation,
            $"The requirement was {one} and is {other}. Breaks clients that meet only the old one."));

        foreach (var requirement in before)
        {
            if (requirement.Scopes.Count == 0) _list.Add(ChangeRules.SecurityAdded, at, operation, "Anybody could call the operation; now it needs credentials. Breaks clients that call it without.");
            else if (!Requirements(@new, name => _renamed.GetValueOrDefault(name, name)).Exists(other => other.IsMetBy(requirement)))
                _list.Add(ChangeRules.RequirementRemoved, at, operation, $"{requirement} is no longer enough. Breaks clients that identify themselves by it.");
        }

        foreach (var requirement in after)
        {
            if (requirement.Scopes.Count == 0) _list.Add(ChangeRules.SecurityRemoved, at, operation, "Anybody can call the operation.");
            else if (!Requirements(old, static name => name).Exists(other => other.IsMetBy(requirement)))
                _list.Add(ChangeRules.RequirementAdded, at, operation, $"{requirement} is enough, too.");
        }

        void Match(Func<Requirement, Requirement, bool> isMatch, Action<Requirement, Requirement> found)
        {
            foreach (var one in before.ToList())
            {
                if (after.FirstOrDefault(other => isMatch(one, other)) is not { } other) continue;
                before.Remove(one);
                after.Remove(other);
                found(one, other);
            }
        }

        void CompareScopes(Requirement one, Requirement other)
        {
            foreach (var (scheme, scopes) in one.Scopes)
            {
                foreach (string scope in other.Scopes[scheme].Except(scopes)) _list.Add(ChangeRules.ScopeAdded, at, operation, $"'{scheme}' needs the scope '{scope}'. Breaks clients whose tokens don't have it.");
                foreach (string scope in scopes.Except(other.Scopes[scheme])) _list.Add(ChangeRules.ScopeRemoved, at, operation, $"'{scheme}' no longer needs the scope '{scope}'.");
            }
        }
    }

    private static Sayings Schemes(Side side)
    {
        var schemes = new Sayings();
        foreach (var (name, scheme) in side.Root["components"]?["securitySchemes"]?.Members ?? []) schemes[name] = side.Resolve(scheme);
        return schemes;
    }

    /// <summary>What a client has to know. Which scopes there are is said where they are required.</summary>
    private static string Definition(Piece scheme) => CanonicalJson.Of(scheme.Json, static word =>
        word is "description" or "bearerFormat" or "scopes" || word.StartsWith("x-", StringComparison.Ordinal));

    /// <summary>Each is enough. One without schemes when anybody may call.</summary>
    private static List<Requirement> Requirements(Operation operation, Func<string, string> rename)
    {
        var requirements = new SortedDictionary<string, Requirement>(StringComparer.Ordinal);
        foreach (var item in (operation.Json["security"] ?? operation.Side.Root["security"])?.Items ?? [])
        {
            var scopes = new SortedDictionary<string, List<string>>(StringComparer.Ordinal);
            foreach (var (name, list) in item.Members) scopes[rename(name)] = [.. list.Items.Select(scope => scope.Text ?? "").Distinct().Order(StringComparer.Ordinal)];
            var requirement = new Requirement(scopes);
            requirements[requirement.Text] = requirement;
        }

        return requirements.Count > 0 ? [.. requirements.Values] : [new([])];
    }

    private sealed record Requirement(SortedDictionary<string, List<string>> Scopes)
    {
        /// <summary>Equal for requirements that are.</summary>
        public string Text { get; } = string.Join(" and ", Scopes.Select(scheme => scheme.Value.Count == 0 ? scheme.Key : $"{scheme.Key} ({string.Join(", ", scheme.Value)})"));

        /// <summary>Whoever meets the other meets this.</summary>
        public bool IsMetBy(Requirement other) =>
            Scopes.All(scheme => other.Scopes.TryGetValue(scheme.Key, out var scopes) && scheme.Value.TrueForAll(scopes.Contains));

        public override string ToString() => Text.Length == 0 ? "nothing" : Text;
    }
}
