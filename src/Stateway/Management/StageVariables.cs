using System.Collections.Immutable;
using Stateway.Model.Apis;
using Stateway.Model.Apis.Text;
using Stateway.Model.Problems;
using Stateway.Secrets;
using Stateway.Store;

namespace Stateway.Management;

/// <summary>Finds what the variables of a document stand for in a stage.</summary>
internal sealed class StageVariables(SecretReader secrets)
{
    /// <summary>What the stage gives a value that none of the documents knows.</summary>
    public static ImmutableArray<ProblemError> Undeclared(StageSpec stage, ImmutableArray<ApiSpec> apis)
    {
        string[] names = [.. apis.SelectMany(api => api.Variables).Select(variable => variable.Name).Distinct()];
        return
        [
            .. stage.Variables.Keys.Except(names)
                .Select(given => new ProblemError("VARIABLE", $"The document declares no variable '{given}'.{NameHint.For(given, names)}") { Pointer = PointerOf(given) }),
        ];
    }

    /// <summary>The values of what the document declares.</summary>
    /// <param name="resources">Where the secrets are.</param>
    /// <returns>Everything that is wrong; messages show no value. Then the values are none.</returns>
    /// <exception cref="StoreUnavailableException"/>
    public async ValueTask<(StageValues Values, ImmutableArray<ProblemError> Errors)> ResolveAsync(StageSpec stage, ApiSpec api, IResources resources, CancellationToken ct)
    {
        var errors = ImmutableArray.CreateBuilder<ProblemError>();
        var values = new Dictionary<string, (string Value, bool IsSecret)>(StringComparer.Ordinal);
        foreach (var variable in api.Variables)
        {
            stage.Variables.TryGetValue(variable.Name, out var given);
            if (given?.Secret is { } secret)
            {
                var (value, whyNot) = await secrets.ReadAsync(resources, secret, ct);
                if (value is not null) values.Add(variable.Name, (value, true));
                else errors.Add(new("REFERENCE", whyNot!) { Pointer = PointerOf(variable.Name) });
            }
            else if ((given?.Text ?? variable.Default) is { } text)
            {
                values.Add(variable.Name, (text, false));
            }
            else
            {
                errors.Add(new("VARIABLE", $"The variable '{variable.Name}' has no default: the stage must give it a value under variables, or the document a default under x-stateway-variables.") { Pointer = PointerOf(variable.Name) });
            }
        }

        if (errors.Count > 0) return (StageValues.None, errors.ToImmutable());

        var resolved = new StageValues(values);
        errors.AddRange(StageFilling.Faults(api, resolved).Distinct().Select(fault => new ProblemError("VARIABLE", fault.Message) { Pointer = PointerOf(fault.Variable) }));
        return errors.Count > 0 ? (StageValues.None, errors.ToImmutable()) : (resolved, []);
    }

    private static string PointerOf(string variable) => "/variables/" + variable.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
}
