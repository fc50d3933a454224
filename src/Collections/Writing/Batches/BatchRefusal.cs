using Stateway.Model.Problems;

namespace Stateway.Collections.Writing.Batches;

/// <summary>Makes the refusal of one request the refusal of its batch.</summary>
internal static class BatchRefusal
{
    public const string Taken = "A batch takes POST, PUT, PATCH and DELETE on stored collections of this API, and actions that set fields.";

    public static Problem Of(Problem problem, BatchItem item)
    {
        string name = item.Name is null ? "" : $" (\"{item.Name}\")";
        return problem with
        {
            Detail = $"Request {item.Index}{name}, {item.Method} {item.Path}: {problem.Detail ?? problem.Type.Title} Nothing of the batch was done.",
            Errors = problem.Errors.IsDefaultOrEmpty
                ? [new(problem.Type.Code, problem.Detail ?? problem.Type.Title) { Pointer = item.Pointer }]
                : [.. problem.Errors.Select(error => Place(error, item))],
            // Its other fields, such as the current ETag, are about the one request and not about the batch.
            Headers = [.. problem.Headers.Where(header => header.Key == "Retry-After")],
        };
    }

    public static Problem NotTaken(BatchItem item) => new(ProblemTypes.InvalidBatch, $"Request {item.Index}, {item.Method} {item.Path}, is none that a batch takes.")
    {
        Errors = [new("NOT_TAKEN", Taken) { Pointer = item.Pointer + "/path" }],
    };

    /// <summary>A batch has no parameters and header fields of its own: those of its requests are places in its body.</summary>
    private static ProblemError Place(ProblemError error, BatchItem item) => error with
    {
        Pointer = error switch
        {
            { Header: { } header } => $"{item.Pointer}/headers/{header}",
            { Parameter: not null } => item.Pointer + "/path",
            { Pointer: { } pointer } => $"{item.Pointer}/body{pointer}",
            _ => item.Pointer,
        },
        Header = null,
        Parameter = null,
    };
}
