namespace Stateway.Model.Schemas.Compiling;

/// <summary>What a node is compiled for. Equal sites share a node.</summary>
/// <param name="IsPart">The schema is applied to a value together with others: the value is not closed by it alone.</param>
/// <param name="Closed">Values, and values in them, are closed.</param>
/// <param name="Scope">Of <see cref="DynamicScopes"/>.</param>
/// <param name="SetAside">Names of properties of the value that its direction sets aside, one a line.</param>
internal readonly record struct Site(SchemaPlace Place, bool IsPart, bool Closed, int Scope, string SetAside)
{
    /// <summary>The site of a schema for a value inside this one.</summary>
    public Site ForValue(SchemaPlace place) => this with { Place = place, IsPart = false, SetAside = "" };

    /// <summary>The site of another schema for the same value.</summary>
    public Site ForPart(SchemaPlace place) => this with { Place = place, IsPart = true };
}
