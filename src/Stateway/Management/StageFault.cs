namespace Stateway.Management;

/// <summary>Why a stage is not served.</summary>
/// <param name="Path">Of the stage: <c>shop/live</c>.</param>
/// <param name="Reason">One word, for programs.</param>
/// <param name="Message">As an operator would want to read it.</param>
internal sealed record StageFault(string Path, string Reason, string Message)
{
    /// <summary>Of a variable.</summary>
    public const string NoSuchValue = "NoSuchValue";

    public const string NoSuchDeployment = "NoSuchDeployment";
    public const string NoSuchCollection = "NoSuchCollection";
    public const string DoesNotCompile = "DoesNotCompile";
    /// <summary>It is served, but for what the message says.</summary>
    public const string ServedInPart = "ServedInPart";

    public const string Clash = "Clash";
}
