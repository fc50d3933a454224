using System.Globalization;

namespace Stateway.Client.Plans;

/// <summary>What applying does, in the order in which it is done: nothing before what it belongs to or refers to.</summary>
internal sealed record Plan(IReadOnlyList<PlanStep> Steps)
{
    /// <summary>The steps that write.</summary>
    public IReadOnlyList<PlanStep> Writes { get; } = [.. Steps.Where(step => step.Verb != PlanVerb.Keep)];

    public int Count(PlanVerb verb) => Steps.Count(step => step.Verb == verb);

    public static Plan Of(IEnumerable<PlanStep> steps) => new([.. steps
        .OrderBy(step => step.Verb == PlanVerb.Delete)
        .ThenBy(step => step.Verb == PlanVerb.Delete ? -step.Name.Kind.Rank : step.Name.Kind.Rank)]);

    public IEnumerable<string> Lines()
    {
        foreach (var step in Steps)
        {
            yield return $"{Word(step.Verb)} {step.Name}";
            foreach (var change in step.Changes) yield return $"            {change}";
        }

        yield return string.Create(CultureInfo.InvariantCulture,
            $"{Count(PlanVerb.Create)} to create, {Count(PlanVerb.Change)} to change, {Count(PlanVerb.Delete)} to delete, {Count(PlanVerb.Keep)} unchanged.");
    }

    private static string Word(PlanVerb verb) => verb switch
    {
        PlanVerb.Create => "create   ",
        PlanVerb.Change => "change   ",
        PlanVerb.Delete => "delete   ",
        _ => "unchanged",
    };
}
