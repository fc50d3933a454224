using System.Collections.Immutable;
using Stateway.Model.Apis.Documents;
using Stateway.Model.Apis.Text;

namespace Stateway.Model.Apis.Operations;

/// <summary>Reads <c>x-stateway-variables</c>, and checks what uses them.</summary>
internal sealed class VariablesReader
{
    public const string Word = "x-stateway-variables";

    private readonly ApiDocument _document;
    private readonly string[] _names;

    public VariablesReader(ApiDocument document)
    {
        _document = document;
        Variables = [.. document.Top[Word]?.Members.Where(member => member.Map is not null)
            .Select(member => new VariableSpec(member.Name, member["default"]?.Text, member["description"]?.Text)) ?? []];
        _names = [.. Variables.Select(variable => variable.Name)];
        Defaults = new(Variables.Where(variable => variable.Default is not null).Select(variable => KeyValuePair.Create(variable.Name, (variable.Default!, false))));
    }

    public ImmutableArray<VariableSpec> Variables { get; }

    public StageValues Defaults { get; }

    /// <summary>Reports variables that nobody declares, and values that can't stand where they do, as far as the document says them.</summary>
    /// <returns>Whether all are declared.</returns>
    public bool Check(Spot spot, string text, bool isUrl)
    {
        bool areKnown = true, haveDefaults = true;
        foreach (string name in StageText.NamesIn(text))
        {
            if (!_names.Contains(name))
            {
                _document.Error(spot, $"{{stage.{name}}} is no variable of {Word}.{NameHint.For(name, _names)}");
                areKnown = false;
            }

            haveDefaults &= Defaults.Find(name) is not null;
        }

        if (areKnown && haveDefaults && (isUrl ? StageText.WhyNotUrl(text, Defaults) : StageText.WhyNotField(text, Defaults)) is { } wrong)
            _document.Error(_document.Top[Word]?[wrong.Variable]?["default"] ?? spot, wrong.Message);
        return areKnown;
    }
}
