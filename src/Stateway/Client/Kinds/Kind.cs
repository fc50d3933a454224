using System.Collections.Immutable;

namespace Stateway.Client.Kinds;

/// <summary>A collection of the server: what its resources are called, where they stand, what can be done with them.</summary>
internal sealed record Kind
{
    /// <summary>The last word of its URL: <c>stages</c>.</summary>
    public required string Name { get; init; }

    /// <summary>One of them: <c>stage</c>.</summary>
    public required string Singular { get; init; }

    /// <summary>The kind that its resources belong to; null at the top.</summary>
    public required Kind? Parent { get; init; }

    /// <summary>Where it stands when kinds are put so that none comes before what it belongs to or refers to.</summary>
    public int Rank { get; init; }

    public bool CanReplace { get; init; }
    public bool CanCreate { get; init; }
    public bool CanDelete { get; init; }
    public bool CanExplain { get; init; }
    public bool HasHistory { get; init; }

    public required ImmutableArray<Field> Fields { get; init; }
    public required SchemaTree Schema { get; init; }

    /// <summary>With what it stands under: <c>apis/stages</c>.</summary>
    public string FullName => Parent is null ? Name : $"{Parent.FullName}/{Name}";

    /// <summary>How many ids name a resource: its own and its parents'.</summary>
    public int Depth => Parent is null ? 1 : Parent.Depth + 1;

    /// <summary>From the outermost to itself.</summary>
    public IEnumerable<Kind> Line => Parent is null ? [this] : Parent.Line.Append(this);

    /// <summary>The member of a file that names the parent of that kind: <c>api</c>, or <c>api_id</c> where a field of its own has that name.</summary>
    public string MemberFor(Kind parent) => Field(parent.Singular) is null ? parent.Singular : parent.Singular + "_id";

    public Field? Field(string name) => Fields.FirstOrDefault(field => field.Name == name);

    public bool HasLabels => Field("labels") is { Type: "object", ReadOnly: false };
}
