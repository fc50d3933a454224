using System.Collections.Immutable;
using System.Globalization;
using Stateway.Gateway.Content;
using Stateway.Gateway.Content.Negotiation;
using Stateway.Model.Apis;
using Stateway.Model.Problems;

namespace Stateway.Gateway.Targets;

/// <summary>
/// Answers with an example of the document, in the media type that the client prefers. <c>Prefer: example=NAME</c> and
/// <c>Prefer: status=404</c> choose another of the document's examples.
/// </summary>
public sealed class MockTarget(TargetSpec.Mock spec) : ITarget
{
    public string TraceName => "mock";

    public ValueTask<Problem?> AnswerAsync(Exchange exchange)
    {
        var answer = Choose(exchange, Asked(exchange));
        var response = exchange.Response;
        response.StatusCode = answer.Status;
        foreach (var (name, value) in answer.Headers) response.Headers[name] = value;
        response.Headers.Vary = "Accept, Prefer";
        if (answer.MediaType is null || answer.Status is 204 or 205 or 304) return default; // those have no content (RFC 9110, section 6.4.1)

        return Answering.WriteAsync(exchange, answer.MediaType, answer.Body);
    }

    private ImmutableArray<MockAnswer> Asked(Exchange exchange)
    {
        var prefer = exchange.Request.Headers["Prefer"];
        if (prefer.Count == 0) return spec.Answers;

        foreach (string preference in prefer.ToString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var asked = preference.Split('=', 2) switch
            {
                ["example", var name] => spec.Alternatives.Where(a => a.Example == name.Trim('"')),
                ["status", var status] => spec.Alternatives.Where(a => a.Status.ToString(CultureInfo.InvariantCulture) == status.Trim('"')),
                _ => [],
            };
            var answers = asked.ToImmutableArray();
            if (answers.IsEmpty) continue;

            exchange.Response.Headers["Preference-Applied"] = preference;
            return answers;
        }

        return spec.Answers;
    }

    private static MockAnswer Choose(Exchange exchange, ImmutableArray<MockAnswer> answers)
    {
        if (answers.Length == 1) return answers[0];

        var format = AcceptField.Choose(exchange.Request.Headers.Accept).Format;
        foreach (var answer in answers)
        {
            if (ContentType.Parse(answer.MediaType).Format == format) return answer;
        }

        return answers[0]; // an example that the client did not ask for tells more than a refusal
    }
}
