using System.Collections.Immutable;

namespace Stateway.Collections.Kinds;

/// <summary>Why a resource is as it is, the nearest cause first.</summary>
/// <param name="Resource">As a client names it: <c>apis/shop/stages/live</c>.</param>
/// <param name="Summary">In a few words: <c>not ready</c>.</param>
public sealed record Explanation(string Resource, string Summary, ImmutableArray<Cause> Because)
{
    public const int CausesMax = 100;

    /// <summary>The same for people, a line each.</summary>
    public IEnumerable<string> ToLines() => Because.Select(static cause => cause.ToLine()).Prepend($"{Resource}: {Summary}");

    /// <summary>What the conditions of a resource say of it, those that do not hold first.</summary>
    public static IEnumerable<Cause> OfConditions(string name, KindResource resource) => resource.Conditions()
        .OrderBy(static condition => condition.Holds == true)
        .Select(condition => new Cause(name, condition.Message.Length > 0 ? condition.Message : condition.Reason)
        {
            Type = condition.Type, Holds = condition.Holds, Reason = condition.Reason, Since = condition.LastTransitionTime,
        });

    /// <returns>Null when nobody has said anything yet.</returns>
    public static bool? IsReady(KindResource resource)
    {
        var conditions = resource.Conditions();
        return conditions.Any(static condition => condition.Holds == false) ? false
            : conditions.IsEmpty || conditions.Any(static condition => condition.Holds is null) ? null : true;
    }

    public static string Word(bool? isReady) => isReady switch { true => "ready", false => "not ready", null => "not known yet" };
}

/// <param name="Resource">That it is about.</param>
/// <param name="Says">A sentence.</param>
public sealed record Cause(string Resource, string Says)
{
    /// <summary>Of the condition; null when it is none.</summary>
    public string? Type { get; init; }

    public bool? Holds { get; init; }

    /// <summary>One word, for programs.</summary>
    public string? Reason { get; init; }

    public DateTimeOffset? Since { get; init; }

    /// <summary>When it is tried again.</summary>
    public DateTimeOffset? NextTry { get; init; }

    public string ToLine() => $"{Resource}: {Says}"
        + (Since is { } since ? $" (since {Writing.Composer.TextOf(since)})" : "") + (NextTry is { } next ? $" (next try {Writing.Composer.TextOf(next)})" : "");
}

/// <summary>Tells why a resource is as it is, beyond what its conditions say.</summary>
public delegate ValueTask<Explanation> Explainer(KindResource resource, CancellationToken ct);
