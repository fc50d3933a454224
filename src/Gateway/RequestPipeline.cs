using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Stateway.Gateway.Admission;
using Stateway.Gateway.Content;
using Stateway.Gateway.Cors;
using Stateway.Gateway.Routing;
using Stateway.Gateway.Serving;
using Stateway.Gateway.Serving.Tls;
using Stateway.Gateway.Tracing;
using Stateway.Model.Problems;

namespace Stateway.Gateway;

/// <summary>
/// Carries one request through the gateway: match, mark, validate, answer. The first step that returns a
/// <see cref="Problem"/> ends the request, and it is written in one place. No step reads the store; all of them read
/// one immutable <see cref="RoutingTable"/>.
/// </summary>
/// <param name="key">Asked for before anything else; null where everybody may call.</param>
/// <param name="traces">Tells whose requests are timed; null for nobody's.</param>
public sealed partial class RequestPipeline(RoutingTables tables, GatewayLimits limits, TimeProvider time, ILogger logger, AccessKey? key = null, TraceKey? traces = null)
{
    public async Task HandleAsync(HttpContext http)
    {
        var exchange = new Exchange(http, time);
        Problem? problem;
        try
        {
            problem = await RunAsync(exchange);
        }
        catch (BadHttpRequestException e)
        {
            problem = OfServer(e);
        }
        catch (Exception) when (http.RequestAborted.IsCancellationRequested)
        {
            exchange.Visit?.End(problem: null, isClientGone: true, logger);
            return; // the client went away; nobody waits for an answer
        }
        catch (IOException e) when (RequestFraming.IsBadChunkSize(e))
        {
            problem = new(ProblemTypes.MalformedRequest, e.Message);
        }
        catch (Exception e)
        {
            Log.Failed(logger, e, http.Request.Method, ShownPath(http), exchange.RequestId);
            problem = new(ProblemTypes.Internal, $"The request's id is {exchange.RequestId}.");
        }

        if (problem is not null) await FinishAsync(exchange, problem);
        exchange.Visit?.End(problem, isClientGone: false, logger);
    }

    /// <returns>Null when the response has been written.</returns>
    private ValueTask<Problem?> RunAsync(Exchange exchange)
    {
        if (key is not null)
        {
            if (key.Refuses(exchange.Request) is { } unknown) return new(unknown);
            exchange.Caller = key.Holder;
        }

        // 1. Match. The table is taken once, so that a change of configuration is never seen half way through a request.
        var table = tables.Current;
        if (table.Hosts is { } hosts && hosts.Find(exchange.Client.Host) is { } host)
        {
            exchange.Host = host;
            table = host.Table;
        }

        var refused = Match(exchange, table);

        // 2. Mark: a preflight of another origin's page ends here; whatever answers the request is marked for that page, with
        // the operation's own end, which may have come, with the steps' times, and with what its stage has to say, which may have no room for it.
        if (AnswersPreflight(exchange, table, refused)) return default;
        var lifecycle = exchange.Operation?.Lifecycle;
        var stage = exchange.Operation is { } operation ? operation.Stage : table.StageAt(PathOf(exchange));
        if (stage is not null) exchange.Visit = new(exchange, stage, time);
        if (exchange.Cors is not null || lifecycle is not null || stage is not null || exchange.Trace is not null || exchange.Host?.StrictTransportSecurity is not null)
            exchange.Response.OnStarting(MarkAnswer, exchange);
        if (exchange.Visit?.Refuse() is { } throttled) return new(throttled);
        if (refused is not null) return new(refused);
        if (lifecycle?.Refuse(time) is { } retired) return new(retired);
        exchange.Visit?.Watch();

        // 3. Validate
        if (exchange.Operation!.Validation is { } validation) return ValidateAndAnswerAsync(exchange, validation);

        // 4. Answer
        exchange.Trace?.Enter(TraceStep.Target);
        return exchange.Operation.Target.AnswerAsync(exchange);
    }

    private async ValueTask<Problem?> ValidateAndAnswerAsync(Exchange exchange, Validation.RequestValidation validation)
    {
        exchange.Trace?.Enter(TraceStep.Validate);
        if (await validation.CheckAsync(exchange, limits) is { } invalid) return invalid;

        exchange.Trace?.Enter(TraceStep.Target);
        return await exchange.Operation.Target.AnswerAsync(exchange);
    }

    /// <summary>Also where there is no such path: the refusal of the request itself is for the page to read.</summary>
    private static bool AnswersPreflight(Exchange exchange, RoutingTable table, Problem? refused)
    {
        var request = exchange.Request;
        if (CorsPolicy.IsPreflight(request) && (refused is null || refused.Type == ProblemTypes.NotFound))
        {
            if (table.CorsAt(request.Headers.AccessControlRequestMethod.ToString(), PathOf(exchange), out string? allow) is not { } policy) return false;

            exchange.Response.Clear(); // an Allow that the first step may have set
            policy.AnswerPreflight(request, exchange.Response, allow);
            return true;
        }

        var operation = exchange.Operation;
        exchange.Cors = operation is null || operation == Operation.Options || operation == Operation.ToHttps ? table.CorsAt(request.Method, PathOf(exchange), out _) : operation.Cors;
        return false;
    }

    /// <summary>At the last moment, over whatever has been written into the header section until then.</summary>
    private static Task MarkAnswer(object state)
    {
        var exchange = (Exchange)state;
        exchange.Cors?.Mark(exchange.Request, exchange.Response.Headers);
        exchange.Operation?.Lifecycle?.Mark(exchange.Response.Headers);
        exchange.Visit?.Mark();
        exchange.Trace?.Mark(exchange.Response.Headers, exchange.Operation);
        if (exchange.Host?.StrictTransportSecurity is { } strict && exchange.Client.Scheme == Uri.UriSchemeHttps) exchange.Response.Headers.StrictTransportSecurity = strict;
        return Task.CompletedTask;
    }

    private Problem? Match(Exchange exchange, RoutingTable table)
    {
        var request = exchange.Request;
        string target = exchange.Http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (target.Length > limits.UrlLengthMax)
            return new(ProblemTypes.UriTooLong, $"The URL has {target.Length} characters; the limit is {limits.UrlLengthMax}.");
        if (RequestFraming.Refuse(request) is { } twoWays) return twoWays;
        if (HeadersTooLarge(request.Headers, limits.HeadersBytesMax, out string? trace))
            return new(ProblemTypes.HeadersTooLarge, $"The limit is {limits.HeadersBytesMax} bytes.");
        if (trace is not null && traces?.Allows(request.Method, target, trace, time.GetUtcNow()) is true) exchange.Trace = new(time);

        if (target == "*") // the server lets only OPTIONS ask about itself (RFC 9110, section 9.3.7)
        {
            exchange.Operation = Operation.Options;
            return null;
        }

        if (exchange.Host is { } host)
        {
            if (host.IsHttpsOnly && exchange.Client.Scheme == Uri.UriSchemeHttp)
            {
                exchange.Operation = Operation.ToHttps;
                return null;
            }

            if (host.NeedsClientCertificate && !Certificates.HasClientCertificate(exchange.Http))
                return new(ProblemTypes.MisdirectedRequest, "This host asks for a client certificate, which only a connection over TLS to this server can have.");
        }

        var result = table.Find(exchange.Http, PathOf(target), out var operation, out var match, out string? allow);
        switch (result)
        {
            case RoutingResult.Found:
                exchange.Operation = operation!;
                exchange.Match = match;
                return null;

            case RoutingResult.MethodNotAllowed when request.Method == "OPTIONS":
                exchange.Operation = Operation.Options;
                exchange.Response.Headers.Allow = allow;
                return null;

            case RoutingResult.MethodNotAllowed:
                return new Problem(ProblemTypes.MethodNotAllowed, $"{request.Method} does not apply here; {allow} do.").With("Allow", allow!);

            case RoutingResult.MalformedPath:
                return new(ProblemTypes.MalformedRequest, "A path begins with /, and has no dot segment, NUL or broken percent-encoding.");

            default:
                return new(ProblemTypes.NotFound, "No operation has this path.");
        }
    }

    /// <summary>The path of a request target in origin form or absolute form (RFC 9112, section 3.2), as it came.</summary>
    private static ReadOnlySpan<char> PathOf(string target)
    {
        // The query goes first: what looks like an authority or a path in it is neither.
        var path = target.AsSpan();
        int query = path.IndexOf('?');
        if (query >= 0) path = path[..query];
        if (path.IsEmpty || path[0] != '/')
        {
            int authority = path.IndexOf("://");
            if (authority < 0) return path;
            path = path[(authority + 3)..];
            int slash = path.IndexOf('/');
            path = slash < 0 ? "/" : path[slash..];
        }

        return path;
    }

    private static ReadOnlySpan<char> PathOf(Exchange exchange) => PathOf(exchange.Http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);

    /// <summary>For the log: as it came, percent-encoded, so that no line break of a client's comes into it.</summary>
    internal static string ShownPath(HttpContext http)
    {
        var path = PathOf(http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
        return string.Create(path.Length, path, static (shown, path) =>
        {
            for (int i = 0; i < path.Length; i++) shown[i] = char.IsControl(path[i]) ? '?' : path[i];
        });
    }

    /// <param name="trace">Found on the way, because to look it up would cost every request; null when there is none.</param>
    private static bool HeadersTooLarge(IHeaderDictionary headers, int bytesMax, out string? trace)
    {
        int bytes = 0;
        trace = null;
        foreach (var (name, values) in headers)
        {
            if (name.Length == TraceKey.Field.Length && name.Equals(TraceKey.Field, StringComparison.OrdinalIgnoreCase)) trace = values.Count == 1 ? values[0] : null;
            foreach (string? value in values) bytes += name.Length + (value?.Length ?? 0) + 4;
        }

        return bytes > bytesMax;
    }

    private async Task FinishAsync(Exchange exchange, Problem problem)
    {
        if (problem.Cause is { } cause) Log.Refused(logger, exchange.Request.Method, ShownPath(exchange.Http), problem.Type.Status, cause, exchange.RequestId);

        if (exchange.Response.HasStarted)
        {
            exchange.Http.Abort(); // an answer cut short must not look complete
            return;
        }

        await ProblemWriter.WriteAsync(exchange, problem);
    }

    /// <summary>What the server found wrong while the body was read.</summary>
    private Problem OfServer(BadHttpRequestException e) => e.StatusCode switch
    {
        StatusCodes.Status413PayloadTooLarge => new(ProblemTypes.BodyTooLarge, $"The limit is {limits.BodyBytesMax} bytes."),
        StatusCodes.Status408RequestTimeout => new(ProblemTypes.RequestTimeout),
        _ => new Problem(ProblemTypes.MalformedRequest, e.Message),
    };

    private static partial class Log
    {
        [LoggerMessage(1001, LogLevel.Error, "{Method} {Path} failed. Request {RequestId}.")]
        public static partial void Failed(ILogger logger, Exception e, string method, string path, string requestId);

        [LoggerMessage(1002, LogLevel.Warning, "{Method} {Path} was answered with {Status}: {Cause} Request {RequestId}.")]
        public static partial void Refused(ILogger logger, string method, string path, int status, string cause, string requestId);
    }
}
