namespace Stateway.Model.Apis.Changes;

/// <summary>
/// Compares schemas, and what they are made of. Pairs of places wait in a queue, and each is compared once for each use:
/// so recursive schemas come to an end, and one that many operations share is told once.
/// </summary>
internal sealed class SchemaChanges(Side old, Side @new, ChangeList list)
{
    private const int PairsMax = 50_000;

    private readonly SchemaReader _old = new(old);
    private readonly SchemaReader _new = new(@new);
    private readonly SchemaEquality _equality = new(old, @new);
    private readonly HashSet<(SchemaView Old, SchemaView New, SchemaFlow)> _seen = [];
    private readonly Queue<SchemaPair> _queue = new();
    private bool _isCut;

    /// <param name="oldParts">What must be fulfilled together; none: anything.</param>
    /// <param name="pointer">Where the schema would stand that is not there.</param>
    public void Add(IReadOnlyList<Piece> oldParts, IReadOnlyList<Piece> newParts, string pointer, SchemaFlow flow, string? operation, SchemaName name)
    {
        if (_isCut || IsSame(oldParts, newParts, flow)) return;

        // One view for the same parts, so that it can stand for them: a key of many pointers is long.
        var before = View(old, _old, oldParts, pointer);
        var after = View(@new, _new, newParts, pointer);
        if (_old.WasCut || _new.WasCut || _seen.Count == PairsMax) Cut();
        else if (_seen.Add((before, after, flow))) _queue.Enqueue(new(before, after, flow, operation, name, list));
    }

    /// <summary>Compares until nothing waits.</summary>
    public void Run()
    {
        while (_queue.TryDequeue(out var pair)) Compare(pair);
    }

    /// <summary>Most of a document stays as it was; that is found out at less cost than by comparing it.</summary>
    private bool IsSame(IReadOnlyList<Piece> oldParts, IReadOnlyList<Piece> newParts, SchemaFlow flow)
    {
        // In 3.0 some words mean something else; the name of a root may be its component's.
        if (oldParts.Count != newParts.Count || flow.IsXmlRoot || old.IsVersion30 != @new.IsVersion30) return false;

        for (int i = 0; i < oldParts.Count; i++)
        {
            if (!_equality.AreSame(oldParts[i], newParts[i])) return false;
        }

        return true;
    }

    private void Compare(SchemaPair pair)
    {
        if (CompareChoices(pair)) return;

        ValueChanges.Compare(pair);
        CompareOthers(pair);
        CompareAlternatives(pair);
        if (pair.BothHave(Kinds.List)) CompareLists(pair);
        if (pair.BothHave(Kinds.Object)) CompareObjects(pair);
    }

    private void CompareLists(SchemaPair pair)
    {
        var (before, after) = (pair.Old, pair.New);
        for (int i = 0; i < Math.Max(before.Prefix.Count, after.Prefix.Count); i++)
        {
            Inside(pair, i < before.Prefix.Count ? before.Prefix[i] : before.Items, i < after.Prefix.Count ? after.Prefix[i] : after.Items,
                $"prefixItems/{i}", pair.Name.Item());
        }

        Inside(pair, before.Items, after.Items, "items", pair.Name.Item());
    }

    private void CompareObjects(SchemaPair pair)
    {
        var (before, after) = (pair.Old, pair.New);
        foreach (var (name, pieces) in after.Properties)
        {
            if (before.Properties.TryGetValue(name, out var earlier)) CompareProperty(pair, name, earlier, pieces);
            else AddProperty(pair, name, pieces);
        }

        foreach (var (name, pieces) in before.Properties)
        {
            if (!after.Properties.ContainsKey(name)) RemoveProperty(pair, name, pieces);
        }

        foreach (string name in before.Required.Keys.Union(after.Required.Keys))
        {
            if (!before.Properties.ContainsKey(name) && !after.Properties.ContainsKey(name)) CompareRequired(pair, name, isOldHidden: false, isNewHidden: false);
        }

        bool wasClosed = before.IsClosed(pair.Flow.IsClosed), isClosed = after.IsClosed(pair.Flow.IsClosed);
        if (wasClosed && !isClosed) pair.Report(ChangeRules.ObjectOpened, null, "takes properties that it does not name, and took none.");
        else if (!wasClosed && isClosed) pair.Report(ChangeRules.ObjectClosed, after.ClosedAt, "takes no properties but those it names, and took any.");
        else if (!isClosed) Inside(pair, before.Additional, after.Additional, "additionalProperties", pair.Name.Others());
    }

    private void CompareProperty(SchemaPair pair, string name, List<Piece> before, List<Piece> after)
    {
        var (wasHidden, isHidden) = (HiddenAt(pair, _old, old, before), HiddenAt(pair, _new, @new, after));
        if (wasHidden is not null && isHidden is not null) return;

        bool isSent = pair.Flow.IsSent;
        if (wasHidden is null && isHidden is { } hidden)
        {
            pair.Report(isSent ? ChangeRules.ReadOnlyAdded : ChangeRules.WriteOnlyAdded, hidden,
                isSent ? $"the property '{name}' is readOnly now, and is ignored." : $"the property '{name}' is writeOnly now, and does not come any more.");
            if (isSent) CompareRequired(pair, name, isOldHidden: false, isNewHidden: true);
            return;
        }

        if (wasHidden is { } shown)
        {
            pair.Report(isSent ? ChangeRules.ReadOnlyRemoved : ChangeRules.WriteOnlyRemoved, shown,
                isSent ? $"the property '{name}' is no longer readOnly." : $"the property '{name}' is no longer writeOnly.");
            if (isSent) CompareRequired(pair, name, isOldHidden: true, isNewHidden: false);
            return;
        }

        CompareRequired(pair, name, isOldHidden: false, isNewHidden: false);
        Inside(pair, before, after, "properties/" + name, pair.Name.Property(name));
    }

    private static void CompareRequired(SchemaPair pair, string name, bool isOldHidden, bool isNewHidden)
    {
        bool was = !isOldHidden && pair.Old.Required.ContainsKey(name), now = !isNewHidden && pair.New.Required.ContainsKey(name);
        if (now && !was) pair.Report(ChangeRules.PropertyBecameRequired, pair.New.Required[name], $"the property '{name}' is required, and was optional.");
        if (was && !now) pair.Report(ChangeRules.PropertyBecameOptional, pair.Old.Required[name], $"the property '{name}' is optional, and was required.");
    }

    private void AddProperty(SchemaPair pair, string name, List<Piece> after)
    {
        if (HiddenAt(pair, _new, @new, after) is not null) return;

        bool wasTaken = pair.Flow.IsSent && !pair.Old.IsClosed(pair.Flow.IsClosed);
        if (pair.New.Required.ContainsKey(name) && !pair.Old.Required.ContainsKey(name))
            pair.Report(ChangeRules.RequiredPropertyAdded, after[0], $"the property '{name}' is new and required.");
        else if (wasTaken) pair.Report(ChangeRules.PropertyDeclared, after[0], $"the property '{name}', which could be anything, has a schema.");
        else pair.Report(ChangeRules.PropertyAdded, after[0], $"the property '{name}' is new.");
    }

    private void RemoveProperty(SchemaPair pair, string name, List<Piece> before)
    {
        if (HiddenAt(pair, _old, old, before) is not null) return;

        if (pair.Flow.IsSent && !pair.New.IsClosed(pair.Flow.IsClosed))
            pair.Report(ChangeRules.PropertyUndeclared, before[0], $"the property '{name}' is no longer named; the object takes any.");
        else pair.Report(ChangeRules.PropertyRemoved, before[0], $"the property '{name}' is gone.");
    }

    /// <summary>What keeps the property out of this direction; null when it goes that way.</summary>
    private static Piece? HiddenAt(SchemaPair pair, SchemaReader reader, Side side, List<Piece> property)
    {
        var view = View(side, reader, property, "");
        return pair.Flow.IsSent ? view.ReadOnly : view.WriteOnly;
    }

    private void CompareOthers(SchemaPair pair)
    {
        foreach (string word in pair.Old.Others.Keys.Union(pair.New.Others.Keys))
        {
            var before = pair.Old.Others.GetValueOrDefault(word) ?? [];
            var after = pair.New.Others.GetValueOrDefault(word) ?? [];
            var left = after.ToList(); // several when parts of an allOf say it; their order does not matter
            bool isSame = before.Count == after.Count
                && before.All(one => left.FindIndex(other => _equality.AreSame(word, one, other)) is var found and >= 0 && Take(found));
            if (isSame) continue;

            pair.Report(ChangeRules.RuleChanged, after.Count > 0 ? after[0] : before[0],
                (before.Count, after.Count) switch
                {
                    (0, _) => $"{word} is new.",
                    (_, 0) => $"{word} is gone.",
                    _ => $"{word} is another. Whether it allows more or less can't be decided.",
                });

            bool Take(int index)
            {
                left.RemoveAt(index);
                return true;
            }
        }
    }

    /// <summary>
    /// A schema that is only a choice, before or after: <c>A</c> becomes <c>oneOf: [A, B]</c>. Then the other side is a
    /// choice of one.
    /// </summary>
    private bool CompareChoices(SchemaPair pair)
    {
        var (before, after) = (pair.Old, pair.New);
        if (before.IsChoice && after.IsChoice) ValueChanges.CompareRemarks(pair);
        else if (before.IsChoice && after.Alternatives.Count == 0 && after.Parts.Count > 0) { }
        else if (after.IsChoice && before.Alternatives.Count == 0 && before.Parts.Count > 0) { }
        else return false;

        CompareBranches(pair, Branches(before), Branches(after), after.IsChoice ? after.Alternatives[0].At : before.Alternatives[0].At);
        return true;

        static List<IReadOnlyList<Piece>> Branches(SchemaView view) =>
            view.IsChoice ? [.. view.Alternatives[0].Branches.Select(branch => (IReadOnlyList<Piece>)[branch])] : [view.Parts];
    }

    private void CompareAlternatives(SchemaPair pair)
    {
        var before = pair.Old.Alternatives.ToList();
        var after = pair.New.Alternatives.ToList();
        foreach (var choice in before.ToList())
        {
            if (after.FirstOrDefault(other => _equality.AreSame("anyOf", choice.At, other.At)) is not { } same) continue;
            before.Remove(choice);
            after.Remove(same);
        }

        for (int i = 0; i < Math.Max(before.Count, after.Count); i++)
        {
            if (i >= before.Count) pair.Report(ChangeRules.AlternativesAdded, after[i].At, $"must also fit one of {after[i].Branches.Count} alternatives ({after[i].Word}).");
            else if (i >= after.Count) pair.Report(ChangeRules.AlternativesRemoved, before[i].At, $"need not fit one of {before[i].Branches.Count} alternatives ({before[i].Word}) any more.");
            else CompareBranches(pair, [.. before[i].Branches.Select(b => (IReadOnlyList<Piece>)[b])], [.. after[i].Branches.Select(b => (IReadOnlyList<Piece>)[b])], after[i].At);
        }
    }

    private void CompareBranches(SchemaPair pair, List<IReadOnlyList<Piece>> before, List<IReadOnlyList<Piece>> after, Piece at)
    {
        // 1. The same component, 2. the same schema, 3. of the same types, 4. the last of each.
        Match((one, other) => View(old, _old, one, "").Component is { } name && name == View(@new, _new, other, "").Component);
        Match((one, other) => one.Count == 1 && other.Count == 1 && _equality.AreSame(one[0], other[0]));
        Match((one, other) => View(old, _old, one, "").Types == View(@new, _new, other, "").Types);
        if (before.Count == 1 && after.Count == 1) Match(static (_, _) => true);

        foreach (var branch in before)
        {
            var view = View(old, _old, branch, "");
            pair.Report(ChangeRules.BranchRemoved, branch[0], $"the alternative {Label(view)} is gone.");
        }

        foreach (var branch in after)
        {
            var view = View(@new, _new, branch, "");
            pair.Report(ChangeRules.BranchAdded, branch[0], $"the alternative {Label(view)} is new.");
        }

        void Match(Func<IReadOnlyList<Piece>, IReadOnlyList<Piece>, bool> isMatch)
        {
            foreach (var one in before.ToList())
            {
                if (after.FirstOrDefault(other => isMatch(one, other)) is not { } other) continue;

                Add(one, other, at.Pointer, pair.Flow, pair.Operation, pair.Name);
                before.Remove(one);
                after.Remove(other);
            }
        }
    }

    private static string Label(SchemaView view) => view.Component ?? $"({SchemaView.Name(view.Types)})";

    private void Inside(SchemaPair pair, IReadOnlyList<Piece> before, IReadOnlyList<Piece> after, string way, SchemaName name)
    {
        if (before.Count + after.Count == 0) return;
        Add(before, after, $"{pair.New.Pointer}/{way}", pair.Flow.Inside, pair.Operation, name);
    }

    private static SchemaView View(Side side, SchemaReader reader, IReadOnlyList<Piece> parts, string pointer)
    {
        var resolved = new List<Piece>(parts.Count);
        foreach (var part in parts)
        {
            var piece = side.ResolveSchema(part);
            if (!resolved.Exists(other => other.Pointer == piece.Pointer)) resolved.Add(piece);
        }

        string key = resolved.Count switch
        {
            0 => "?" + pointer,
            1 => resolved[0].Pointer,
            _ => string.Join('\n', resolved.Select(piece => piece.Pointer).Order(StringComparer.Ordinal)),
        };
        return reader.Read(resolved, key, pointer);
    }

    private void Cut()
    {
        _isCut = true;
        _queue.Clear();
        list.Add(ChangeRules.ComparisonIncomplete, "", null, $"The schemas are too many or too entangled: not all were compared. Take the new document for breaking.");
    }
}
