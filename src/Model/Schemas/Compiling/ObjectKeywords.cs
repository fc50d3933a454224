using System.Text.Json;
using Stateway.Model.Schemas.Checks;
using Stateway.Model.Schemas.Patterns;

namespace Stateway.Model.Schemas.Compiling;

/// <summary>Reads the keywords for objects.</summary>
internal sealed class ObjectKeywords(SchemaCompiler compiler, Site site)
{
    private readonly KeywordReader _keywords = new(site.Place, compiler.Defects);
    private readonly HashSet<string> _setAside = compiler.NameSets[site.SetAside];
    private readonly HashSet<string> _merged = compiler.NameSets[site.Merged];

    private readonly Dictionary<string, int> _indexes = [];
    private readonly List<string> _names = [];
    private readonly List<NameRole> _roles = [];
    private readonly List<Node?> _values = [];

    /// <returns>Null when nothing is said.</returns>
    public ObjectRules? Read(bool validates)
    {
        bool draft = compiler.Dialect == SchemaDialect.Draft202012;
        ReadProperties();
        int[] required = validates ? ReadRequired(_keywords.Names("required")) : [];
        var dependencies = draft ? ReadDependencies(validates) : [];
        var rules = new ObjectRules
        {
            Names = new NameTable(_names),
            Roles = [.. _roles],
            Values = [.. _values],
            Required = Bits(required),
            Dependencies = dependencies,
        };

        if (_keywords.Schema("additionalProperties") is { } additional)
        {
            rules.Additional = compiler.Require(site.ForValue(additional));
        }

        if (draft) rules.Patterns = ReadPatterns();
        if (draft && _keywords.Schema("propertyNames") is { } names) rules.MemberNames = compiler.Require(site.ForValue(names));
        if (validates)
        {
            rules.MembersMin = _keywords.Count("minProperties", 0);
            rules.MembersMax = _keywords.Count("maxProperties", long.MaxValue);
        }

        return rules.IsEmpty ? null : rules;
    }

    private void ReadProperties()
    {
        foreach (var (name, place) in _keywords.SchemaMap("properties"))
        {
            int i = IndexOf(name);
            var value = compiler.Require(site.ForValue(place) with { IsMerged = _merged.Contains(name) });
            if (_roles[i] == NameRole.Ignored) continue; // but compiled, for its defects

            _roles[i] = NameRole.Property;
            _values[i] = value;
        }

        if (compiler.Use.Direction != SchemaDirection.Request) return;
        foreach (string name in _setAside) IndexOf(name); // also those that another part of the value names
    }

    private int IndexOf(string name)
    {
        if (_indexes.TryGetValue(name, out int i)) return i;

        bool ignored = compiler.Use.Direction == SchemaDirection.Request && _setAside.Contains(name);
        _names.Add(name);
        _roles.Add(ignored ? NameRole.Ignored : NameRole.Mentioned);
        _values.Add(null);
        return _indexes[name] = _names.Count - 1;
    }

    private int[] ReadRequired(string[] names) =>
        [.. names.Where(name => !_setAside.Contains(name)).Select(IndexOf)];

    private ulong[] Bits(int[] indexes)
    {
        ulong[] bits = new ulong[_names.Count / 64 + 1];
        foreach (int i in indexes) bits[i / 64] |= 1UL << i % 64;
        return bits;
    }

    private ObjectRules.Dependency[] ReadDependencies(bool validates)
    {
        var dependencies = new List<ObjectRules.Dependency>();
        foreach (var (trigger, place) in _keywords.SchemaMap("dependentSchemas"))
        {
            dependencies.Add(new(IndexOf(trigger), [], compiler.Require(site.ForPart(place))));
        }

        foreach (string keyword in (string[])["dependentRequired", "dependencies"])
        {
            if (!validates || !site.Place.Has(keyword)) continue;

            // "dependencies" is the older keyword for both; 2020-12 keeps it for schemas that still have it.
            foreach (var (trigger, place) in _keywords.SchemaMap(keyword))
            {
                if (place.Element.ValueKind == JsonValueKind.Array)
                {
                    dependencies.Add(new(IndexOf(trigger), ReadRequired(_keywords.Names(keyword, place.Element)), null));
                }
                else if (keyword == "dependencies")
                {
                    dependencies.Add(new(IndexOf(trigger), [], compiler.Require(site.ForPart(place))));
                }
                else
                {
                    string found = DefectList.KindOf(place.Element);
                    compiler.Defects.Add(place, null, $"dependentRequired must hold arrays of names, not {found}.");
                }
            }
        }

        return [.. dependencies];
    }

    private (Pattern, Node)[] ReadPatterns()
    {
        var patterns = new List<(Pattern, Node)>();
        foreach (var (source, place) in _keywords.SchemaMap("patternProperties"))
        {
            var pattern = compiler.Patterns.Get(source, out string? why);
            if (pattern is null) compiler.Defects.Add(place, null, why!);
            else patterns.Add((pattern, compiler.Require(site.ForValue(place))));
        }

        return [.. patterns];
    }
}
