using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using Stateway.Model.Apis.Text;

namespace Stateway.Client.Calling;

/// <summary>The request that a command line makes of an operation: each value in the place that the document gives it.</summary>
/// <param name="Target">Path with query, below the API's base; percent-encoded.</param>
/// <param name="Body">Null for none.</param>
internal sealed record CallRequest(string Method, string Target, IReadOnlyList<(string Name, string Value)> Headers, byte[]? Body)
{
    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
    private static readonly string[] Places = ["path", "query", "header", "cookie"];

    /// <param name="values"><c>name=value</c>, or <c>query:name=value</c> where one name stands in several places.</param>
    /// <param name="fields"><c>Name: value</c>.</param>
    /// <returns>The request, or all that is wrong with the command line.</returns>
    public static (CallRequest? Request, Failure? Failure) Compose(CallOperation operation, IReadOnlyList<string> values, IReadOnlyList<string> fields, byte[]? body)
    {
        var given = new Dictionary<CallParameter, List<(string Name, string Value)>>();
        var headers = new List<(string Name, string Value)>();
        var wrong = new List<string>();
        foreach (string field in fields)
        {
            int colon = field.IndexOf(':');
            if (colon > 0 && field.AsSpan(0, colon).IndexOfAnyExcept(NameCharacters) < 0 && !field.Any(char.IsControl)) headers.Add((field[..colon], field[(colon + 1)..].Trim()));
            else wrong.Add($"'{PlainText.Short(field, 100)}' is no field; write 'Name: value'.");
        }

        foreach (string text in values)
        {
            int equals = text.IndexOf('=');
            if (equals <= 0) wrong.Add($"'{PlainText.Short(text, 100)}' is no parameter; write name=value.");
            else if (Find(operation, text[..equals], out string name) is not { } parameter) wrong.Add(Unknown(operation, text[..equals]));
            else if (!given.TryGetValue(parameter, out var list)) given[parameter] = [(name, text[(equals + 1)..])];
            else list.Add((name, text[(equals + 1)..]));
        }

        var missing = operation.Parameters.Where(parameter => parameter.IsRequired && !given.ContainsKey(parameter)
            && !(parameter.Place == "header" && headers.Any(header => parameter.IsNamed(header.Name))));
        wrong.AddRange(missing.Select(parameter => $"missing: {parameter.Line}"));
        if (body is null && operation.NeedsBody) wrong.Add($"missing: a body ({string.Join(" or ", operation.BodyTypes)}): -d TEXT, -d @FILE or -d -");
        if (wrong.Count > 0) return (null, new($"{operation.Id} can't be called so.", wrong));

        foreach (var (parameter, list) in given.Where(pair => pair.Key.Place == "header"))
            headers.Add((parameter.Name, string.Join(", ", list.Select(each => each.Value))));
        var cookies = given.Where(pair => pair.Key.Place == "cookie").SelectMany(pair => pair.Value).Select(each => $"{each.Name}={Uri.EscapeDataString(each.Value)}").ToArray();
        if (cookies.Length > 0) headers.Add(("Cookie", string.Join("; ", cookies)));
        if (body is not null && !headers.Exists(header => header.Name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)))
            headers.Add(("Content-Type", TypeFor(operation.BodyTypes, body)));

        string target = PathOf(operation.Path, given) + QueryOf(operation.Parameters, given);
        return (new(operation.Method, target, headers, body), null);
    }

    private static CallParameter? Find(CallOperation operation, string text, out string name)
    {
        name = text;
        if (operation.Parameters.FirstOrDefault(parameter => parameter.IsNamed(text)) is { } whole) return whole;

        int colon = text.IndexOf(':');
        if (colon > 0 && Places.Contains(text[..colon]))
        {
            string place = text[..colon], rest = text[(colon + 1)..];
            name = rest;
            return operation.Parameters.FirstOrDefault(parameter => parameter.Place == place && parameter.IsNamed(rest));
        }

        int bracket = text.IndexOf('[');
        return bracket > 0 && text.EndsWith(']') ? operation.Parameters.FirstOrDefault(parameter => parameter.IsDeep && parameter.Name == text[..bracket]) : null;
    }

    private static string Unknown(CallOperation operation, string name) =>
        $"'{PlainText.Short(name, 100)}' is no parameter of {operation.Id}.{NameHint.For(name, [.. operation.Parameters.Select(parameter => parameter.Name).Distinct()])}";

    private static string PathOf(string template, Dictionary<CallParameter, List<(string Name, string Value)>> given)
    {
        var path = new StringBuilder(template);
        foreach (var (parameter, list) in given)
        {
            if (parameter.Place == "path") path.Replace($"{{{parameter.Name}}}", string.Join(',', list.Select(each => Uri.EscapeDataString(each.Value))));
        }

        return path.ToString();
    }

    private static string QueryOf(ImmutableArray<CallParameter> parameters, Dictionary<CallParameter, List<(string Name, string Value)>> given)
    {
        var query = new StringBuilder();
        foreach (var parameter in parameters)
        {
            if (parameter.Place != "query" || !given.TryGetValue(parameter, out var list)) continue;

            if (parameter.IsExploded || parameter.IsDeep)
            {
                foreach (var (name, value) in list) Append(query, parameter.IsDeep ? name : parameter.Name, Uri.EscapeDataString(value));
                continue;
            }

            string between = parameter.Style switch { "spaceDelimited" => "%20", "pipeDelimited" => "%7C", _ => "," };
            Append(query, parameter.Name, string.Join(between, list.Select(each => Uri.EscapeDataString(each.Value))));
        }

        return query.ToString();
    }

    private static void Append(StringBuilder query, string name, string value) =>
        query.Append(query.Length == 0 ? '?' : '&').Append(Uri.EscapeDataString(name)).Append('=').Append(value);

    /// <summary>JSON where the operation takes it; of two kinds of patches the one that the body looks like.</summary>
    private static string TypeFor(ImmutableArray<string> types, byte[] body)
    {
        bool isList = body.AsSpan().TrimStart(" \t\r\n"u8) is [(byte)'[', ..];
        string[] wanted = isList ? ["application/json-patch+json", "application/json"] : ["application/merge-patch+json", "application/json"];
        return wanted.FirstOrDefault(types.Contains) ?? types.FirstOrDefault(type => type.EndsWith("json", StringComparison.Ordinal)) ?? types.FirstOrDefault() ?? "application/json";
    }
}
