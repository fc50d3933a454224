using Stateway.Model.Schemas.Json;

namespace Stateway.Model.Schemas.Checks;

/// <summary>
/// <c>oneOf</c> or <c>anyOf</c> with an OpenAPI <c>discriminator</c>: a property's value says which alternative
/// counts, so that the errors are that one's and the rest is never looked at. Alternatives for what is no object,
/// such as null, are the <c>others</c>.
/// </summary>
internal sealed class Discriminated(string property, (string Value, Node Node)[] branches, Node[] others) : Applicator
{
    private readonly NameTable _property = new([property]);
    private readonly byte[][] _values = [.. branches.Select(branch => System.Text.Encoding.UTF8.GetBytes(branch.Value))];

    public override IEnumerable<Node> Nodes => [.. branches.Select(branch => branch.Node), .. others];

    public override bool Check(ref Run run, int at, Evaluated? seen)
    {
        if (run.Text.KindOf(at) != JsonKind.Object)
        {
            foreach (var other in others)
            {
                if (CheckQuietly(other, ref run, at, null)) return true;
            }

            if (run.Reports()) run.Report(at, "TYPE", Details.WrongType(run.Text, at, ShapeTypes.Object));
            return false;
        }

        int end = run.Text.Tokens[at].Next;
        for (int name = at + 1; name < end; name = run.Text.Tokens[name + 1].Next)
        {
            if (_property.Find(run.Text, name, 0) == 0) return CheckChosen(ref run, at, name + 1, seen);
        }

        if (seen is not null) seen.Incomplete = true;
        if (run.Reports())
        {
            run.ReportMember(at, property, "REQUIRED", $"{Details.Cut(property)} is missing; it is one of {Choices}.");
        }

        return false;
    }

    private string Choices => Details.Choices(branches.Select(branch => '"' + branch.Value + '"'));

    private bool CheckChosen(ref Run run, int at, int value, Evaluated? seen)
    {
        if (run.Text.KindOf(value) == JsonKind.String)
        {
            var text = run.Text.StringAt(value);
            for (int i = 0; i < _values.Length; i++)
            {
                if (text.SequenceEqual(_values[i])) return branches[i].Node.Check(ref run, at, seen);
            }
        }

        if (seen is not null) seen.Incomplete = true;
        if (run.Reports())
        {
            run.Report(value, "DISCRIMINATOR", $"{Details.Sentence(Details.Value(run.Text, value))} is not one of {Choices}.");
        }

        return false;
    }
}
