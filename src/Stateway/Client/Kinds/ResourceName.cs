using System.Collections.Immutable;

namespace Stateway.Client.Kinds;

/// <summary>One resource: its kind, and its ids from the outermost parent's to its own.</summary>
internal sealed record ResourceName(Kind Kind, ImmutableArray<string> Ids)
{
    /// <summary><c>apis/shop/stages/live</c>; ids never need percent-encoding.</summary>
    public string Text { get; } = string.Join('/', Kind.Line.Zip(Ids, (kind, id) => $"{kind.Name}/{id}"));

    /// <summary>Below the server's URL.</summary>
    public string Path => "/" + Text;

    public string Id => Ids[^1];

    /// <summary>Where the collection that it stands in is.</summary>
    public string CollectionPath => Path[..Path.LastIndexOf('/')];

    public bool IsBelow(ResourceName other) => Text.StartsWith(other.Text + "/", StringComparison.Ordinal);

    public bool Equals(ResourceName? other) => other is not null && Text == other.Text;

    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Text;
}
