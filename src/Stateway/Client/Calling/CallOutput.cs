using System.Globalization;
using System.Text;
using System.Text.Json;
using Stateway.Client.Files;
using Stateway.Commands;

namespace Stateway.Client.Calling;

/// <summary>Tells an answer: its content on standard output, all about it on standard error, so that the content can be piped on.</summary>
/// <param name="form">Null for a person's; json for the content alone; raw for its bytes as they came.</param>
/// <param name="allFields">Not only those of the header section that matter to a person.</param>
internal sealed class CallOutput(string? form, bool allFields)
{
    private const int FieldCharactersMax = 500;
    private static readonly JsonDocumentOptions JsonOptions = new() { MaxDepth = 128 };
    private static readonly string[] Fields =
    [
        "Content-Type", "ETag", "Last-Modified", "Location", "Link", "Allow", "Retry-After", "Cache-Control", "Age", "Vary", "Preference-Applied",
        "Stateway-Revision", "Idempotency-Replayed", "WWW-Authenticate", "Deprecation", "Sunset",
    ];

    /// <summary>Content without end is passed on as it comes.</summary>
    public static bool IsStream(HttpResponseMessage answer) =>
        answer.IsSuccessStatusCode && answer.Content.Headers.ContentType?.MediaType is "text/event-stream" or "application/x-ndjson";

    public void TellHead(HttpResponseMessage answer)
    {
        if (form is null || allFields) Console.Error.WriteLine($"{(int)answer.StatusCode} {PlainText.Short(answer.ReasonPhrase ?? "", FieldCharactersMax)}");
        foreach (var (name, values) in answer.Headers.NonValidated.Concat(answer.Content.Headers.NonValidated))
        {
            bool matters = form is null && Fields.Contains(name, StringComparer.OrdinalIgnoreCase);
            if (allFields || matters) Console.Error.WriteLine($"{name}: {PlainText.Short(string.Join(", ", values), FieldCharactersMax)}");
        }
    }

    public async Task TellContentAsync(HttpResponseMessage answer, byte[] content, CancellationToken ct)
    {
        string type = answer.Content.Headers.ContentType?.MediaType ?? "";
        if (content.Length == 0 || (form is null && type == "application/problem+json")) return; // a problem is told in words
        if (form is null) Console.Error.WriteLine();
        if (form != "raw" && (type == "application/json" || type.EndsWith("+json", StringComparison.Ordinal)) && TryParse(content, out var json))
        {
            Terminal.Say(ResourceText.IndentedJson(json.WriteTo));
        }
        else if (form is null && !Console.IsOutputRedirected)
        {
            Terminal.Say(content.Contains((byte)0) ? $"({content.Length} bytes of {PlainText.Short(type, FieldCharactersMax)}; -o raw writes them)" : Lines(content));
        }
        else
        {
            await using var output = Console.OpenStandardOutput();
            await output.WriteAsync(content, ct);
        }
    }

    public static async Task PassOnAsync(HttpResponseMessage answer, CancellationToken ct)
    {
        await using var output = Console.OpenStandardOutput();
        await using var content = await answer.Content.ReadAsStreamAsync(ct);
        await content.CopyToAsync(output, ct);
    }

    /// <param name="took">From the request's first byte to the end of the answer's header section, seen from here.</param>
    /// <param name="isSigned">The server was asked for its steps.</param>
    public void TellSteps(HttpResponseMessage answer, TimeSpan took, bool isSigned)
    {
        if (form is not null) return;

        // What a service behind the API tells of its own stands before it.
        var steps = answer.Headers.NonValidated.TryGetValues("Server-Timing", out var fields) ? ServerTiming.Read(fields.Last()) : [];
        Console.Error.WriteLine();
        foreach (var step in steps)
        {
            if (step.Milliseconds is { } time) Console.Error.WriteLine(Line(step.Name, time, step.Description));
        }

        Console.Error.WriteLine(Line("client", took.TotalMilliseconds, "from here to the answer's beginning"));
        string words = string.Join(", ", steps.Where(step => step.Milliseconds is null).Select(step => $"{step.Name} {step.Description}"));
        if (words.Length > 0) Console.Error.WriteLine(words);
        else if (!isSigned) Console.Error.WriteLine("The server tells its steps to who has the administrator's key: STATEWAY_KEY, --key-file or a context.");
    }

    private static string Line(string name, double milliseconds, string description) =>
        string.Create(CultureInfo.InvariantCulture, $"{name,-10}{milliseconds,10:0.000} ms   {description}").TrimEnd();

    /// <summary>Text, fit for a terminal.</summary>
    private static string Lines(byte[] content) => string.Join('\n', Encoding.UTF8.GetString(content).TrimEnd().Split('\n').Select(line => PlainText.Of(line.Replace('\t', ' '))));

    private static bool TryParse(byte[] content, out JsonElement json)
    {
        try
        {
            json = JsonElement.Parse(content, JsonOptions);
            return true;
        }
        catch (JsonException)
        {
            json = default;
            return false;
        }
    }
}
