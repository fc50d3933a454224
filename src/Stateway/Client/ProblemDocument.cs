using System.Text.Json;

namespace Stateway.Client;

/// <summary>A refusal as it came (RFC 9457). An answer that is no problem document becomes one of its status alone.</summary>
/// <param name="Code">Empty when the server gave none.</param>
/// <param name="Detail">Empty when there is none.</param>
internal sealed record ProblemDocument(int Status, string Code, string Title, string Detail, IReadOnlyList<ProblemDocument.Error> Errors)
{
    private const int ErrorsMax = 100;
    private const int DetailCharactersMax = 2_000;

    /// <summary>One of the three places is set, or none.</summary>
    internal sealed record Error(string Code, string Detail, string? Pointer, string? Parameter, string? Header);

    public static ProblemDocument Read(int status, string reason, ReadOnlyMemory<byte> content)
    {
        try
        {
            using var document = JsonDocument.Parse(content);
            if (document.RootElement is { ValueKind: JsonValueKind.Object } root)
                return new(status, Text(root, "code"), Text(root, "title") is { Length: > 0 } title ? title : $"{status} {reason}", Text(root, "detail"), ErrorsOf(root));
        }
        catch (JsonException)
        {
            // An answer of something in between, such as a proxy's page.
        }

        return new(status, "", PlainText.Of($"The server answered {status} {reason}."), "", []);
    }

    /// <summary>What is wrong, in one line.</summary>
    public string Line => Detail.Length == 0 ? Title : $"{Title} {Detail}";

    private static List<Error> ErrorsOf(JsonElement root)
    {
        var errors = new List<Error>();
        if (!root.TryGetProperty("errors", out var list) || list.ValueKind != JsonValueKind.Array) return errors;

        foreach (var error in list.EnumerateArray().Take(ErrorsMax))
        {
            if (error.ValueKind == JsonValueKind.Object)
                errors.Add(new(Text(error, "code"), Text(error, "detail"), Find(error, "pointer"), Find(error, "parameter"), Find(error, "header")));
        }

        return errors;
    }

    private static string Text(JsonElement element, string name) => Find(element, name) ?? "";

    private static string? Find(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? PlainText.Short(value.GetString()!, DetailCharactersMax) : null;
}
