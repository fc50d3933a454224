namespace Stateway.Model.Apis.Operations;

/// <summary>The template of a path: <c>/orders/{order_id}/items</c>. A parameter is a whole segment; the last may take the rest of the path.</summary>
internal static class PathTemplate
{
    private const int LengthMax = 2000;

    /// <summary>Names of the parameters, in order; <c>{rest+}</c> is named <c>rest</c>.</summary>
    public static List<string> Names(string path)
    {
        var names = new List<string>();
        foreach (string segment in path.Split('/'))
        {
            if (IsParameter(segment)) names.Add(segment[1..^1].TrimEnd('+'));
        }

        return names;
    }

    /// <summary>The path with its parameters' names left out: two that are equal match the same requests.</summary>
    public static string Normal(string path) =>
        string.Join('/', path.Split('/').Select(segment => !IsParameter(segment) ? segment : IsRest(segment) ? "{+}" : "{}"));

    /// <summary>As OpenAPI writes it: <c>{rest+}</c> is <c>{rest}</c>.</summary>
    public static string Plain(string path) => path.EndsWith("+}", StringComparison.Ordinal) ? path[..^2] + "}" : path;

    /// <returns>What is wrong with the template; null when nothing is.</returns>
    public static string? Wrong(string path)
    {
        if (path.Length > LengthMax) return $"The path is longer than {LengthMax} characters.";
        if (path.AsSpan().IndexOfAny('?', '#') >= 0) return "A path has no '?' and no '#'; declare query parameters under parameters.";

        string[] segments = path[1..].Split('/');
        var names = new HashSet<string>();
        for (int i = 0; i < segments.Length; i++)
        {
            string segment = segments[i];
            bool isLast = i == segments.Length - 1;
            if (segment.Length == 0 && !isLast) return "The path has an empty segment ('//').";
            if (segment is "." or "..") return "'.' and '..' can't be segments of a path: clients resolve them.";
            if (segment.AsSpan().IndexOfAny('{', '}') < 0) continue;

            if (!IsParameter(segment)) return $"'{segment}': a parameter is a whole segment, as in /{{name}}/.";
            if (IsRest(segment) && !isLast) return $"'{segment}': only the last segment can take the rest of the path.";
            if (!names.Add(segment[1..^1].TrimEnd('+'))) return $"The path names the parameter {segment} twice.";
        }

        return null;
    }

    private static bool IsParameter(string segment) =>
        segment.Length > 2 && segment[0] == '{' && segment[^1] == '}' && segment.AsSpan(1, segment.Length - 2).IndexOfAny('{', '}') < 0;

    private static bool IsRest(string segment) => segment.EndsWith("+}", StringComparison.Ordinal);
}
