namespace Stateway.Client;

/// <summary>Turns refusals into lines, each error with its place.</summary>
internal static class ProblemText
{
    /// <param name="doing">Such as <c>PUT apis/shop</c>; empty when the problem says it itself.</param>
    /// <param name="placeOf">Where a pointer stands in a file, as <c>file:line:column</c>; null when that isn't known.</param>
    public static Failure Of(ProblemDocument problem, string doing, Func<string, string?>? placeOf = null)
    {
        string what = doing.Length == 0 ? problem.Line : $"{doing}: {problem.Line}";
        if (problem.Status == 401) what += " Give the administrator's key by STATEWAY_KEY, --key-file or a context.";
        return new(what, [.. problem.Errors.Select(error => Line(error, placeOf))]);
    }

    private static string Line(ProblemDocument.Error error, Func<string, string?>? placeOf)
    {
        string detail = error.Detail.Length == 0 ? error.Code : error.Detail;
        return error switch
        {
            { Pointer: { } pointer } when placeOf?.Invoke(pointer) is { } place => $"{place}: {detail}",
            { Pointer: { Length: > 0 } pointer } => $"{pointer}: {detail}",
            { Parameter: { } parameter } => $"{parameter}: {detail}",
            { Header: { } header } => $"{header}: {detail}",
            _ => detail,
        };
    }
}
