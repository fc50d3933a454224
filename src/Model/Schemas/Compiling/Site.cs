namespace Stateway.Model.Schemas.Compiling;

/// <summary>What a node is compiled for. Equal sites share a node.</summary>
/// <param name="IsPart">The schema is applied to a value together with others: the value is not closed by it alone.</param>
/// <param name="Closed">Values, and values in them, are closed.</param>
/// <param name="Scope">Of <see cref="DynamicScopes"/>.</param>
/// <param name="SetAside">Properties of the value that its direction sets aside; of <see cref="NameSets"/>.</param>
/// <param name="Merged">Properties of the value whose own values several parts describe together.</param>
/// <param name="IsMerged">The value is such a one: it is not closed by this schema alone, but values in it are.</param>
internal readonly record struct Site(
    SchemaPlace Place, bool IsPart, bool Closed, int Scope,
    int SetAside = NameSets.None, int Merged = NameSets.None, bool IsMerged = false)
{
    /// <summary>The site of a schema for a value inside this one.</summary>
    public Site ForValue(SchemaPlace place) => new(place, IsPart: false, Closed, Scope);

    /// <summary>The site of another schema for the same value.</summary>
    public Site ForPart(SchemaPlace place) => this with { Place = place, IsPart = true };
}
