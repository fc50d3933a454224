namespace Stateway.Model.Apis.Changes;

/// <summary>Compares what a schema says of one value: its types, values, limits, texts, and the remarks on it.</summary>
internal static class ValueChanges
{
    private static readonly (Kinds Types, string Word, ChangeRule Tightened, ChangeRule Loosened)[] Bounds =
    [
        (Kinds.Number, "minimum", ChangeRules.MinimumTightened, ChangeRules.MinimumLoosened),
        (Kinds.Number, "maximum", ChangeRules.MaximumTightened, ChangeRules.MaximumLoosened),
        (Kinds.Text, "minLength", ChangeRules.MinLengthTightened, ChangeRules.MinLengthLoosened),
        (Kinds.Text, "maxLength", ChangeRules.MaxLengthTightened, ChangeRules.MaxLengthLoosened),
        (Kinds.List, "minItems", ChangeRules.MinItemsTightened, ChangeRules.MinItemsLoosened),
        (Kinds.List, "maxItems", ChangeRules.MaxItemsTightened, ChangeRules.MaxItemsLoosened),
        (Kinds.Object, "minProperties", ChangeRules.MinPropertiesTightened, ChangeRules.MinPropertiesLoosened),
        (Kinds.Object, "maxProperties", ChangeRules.MaxPropertiesTightened, ChangeRules.MaxPropertiesLoosened),
    ];

    public static void Compare(SchemaPair pair)
    {
        CompareTypes(pair);
        CompareValues(pair);
        CompareBounds(pair);
        if (pair.BothHave(Kinds.Number)) CompareMultiples(pair);
        if (pair.BothHave(Kinds.Text)) ComparePatterns(pair);
        if (pair.BothHave(Kinds.Text | Kinds.Number)) CompareFormats(pair);
        if (pair.BothHave(Kinds.List)) CompareUniqueItems(pair);
        CompareReferences(pair);
        CompareRemarks(pair);
    }

    /// <summary>What goes with a value whatever it is.</summary>
    public static void CompareRemarks(SchemaPair pair)
    {
        CompareDefaults(pair);
        CompareDeprecated(pair);
        CompareDiscriminators(pair);
        if (pair.Flow.IsXml) CompareXml(pair);
    }

    private static void CompareTypes(SchemaPair pair)
    {
        var (before, after) = (pair.OldTypes, pair.NewTypes);
        var at = pair.New.TypeAt ?? pair.New.ValuesAt ?? pair.Old.TypeAt ?? pair.Old.ValuesAt;
        if (before.HasFlag(Kinds.Null) && !after.HasFlag(Kinds.Null) && after != Kinds.None) pair.Report(ChangeRules.NullRemoved, at, "null is not allowed any more.");
        if (after.HasFlag(Kinds.Null) && !before.HasFlag(Kinds.Null) && before != Kinds.None) pair.Report(ChangeRules.NullAdded, at, "null is allowed.");

        if (pair.Old.Values is not null && pair.New.Values is not null) return; // the values tell more
        var (old, @new) = (before & ~Kinds.Null, after & ~Kinds.Null);
        if (old == @new) return;

        var rule = (old & @new) == @new ? ChangeRules.TypeNarrowed : (old & @new) == old ? ChangeRules.TypeWidened : ChangeRules.TypeChanged;
        pair.Report(rule, at, $"the type was {SchemaView.Name(before)} and is {SchemaView.Name(after)}.");
    }

    private static void CompareValues(SchemaPair pair)
    {
        switch (pair.Old.Values, pair.New.Values)
        {
            case (null, { } after):
                pair.Report(ChangeRules.EnumAdded, pair.New.ValuesAt, $"was anything of its type, and is one of {List(after.Keys)}.");
                break;

            case ({ } before, null):
                pair.Report(ChangeRules.EnumRemoved, pair.Old.ValuesAt, $"was one of {List(before.Keys)}, and is anything of its type.");
                break;

            case ({ } before, { } after):
                foreach (var (value, at) in before)
                {
                    if (!after.ContainsKey(value)) pair.Report(ChangeRules.EnumValueRemoved, at, $"the value {value} is gone.");
                }

                foreach (var (value, at) in after)
                {
                    if (!before.ContainsKey(value)) pair.Report(ChangeRules.EnumValueAdded, at, $"the value {value} is new.");
                }

                break;
        }
    }

    private static void CompareBounds(SchemaPair pair)
    {
        for (int i = 0; i < Bounds.Length; i++)
        {
            var (types, word, tightened, loosened) = Bounds[i];
            if (!pair.BothHave(types)) continue;

            bool isUpper = i % 2 == 1;
            var before = Whole(pair.Old.Bounds[i], pair.OldTypes, isUpper);
            var after = Whole(pair.New.Bounds[i], pair.NewTypes, isUpper);
            int tighter = (before, after) switch
            {
                (null, null) => 0,
                (null, _) => 1,
                (_, null) => -1,
                _ => after.TighterThan(before, isUpper),
            };
            if (tighter == 0) continue;

            string what = (before, after) switch
            {
                (null, _) => $"{word} {after} is new.",
                (_, null) => $"{word} {before} is gone.",
                _ => $"{word} was {before} and is {after}.",
            };
            pair.Report(tighter > 0 ? tightened : loosened, (after ?? before)!.At, what);
        }

        static Bound? Whole(Bound? bound, Kinds types, bool isUpper) => types.HasFlag(Kinds.Fraction) ? bound : bound?.OfInteger(isUpper);
    }

    private static void CompareMultiples(SchemaPair pair)
    {
        var (before, after) = Difference(pair.Old.MultipleOf, pair.New.MultipleOf);
        if (before.Count + after.Count == 0) return;

        var rule = ChangeRules.MultipleOfChanged;
        if (before.Count == 0) rule = ChangeRules.MultipleOfTightened;
        else if (after.Count == 0) rule = ChangeRules.MultipleOfLoosened;
        else if (before.Count == 1 && after.Count == 1)
        {
            var (old, @new) = (Bound.Read(before.Values.First(), false)!.Value, Bound.Read(after.Values.First(), false)!.Value);
            if (old.Sign > 0 && @new.Sign > 0)
            {
                if (@new.IsMultipleOf(old)) rule = ChangeRules.MultipleOfTightened;
                else if (old.IsMultipleOf(@new)) rule = ChangeRules.MultipleOfLoosened;
            }
        }

        pair.Report(rule, At(before, after), FromTo("multipleOf", before, after));
    }

    private static void ComparePatterns(SchemaPair pair)
    {
        var (before, after) = Difference(pair.Old.Patterns, pair.New.Patterns);
        if (before.Count + after.Count == 0) return;

        var rule = before.Count == 0 ? ChangeRules.PatternAdded : after.Count == 0 ? ChangeRules.PatternRemoved : ChangeRules.PatternChanged;
        pair.Report(rule, At(before, after), FromTo("the pattern", before, after));
    }

    private static void CompareFormats(SchemaPair pair)
    {
        var (before, after) = Difference(pair.Old.Formats, pair.New.Formats);
        if (before.Count + after.Count == 0) return;

        var rule = (before.Keys.FirstOrDefault(), after.Keys.FirstOrDefault()) switch
        {
            (null, _) => ChangeRules.FormatAdded,
            (_, null) => ChangeRules.FormatRemoved,
            ("int32", "int64") or ("float", "double") => ChangeRules.FormatWidened,
            ("int64", "int32") or ("double", "float") => ChangeRules.FormatNarrowed,
            _ => ChangeRules.FormatChanged,
        };
        pair.Report(rule, At(before, after), FromTo("the format", before, after));
    }

    private static void CompareUniqueItems(SchemaPair pair)
    {
        if (pair.Old.UniqueItems is null && pair.New.UniqueItems is { } added) pair.Report(ChangeRules.UniqueItemsAdded, added, "items must be different.");
        if (pair.Old.UniqueItems is { } removed && pair.New.UniqueItems is null) pair.Report(ChangeRules.UniqueItemsRemoved, removed, "items may be the same.");
    }

    private static void CompareReferences(SchemaPair pair)
    {
        var (before, after) = (pair.Old.Reference?.Text, pair.New.Reference?.Text);
        if (before == after) return;

        if (before is null) pair.Report(ChangeRules.ReferenceAdded, pair.New.Reference, $"must be the id of one of {after}.");
        else if (after is null) pair.Report(ChangeRules.ReferenceRemoved, pair.Old.Reference, $"need not be the id of one of {before} any more.");
        else pair.Report(ChangeRules.ReferenceChanged, pair.New.Reference, $"was the id of one of {before}, and is one of {after}.");
    }

    private static void CompareDefaults(SchemaPair pair)
    {
        string? before = pair.Old.Default is { } old ? CanonicalJson.Of(old.Json) : null;
        string? after = pair.New.Default is { } @new ? CanonicalJson.Of(@new.Json) : null;
        if (before == after) return;

        if (before is null) pair.Report(ChangeRules.DefaultAdded, pair.New.Default, $"the default {after} is new.");
        else if (after is null) pair.Report(ChangeRules.DefaultRemoved, pair.Old.Default, $"the default {before} is gone.");
        else pair.Report(ChangeRules.DefaultChanged, pair.New.Default, $"the default was {before} and is {after}.");
    }

    private static void CompareDeprecated(SchemaPair pair)
    {
        if (pair.Old.Deprecated is null && pair.New.Deprecated is { } added) pair.Report(ChangeRules.SchemaDeprecated, added, "is deprecated.");
        if (pair.Old.Deprecated is { } removed && pair.New.Deprecated is null) pair.Report(ChangeRules.SchemaRestored, removed, "is no longer deprecated.");
    }

    private static void CompareDiscriminators(SchemaPair pair)
    {
        var (before, after) = (pair.Old.Discriminator, pair.New.Discriminator);
        var (old, @new) = (before?.TextOf("propertyName"), after?.TextOf("propertyName"));
        if (old != @new)
        {
            pair.Report(ChangeRules.DiscriminatorChanged, after ?? before, $"the discriminator was {old ?? "none"} and is {@new ?? "none"}.");
            return;
        }

        var olds = Mapping(before);
        var news = Mapping(after);
        foreach (var (value, at) in olds)
        {
            if (!news.ContainsKey(value)) pair.Report(ChangeRules.MappingRemoved, at, $"the discriminator's value '{value}' is gone.");
        }

        foreach (var (value, at) in news)
        {
            if (!olds.TryGetValue(value, out var was)) pair.Report(ChangeRules.MappingAdded, at, $"the discriminator's value '{value}' is new.");
            else if (Component(was) != Component(at)) pair.Report(ChangeRules.MappingChanged, at, $"the discriminator's value '{value}' meant {Component(was)} and means {Component(at)}.");
        }

        static Sayings Mapping(Piece? discriminator)
        {
            var mapping = new Sayings();
            foreach (var (value, at) in discriminator?["mapping"]?.Members ?? []) mapping[value] = at;
            return mapping;
        }

        // Cat stands for #/components/schemas/Cat.
        static string Component(Piece target) => target.Text is { } text && text.StartsWith("#/components/schemas/", StringComparison.Ordinal) ? text["#/components/schemas/".Length..] : target.Text ?? "";
    }

    private static void CompareXml(SchemaPair pair)
    {
        string before = Form(pair.Old, pair.Flow.IsXmlRoot), after = Form(pair.New, pair.Flow.IsXmlRoot);
        if (before != after) pair.Report(ChangeRules.XmlChanged, pair.New.Xml ?? pair.Old.Xml, $"as XML it was ({before}) and is ({after}).");

        // A prefix is only a name for a namespace (Namespaces in XML 1.0, section 4). A root without a name has its component's.
        static string Form(SchemaView view, bool isRoot)
        {
            var words = new List<string>();
            var xml = view.Xml;
            if ((xml?.TextOf("name") ?? (isRoot ? view.Component : null)) is { } name) words.Add("name " + name);
            if (xml?.TextOf("namespace") is { } space) words.Add("namespace " + space);
            if (xml?.IsTrueAt("attribute") == true) words.Add("attribute");
            if (xml?["wrapped"] is { IsTrue: false }) words.Add("not wrapped"); // wrapped is what the program does unasked
            if (xml?.TextOf("nodeType") is { } nodeType) words.Add("node type " + nodeType);
            return string.Join(", ", words);
        }
    }

    /// <summary>What only one side says.</summary>
    private static (Sayings Before, Sayings After) Difference(Sayings old, Sayings @new)
    {
        var (before, after) = (new Sayings(), new Sayings());
        foreach (var (value, at) in old)
        {
            if (!@new.ContainsKey(value)) before[value] = at;
        }

        foreach (var (value, at) in @new)
        {
            if (!old.ContainsKey(value)) after[value] = at;
        }

        return (before, after);
    }

    private static Piece At(Sayings before, Sayings after) => (after.Count > 0 ? after : before).Values.First();

    private static string FromTo(string what, Sayings before, Sayings after) => (before.Count, after.Count) switch
    {
        (0, _) => $"{what} {List(after.Keys)} is new.",
        (_, 0) => $"{what} {List(before.Keys)} is gone.",
        _ => $"{what} was {List(before.Keys)} and is {List(after.Keys)}.",
    };

    private static string List(IEnumerable<string> values) => string.Join(", ", values);
}
