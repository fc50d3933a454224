using Stateway.Model.Apis.Documents;
using Stateway.Model.Apis.Text;

namespace Stateway.Model.Apis.Declarations;

/// <summary>
/// Looks at every schema of a document: references must name a collection, and a keyword that is nearly one of JSON
/// Schema's is probably a slip of the hand, which JSON Schema itself would silently allow.
/// </summary>
internal static class ReferenceCheck
{
    public static void Run(ApiDocument document, IReadOnlyCollection<string> collections) =>
        Visit(document, document.Top, Part.Document, collections);

    private static void Visit(ApiDocument document, Spot spot, Part part, IReadOnlyCollection<string> collections)
    {
        if (part == Part.Schema) CheckSchema(document, spot, collections);

        foreach (var member in spot.Members)
        {
            if (Grammar.FieldOf(part, member.Name) is not { Part: not Part.Other } field) continue;

            switch (field.Holds)
            {
                case Holds.One:
                    Visit(document, member, field.Part, collections);
                    break;
                case Holds.Map:
                    foreach (var each in member.Members) Visit(document, each, field.Part, collections);
                    break;
                default:
                    foreach (var each in member.Items) Visit(document, each, field.Part, collections);
                    break;
            }
        }
    }

    private static void CheckSchema(ApiDocument document, Spot schema, IReadOnlyCollection<string> collections)
    {
        if (schema["x-stateway-reference"] is { Text: { } name } reference && !collections.Contains(name))
        {
            document.Error(reference, $"This document has no collection '{name}'.{NameHint.For(name, collections)}");
        }

        if (document.Is30) return; // its own schema knows all keywords

        foreach (var member in schema.Members)
        {
            if (Grammar.FieldOf(Part.Schema, member.Name) is not null || member.Name.StartsWith("x-", StringComparison.Ordinal)) continue;
            if (Expressions.NearestName.Of(member.Name, Grammar.NamesOf(Part.Schema)) is { } meant)
            {
                document.Warn(member.Pointer, $"'{member.Name}' is no keyword of JSON Schema and has no effect. Did you mean '{meant}'?", name: true);
            }
        }
    }
}
