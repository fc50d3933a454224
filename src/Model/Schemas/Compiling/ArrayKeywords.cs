using Stateway.Model.Schemas.Checks;

namespace Stateway.Model.Schemas.Compiling;

/// <summary>Reads the keywords for arrays.</summary>
internal readonly struct ArrayKeywords(SchemaCompiler compiler, Site site)
{
    /// <returns>Null when nothing is said.</returns>
    public ArrayRules? Read(bool validates)
    {
        var keywords = new KeywordReader(site.Place, compiler.Defects);
        var rules = new ArrayRules();
        if (validates)
        {
            rules.ItemsMin = keywords.Count("minItems", 0);
            rules.ItemsMax = keywords.Count("maxItems", long.MaxValue);
            rules.Unique = keywords.Flag("uniqueItems");
        }

        if (keywords.Schema("items") is { } items) rules.Items = compiler.Require(site.ForValue(items));
        if (compiler.Dialect == SchemaDialect.Draft202012)
        {
            var (all, of) = (compiler, site);
            rules.Prefix = [.. keywords.Schemas("prefixItems").Select(item => all.Require(of.ForValue(item)))];
            if (keywords.Schema("contains") is { } contained)
            {
                rules.Contains = compiler.Require(site.ForValue(contained) with { Closed = false });
                if (validates) rules.ContainsMin = keywords.Count("minContains", 1);
                if (validates) rules.ContainsMax = keywords.Count("maxContains", long.MaxValue);
            }
        }

        return rules.IsEmpty ? null : rules;
    }
}
