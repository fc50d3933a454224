using Stateway.Model.Problems;

namespace Stateway.Gateway.Targets;

/// <summary>What answers an operation: a collection, an existing HTTP service, a mock.</summary>
public interface ITarget
{
    /// <summary>What a trace calls it.</summary>
    string TraceName => "gateway";

    /// <summary>Answers one request.</summary>
    /// <returns>Null when the response has been written or has at least begun; otherwise nothing was written.</returns>
    ValueTask<Problem?> AnswerAsync(Exchange exchange);
}
