using Stateway.Gateway.Content;
using Stateway.Model.Apis;
using Stateway.Model.Problems;

namespace Stateway.Gateway.Targets;

/// <summary>Answers with an example of the document, in the media type that the client prefers.</summary>
public sealed class MockTarget(TargetSpec.Mock spec) : ITarget
{
    public ValueTask<Problem?> AnswerAsync(Exchange exchange)
    {
        var types = spec.Answers.Where(a => a.MediaType is not null).Select(a => a.MediaType!).ToArray();
        int chosen = types.Length == 0 ? 0 : Negotiation.Best(exchange.Request.Headers.Accept, types);
        if (chosen < 0) return new(new Problem(ProblemTypes.NotAcceptable, $"There is {string.Join(", ", types)}."));

        var answer = spec.Answers[chosen];
        exchange.Response.StatusCode = answer.Status;
        foreach (var (name, value) in answer.Headers) exchange.Response.Headers[name] = value;
        if (answer.MediaType is null) return default;
        if (types.Length > 1) exchange.Response.Headers.Vary = "Accept";
        return Answering.WriteAsync(exchange, answer.MediaType, answer.Body);
    }
}
