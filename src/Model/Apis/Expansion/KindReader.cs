using Stateway.Model.Apis.Documents;
using Stateway.Model.Apis.Text;

namespace Stateway.Model.Apis.Expansion;

/// <summary>Reads <c>x-stateway-kind</c>, which makes a collection of the program's own documents a platform kind.</summary>
internal static class KindReader
{
    public const string Word = "x-stateway-kind";

    /// <returns>Null for a collection like any other.</returns>
    public static KindDeclaration? Read(ApiDocument document, Spot collection)
    {
        if (collection[Word] is not { } kind) return null;

        if (!document.MayDeclareKinds)
        {
            document.ErrorAtName(kind, $"Only Stateway's own kinds are declared with {Word}; leave it out, and the collection is stored like any other.");
            return null;
        }

        if (collection["seed"] is { } seed) document.ErrorAtName(seed, "A kind has no seed: its resources are created through its operations.");

        switch (kind.Node)
        {
            case ScalarNode { Type: ScalarKind.True }:
                return new(IsReadOnly: false);

            case MapNode { Members: [{ Name: "read_only", Value: ScalarNode { Type: ScalarKind.True or ScalarKind.False } readOnly }] }:
                return new(readOnly.Type == ScalarKind.True);

            case MapNode { Members: [{ Name: "record", Value: ScalarNode { Type: ScalarKind.True } }] }:
                return new(IsReadOnly: true, IsRecord: true);

            default:
                document.Error(kind, $"{Word} is true, {{ read_only: true }} or {{ record: true }}.");
                return null;
        }
    }
}
