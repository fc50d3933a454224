namespace Stateway.Stores;

/// <summary>A password on a command line is seen by every user of the machine, so it can come from the environment.</summary>
internal static class StorePassword
{
    public const string Variable = "STATEWAY_STORE_PASSWORD";

    /// <summary>Null when it is not set, or empty.</summary>
    public static string? OfEnvironment() => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } password ? password : null;
}
