using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Stateway.Client.Plans;

/// <summary>Makes a plan's changes in one step, guarded by the tags that the resources had when it was made.</summary>
internal static class PlanBatch
{
    /// <summary>What became of it: the store's revision (empty after a try), or why nothing was done.</summary>
    public readonly record struct Outcome(string? Revision, IReadOnlyList<Failure> Failures);

    /// <param name="isTry">The server checks everything and writes nothing.</param>
    public static async Task<Outcome> SendAsync(Session session, Plan plan, bool isTry, CancellationToken ct)
    {
        if (plan.Writes.Count > session.Kinds.BatchMax)
        {
            return Refused(new Failure(string.Create(CultureInfo.InvariantCulture,
                $"The plan has {plan.Writes.Count:N0} changes, and the server makes at most {session.Kinds.BatchMax:N0} in one step. Apply fewer files at once.")));
        }

        // The key makes a repeated batch one batch, should the connection break before the answer comes.
        var reply = await session.Api.SendAsync(new(HttpMethod.Post, "/_/batch")
        {
            Body = ToJson(plan.Writes),
            Headers = isTry ? [("Prefer", "validate-only")] : [("Idempotency-Key", Guid.NewGuid().ToString("N"))],
        }, ct);
        if (reply is Reply.Good { Body: var body }) return new(Session.Text(body, "revision") ?? "", []);

        var failure = reply.ToFailure("", pointer => PlaceOf(plan, pointer));
        var step = reply is Reply.Refused { Problem: var problem } ? StepOf(plan, problem) : null;
        if (step is not null && reply is Reply.Refused { Problem.Status: 412 })
            return Refused(new Failure($"{await LastChange.OfAsync(session, step.Name, ct)} That was after this plan was made, so nothing was done; apply again."));

        // A batch is refused for the first thing that is wrong; the others are known from their own tries.
        var wrong = plan.Writes.Where(each => each.Wrong is not null).ToArray();
        return step is null || !wrong.Contains(step) ? Refused([failure, .. wrong.Select(each => each.Wrong!)]) : Refused([.. wrong.Select(each => each.Wrong!)]);
    }

    private static Outcome Refused(params IReadOnlyList<Failure> failures) => new(null, failures);

    private static ReadOnlyMemory<byte> ToJson(IReadOnlyList<PlanStep> steps)
    {
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json, new() { MaxDepth = 256 }))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("requests");
            foreach (var step in steps) Write(writer, step);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return json.WrittenMemory;
    }

    private static void Write(Utf8JsonWriter writer, PlanStep step)
    {
        // A kind whose resources can't be replaced is created by POST.
        bool isPost = step is { Verb: PlanVerb.Create, Name.Kind.CanReplace: false };
        writer.WriteStartObject();
        writer.WriteString("method", step.Verb == PlanVerb.Delete ? "DELETE" : isPost ? "POST" : "PUT");
        writer.WriteString("path", isPost ? $"{step.Name.CollectionPath}?id={step.Name.Id}" : step.Name.Path);
        writer.WriteStartObject("headers");
        if (step.ETag is { } etag) writer.WriteString("If-Match", etag);
        else if (!isPost) writer.WriteString("If-None-Match", "*");
        writer.WriteEndObject();
        if (step.Source is { } source)
        {
            writer.WritePropertyName("body");
            WriteLiterally(writer, source.Body);
        }

        writer.WriteEndObject();
    }

    /// <summary>In a batch <c>${NAME.id}</c> means another request's id; here every text means itself.</summary>
    private static void WriteLiterally(Utf8JsonWriter writer, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in value.EnumerateObject())
                {
                    writer.WritePropertyName(member.Name);
                    WriteLiterally(writer, member.Value);
                }

                writer.WriteEndObject();
                break;

            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray()) WriteLiterally(writer, item);
                writer.WriteEndArray();
                break;

            case JsonValueKind.String: writer.WriteStringValue(value.GetString()!.Replace("${", "$${", StringComparison.Ordinal)); break;
            default: writer.WriteRawValue(value.GetRawText(), skipInputValidation: true); break;
        }
    }

    /// <summary><c>/requests/3/body/title</c> → where the fourth step's title stands in its file.</summary>
    private static string? PlaceOf(Plan plan, string pointer)
    {
        if (Split(plan, pointer) is not var (step, rest)) return null;
        if (step.Source is not { } source) return step.Name.Text;

        string below = rest.StartsWith("/body", StringComparison.Ordinal) ? rest["/body".Length..] : "/id";
        return $"{source.PlaceOf(below)}: {step.Name}{(below == "/id" ? "" : below)}";
    }

    private static PlanStep? StepOf(Plan plan, ProblemDocument problem) =>
        problem.Errors.Select(error => error.Pointer is { } pointer ? Split(plan, pointer)?.Step : null).FirstOrDefault(step => step is not null);

    private static (PlanStep Step, string Below)? Split(Plan plan, string pointer)
    {
        string[] parts = pointer.Split('/', 4);
        return parts is ["", "requests", var number, ..] && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int i) && i < plan.Writes.Count
            ? (plan.Writes[i], parts.Length == 4 ? "/" + parts[3] : "") : null;
    }
}
