namespace Stateway.Controllers;

/// <summary>A path that can't be reconciled at present.</summary>
/// <param name="Attempts">Failures in a row.</param>
/// <param name="RetryIn">Zero or less: at any moment.</param>
internal readonly record struct Failing(int Attempts, string Error, TimeSpan RetryIn);
