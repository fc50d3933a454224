namespace Stateway.Collections.Kinds;

/// <summary>One thing about a resource that is so, is not, or is not known, and why.</summary>
/// <param name="Type">What it is about, such as <c>ready</c>; unique in the resource.</param>
/// <param name="Holds">Null when it is not known.</param>
/// <param name="Reason">One word, for programs: <c>NoSuchDeployment</c>.</param>
/// <param name="Message">A sentence, for people; cut off behind <see cref="MessageLengthMax"/> characters.</param>
public sealed record KindCondition(string Type, bool? Holds, string Reason, string Message)
{
    public const int MessageLengthMax = 1024;

    /// <summary>Since when <see cref="Holds"/> is what it is. The store sets it: what a controller says of it is not looked at.</summary>
    public DateTimeOffset LastTransitionTime { get; init; }
}
