using System.Text.Json;
using Stateway.Model.Schemas.Checks;
using Stateway.Model.Schemas.Patterns;

namespace Stateway.Model.Schemas.Compiling;

/// <summary>
/// Turns the schema at one place into nodes. Schemas are found from references, queued, and filled in one after
/// the other, so that cycles are no special case and nothing is as deep as the schemas are nested. Compiling several
/// roots one after the other shares their nodes; after defects it is not used again.
/// </summary>
internal sealed class SchemaCompiler(
    SchemaIndex index, SchemaDialect dialect, SchemaUse use, bool assertFormats, PatternCache patterns)
{
    private const int NodesMax = 100_000;

    private static readonly Node s_anything = new();
    private static readonly Node s_nothing = new() { RefusesAll = true };

    private readonly Dictionary<Site, Node> _nodes = [];
    private readonly Queue<(Site Site, Node Node)> _pending = [];
    private readonly Dictionary<Node, SchemaPlace> _places = []; // of the nodes that this compilation adds
    private readonly DynamicScopes _scopes = new();

    public DefectList Defects { get; } = new();
    public NameSets NameSets { get; } = new();
    public SchemaIndex Index => index;
    public SchemaDialect Dialect => dialect;
    public SchemaUse Use => use;
    public PatternCache Patterns => patterns;

    public SchemaCompilation Compile(SchemaPlace root)
    {
        var node = Require(new Site(root, IsPart: false, use.Closed, DynamicScopes.None));
        while (_pending.TryDequeue(out var next)) Fill(next.Site, next.Node);

        foreach (var (filled, _) in _places) filled.Objects?.ForgetEmptyValues();
        CycleCheck.Run(_places, Defects);
        _places.Clear();
        return Defects.Items.Count == 0 ? new(new Schema(node), []) : new(null, Defects.Items);
    }

    /// <summary>The node for a schema at a site; filled in later when it is new.</summary>
    public Node Require(Site site)
    {
        site = site with { Scope = _scopes.Enter(site.Scope, site.Place.Resource) };
        var passed = new HashSet<SchemaPlace>();
        while (SchemaKeywords.IsOnlyReference(site.Place, dialect))
        {
            if (!passed.Add(site.Place))
            {
                Defects.Add(site.Place, "$ref", "The reference leads back to itself.");
                return s_anything;
            }

            if (Resolve(site.Place, "$ref") is not { } target) return s_anything;
            site = site with { Place = target, Scope = _scopes.Enter(site.Scope, target.Resource) };
        }

        switch (site.Place.Element.ValueKind)
        {
            case JsonValueKind.True: return s_anything;
            case JsonValueKind.False: return s_nothing;
            case JsonValueKind.Object: break;
            default:
                string found = DefectList.KindOf(site.Place.Element);
                Defects.Add(site.Place, null, $"A schema must be an object, true or false, not {found}.");
                return s_anything;
        }

        if (_nodes.TryGetValue(site, out var node)) return node;
        if (_nodes.Count == NodesMax)
        {
            Defects.Add(site.Place, null, $"The schema has more than {NodesMax} parts.");
            return s_anything;
        }

        node = new Node();
        _nodes[site] = node;
        _places[node] = site.Place;
        _pending.Enqueue((site, node));
        return node;
    }

    private SchemaPlace? Resolve(SchemaPlace place, string keyword)
    {
        if (new KeywordReader(place, Defects).Text(keyword) is not { } reference) return null;
        if (index.TryResolve(place.Resource, reference, out var target, out string why)) return target;

        Defects.Add(place, keyword, $"The reference {reference} does not resolve. {why}");
        return null;
    }

    private void Fill(Site site, Node node)
    {
        var survey = SurveyOf(site);
        if (survey is not null)
        {
            site = site with { SetAside = NameSets.IdOf(survey.MarkedNames), Merged = NameSets.IdOf(survey.MergedNames) };
        }

        var keywords = new KeywordReader(site.Place, Defects);
        bool only30 = dialect == SchemaDialect.OpenApi30;
        node.NullPasses = only30 && keywords.Flag("nullable");
        bool siblings = !(only30 && site.Place.Has("$ref")); // ignored beside a $ref in 3.0
        if (siblings)
        {
            var vocabulary = Vocabulary.Of(site.Place.Resource, index);
            bool asserts = assertFormats || vocabulary.AssertsFormats;
            ScalarKeywords.Read(keywords, node, dialect, patterns, vocabulary.Validates, asserts);
            node.Arrays = new ArrayKeywords(this, site).Read(vocabulary.Validates);
            node.Objects = new ObjectKeywords(this, site).Read(vocabulary.Validates);
        }

        node.Applicators = ReadApplicators(site, keywords, siblings);
        if (!only30)
        {
            if (keywords.Schema("unevaluatedItems") is { } items) node.UnevaluatedItems = Require(site.ForValue(items));
            if (keywords.Schema("unevaluatedProperties") is { } rest) node.UnevaluatedProperties = Require(site.ForValue(rest));
        }

        if (node.UnevaluatedProperties is not null && survey is null) survey = ValueSurvey.Of(site.Place, index, dialect, null);
        if (survey is not null && node.UnevaluatedProperties is not null) node.KnownNames = survey.KnownNames;
        if (survey is not null && site is { Closed: true, IsPart: false, IsMerged: false }) Close(node, survey);
    }

    private ValueSurvey? SurveyOf(Site site)
    {
        if (site.IsPart) return null;

        string? mark = use.Direction switch
        {
            SchemaDirection.Request => "readOnly",
            SchemaDirection.Response => "writeOnly",
            _ => null,
        };
        return site.Closed || mark is not null ? ValueSurvey.Of(site.Place, index, dialect, mark) : null;
    }

    /// <summary>Refuses members that nothing names, as <see cref="SchemaUse"/> says.</summary>
    private static void Close(Node node, ValueSurvey survey)
    {
        if (survey.KnownNames.Length == 0 || survey.SaysWhatElse) return;

        // Without parts, the object's own names are all there are, and nothing needs to be kept track of.
        bool alone = node.Applicators.All(part => part is Not) && node.Objects is { Dependencies: var dependencies }
            && Array.TrueForAll(dependencies, dependency => dependency.Schema is null);
        if (alone)
        {
            node.Objects!.Additional = s_nothing;
            return;
        }

        node.UnevaluatedProperties = s_nothing;
        node.KnownNames = survey.KnownNames;
    }

    private Applicator[] ReadApplicators(Site site, KeywordReader keywords, bool siblings)
    {
        var applicators = new List<Applicator>();
        if (site.Place.Has("$ref") && Resolve(site.Place, "$ref") is { } target)
        {
            applicators.Add(new AllOf([Require(site.ForPart(target))]));
        }

        if (!siblings) return [.. applicators];

        if (dialect == SchemaDialect.Draft202012 && ResolveDynamic(site) is { } dynamicTarget)
        {
            applicators.Add(new AllOf([Require(site.ForPart(dynamicTarget))]));
        }

        var all = keywords.Schemas("allOf");
        if (all.Length > 0) applicators.Add(new AllOf(Parts(site, all)));

        bool discriminates = Discriminator.TryRead(this, site, keywords, out var discriminated);
        if (discriminates) applicators.Add(discriminated!);
        string? replaced = discriminates ? Discriminator.KeywordOf(site.Place) : null;

        var any = keywords.Schemas("anyOf");
        if (any.Length > 0 && replaced != "anyOf") applicators.Add(new AnyOf(Parts(site, any)));

        var one = keywords.Schemas("oneOf");
        if (one.Length > 0 && replaced != "oneOf") applicators.Add(new OneOf(Parts(site, one)));

        if (keywords.Schema("not") is { } not) applicators.Add(new Not(Require(site.ForPart(not) with { Closed = false })));

        if (dialect == SchemaDialect.Draft202012 && keywords.Schema("if") is { } condition)
        {
            applicators.Add(new IfThenElse(
                Require(site.ForPart(condition) with { Closed = false }),
                keywords.Schema("then") is { } then ? Require(site.ForPart(then)) : null,
                keywords.Schema("else") is { } otherwise ? Require(site.ForPart(otherwise)) : null));
        }

        return [.. applicators];
    }

    public Node[] Parts(Site site, SchemaPlace[] places) => [.. places.Select(place => Require(site.ForPart(place)))];

    private SchemaPlace? ResolveDynamic(Site site)
    {
        if (!site.Place.Has("$dynamicRef") || Resolve(site.Place, "$dynamicRef") is not { } target) return null;

        // Only a reference that names a $dynamicAnchor is dynamic; any other is a plain $ref.
        string reference = site.Place.Text("$dynamicRef")!;
        string anchor = reference[(reference.IndexOf('#') + 1)..];
        bool isDynamic = target.Resource.DynamicAnchors.TryGetValue(anchor, out var own) && own == target;
        return isDynamic ? _scopes.Find(site.Scope, anchor, target) : target;
    }
}
