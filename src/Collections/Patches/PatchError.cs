namespace Stateway.Collections.Patches;

/// <summary>Why a patch can't be applied.</summary>
/// <param name="Pointer">JSON pointer into the patch; empty for all of it.</param>
/// <param name="Detail">What is wrong and what would be right.</param>
public sealed record PatchError(PatchFailure Failure, string Pointer, string Detail);

public enum PatchFailure : byte
{
    /// <summary>Not JSON, not UTF-8, a name twice, or nested too deep.</summary>
    Malformed,

    /// <summary>JSON, but no patch: an unknown operation, a member missing, a pointer that is none.</summary>
    Invalid,

    /// <summary>A <c>test</c> did not hold: the resource is not what the caller thinks.</summary>
    TestFailed,

    /// <summary>The place that an operation names is not there.</summary>
    PathNotFound,

    /// <summary>The result, or what is copied on the way, is larger than the limit.</summary>
    TooLarge,

    /// <summary>The result is nested deeper than <see cref="PatchText.DepthMax"/>.</summary>
    TooDeep,
}
