using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Stateway.Gateway;
using Stateway.Gateway.Content;
using Stateway.Gateway.Mirrors;
using Stateway.Gateway.Targets;
using Stateway.Model.Problems;

namespace Stateway.Management;

/// <summary>Tells what the mirror of a stage has found on this node.</summary>
/// <param name="find">By the stage's path; null when it has no mirror.</param>
internal sealed class DifferencesTarget(Func<string, MirrorTap?> find) : ITarget
{
    /// <summary>Of the operation in <c>kinds.yaml</c>.</summary>
    public const string OperationId = "getStageDifferences";

    public ValueTask<Problem?> AnswerAsync(Exchange exchange)
    {
        string path = string.Join('/', exchange.Match.ParameterValues);
        if (find(path) is not { } mirror) return new(new Problem(ProblemTypes.NotFound, $"The stage {path} has no mirror in force."));

        var content = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(content, JsonOptions.Readable)) Write(json, mirror);
        exchange.Response.Headers.CacheControl = "no-store";
        return Answering.WriteAsync(exchange, "application/json", content.WrittenMemory);
    }

    private static void Write(Utf8JsonWriter json, MirrorTap mirror)
    {
        var findings = mirror.Report.Read();
        json.WriteStartObject();
        json.WriteString("deployment", mirror.Deployment);
        json.WriteNumber("alike", findings.Alike);
        json.WriteNumber("different", findings.Different);
        json.WriteNumber("unanswered", findings.Unanswered);
        json.WriteNumber("left_out", findings.LeftOut);
        json.WriteStartArray("places");
        foreach (var place in findings.Places)
        {
            json.WriteStartObject();
            json.WriteString("operation", place.OperationId);
            json.WriteString("place", place.Place);
            json.WriteNumber("count", place.Count);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("examples");
        foreach (var example in findings.Examples)
        {
            json.WriteStartObject();
            json.WriteString("time", example.Time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            json.WriteString("operation", example.OperationId);
            json.WriteString("method", example.Method);
            json.WriteString("target", example.Target);
            json.WriteStartArray("differences");
            foreach (var difference in example.Differences)
            {
                json.WriteStartObject();
                json.WriteString("place", difference.Place);
                json.WriteString("base", difference.Base);
                json.WriteString("mirror", difference.Mirror);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
