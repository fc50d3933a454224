using Stateway.Model.Names;
using Stateway.Model.Apis.Documents;
using Stateway.Model.Apis.Text;

namespace Stateway.Model.Apis.Declarations;

/// <summary>
/// Looks at every schema of a document: references must name a collection, and a keyword that is none of JSON
/// Schema's is probably a slip of the hand, which JSON Schema itself would silently allow.
/// </summary>
internal static class SchemaCheck
{
    /// <returns>Pointers of the schemas that are no part of another.</returns>
    public static List<string> Run(ApiDocument document, IReadOnlyCollection<string> collections)
    {
        var roots = new List<string>();
        Visit(document.Top, Part.Document, Part.Document);
        return roots;

        void Visit(Spot spot, Part part, Part around)
        {
            if (part == Part.Schema)
            {
                CheckSchema(document, spot, collections);
                if (around != Part.Schema) roots.Add(spot.Pointer);
            }

            foreach (var member in spot.Members)
            {
                if (Grammar.FieldOf(part, member.Name) is not { Part: not Part.Other } field) continue;

                switch (field.Holds)
                {
                    case Holds.One:
                        Visit(member, field.Part, part);
                        break;
                    case Holds.Map:
                        foreach (var each in member.Members) Visit(each, field.Part, part);
                        break;
                    default:
                        foreach (var each in member.Items) Visit(each, field.Part, part);
                        break;
                }
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
            if (member.Name.StartsWith("x-", StringComparison.Ordinal)) continue;
            if (member.Name == "nullable") document.Warn(member.Pointer, NullableHint(schema), name: true);
            else if (Grammar.FieldOf(Part.Schema, member.Name) is null) document.Warn(member.Pointer, UnknownHint(member), name: true);
        }
    }

    private static string NullableHint(Spot schema) =>
        $"'nullable' is a word of OpenAPI 3.0 and has no effect in 3.1; write type: [{schema["type"]?.Text ?? "string"}, 'null'].";

    private static string UnknownHint(Spot member)
    {
        string hint = Nearest.Of(member.Name, Grammar.NamesOf(Part.Schema)) is { } meant ? $" Did you mean '{meant}'?"
            : member.Node is ScalarNode { Type: ScalarKind.Null } ? " Is this the rest of a text with a comma? Put it in quotes."
            : "";
        return $"'{member.Name}' is no keyword of JSON Schema and has no effect.{hint}";
    }
}
