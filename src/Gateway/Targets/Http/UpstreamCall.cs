using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;
using Stateway.Gateway.Serving;
using Stateway.Model.Problems;

namespace Stateway.Gateway.Targets.Http;

/// <summary>One request on its way to a service, and the answer on its way back.</summary>
internal sealed partial class UpstreamCall(HttpTarget target, Exchange exchange)
{
    // An API may lead through another on this server, and that one through a third; not in circles.
    private const int RoundsMax = 8;

    // A body that is here already and this small goes out in one write with its header section.
    private const int RidingBodyBytesMax = 8 * 1024;

    private readonly HttpContext _http = exchange.Http;
    private readonly HttpTargetOptions _limits = target.Pools.Limits;
    private readonly long _started = target.Time.GetTimestamp();

    private RequestShape _shape;
    private RequestBodyPump? _pump;
    private Problem? _bodyProblem;
    private bool _bodyRides;
    private bool _isSent;
    private bool _isReusable;

    /// <returns>Null when the answer has at least begun, or nobody is left to answer.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Problem?> RunAsync()
    {
        if (GoesInCircles())
            return new(ProblemTypes.LoopDetected) { Cause = $"{target.Origin}: requests to it come back to this server." };

        using var head = new ByteWriter();

        // 1. The request's header section, once for every attempt.
        if (target.Composer.Write(_http, exchange.Client, exchange.Match, head, out _shape) is { } parameter) return DotSegment(parameter);
        if (RefuseLength() is { } tooLarge) return tooLarge;

        for (bool isRetry = false; ; isRetry = true)
        {
            // 2. A connection.
            var rental = await target.RentAsync(isRetry, _started, _http.RequestAborted);
            if (rental.Connection is not { } connection) return Answer(rental.Fault!);

            // 3. The exchange on it. The client's going cuts it at any moment.
            UpstreamFault? fault;
            connection.Deadline.Set(_started, target.Spec.Timeout);
            var clientGone = _http.RequestAborted.UnsafeRegister(
                static state => ((UpstreamConnection)state!).Abort(AbortReason.ClientGone), connection);
            try
            {
                fault = await TalkAsync(connection, head);
            }
            finally
            {
                if (_pump is not null) await _pump.StopAsync();
                clientGone.Dispose(); // waits for it when it is running
                bool inTime = connection.Deadline.TryClear();
                connection.Pool.Return(connection, _isReusable && inTime && connection.AbortReason == AbortReason.None);
            }

            if (fault is null) return null;

            // 4. Once more, when the service has closed an old connection just before this request came to it.
            if (isRetry || !MayRetry(connection, fault)) return Answer(fault);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<UpstreamFault?> TalkAsync(UpstreamConnection connection, ByteWriter head)
    {
        // 1. The header section, with the body if it is small and here.
        bool hasBody = _shape.Body != Framing.None && !_bodyRides;
        if (hasBody && !_shape.ExpectsContinue)
        {
            hasBody = !TryTakeBody(head);
            if (_bodyProblem is not null) return BodyRefused;
        }

        if (!await connection.WriteAsync(head.Written)) return Fault(connection);
        _isSent = true;

        // 2. The body, while the answer may come. One that the client only offers waits for the service's word.
        bool isOffered = hasBody && _shape.ExpectsContinue;
        if (hasBody && !isOffered) StartPump(connection);

        // 3. Header sections until the final one.
        var answer = connection.Head;
        for (int interims = 0; ; interims++)
        {
            if (await ReadHeadAsync(connection, isOffered) is { } fault) return fault;
            if (answer.Status >= 200) break;
            if (answer.Status == StatusCodes.Status101SwitchingProtocols) return await SwitchAsync(connection);
            if (interims == _limits.InterimResponsesMax) return Malformed("too many 1xx answers");

            if (answer.Status != StatusCodes.Status100Continue) await PassInterimAsync(connection);
            else if (isOffered && _pump is null) StartPump(connection);
            connection.Consume(answer.Length);
        }

        connection.Deadline.Pause();

        // 4. The answer. From here on a failure can only be shown by breaking off.
        var response = _http.Response;
        bool frames = FramesChunks(answer);
        CopyHead(response, answer, connection.Buffered, frames);
        connection.Consume(answer.Length);
        if (isOffered && _pump is null) RefuseOfferedBody(response);

        if (await CopyBodyAsync(connection, answer, response, frames) is { } failure)
        {
            if (connection.AbortReason != AbortReason.ClientGone) Log.CutShort(target.Logger, target.Origin, failure);
            _http.Abort();
            return null;
        }

        // 5. What is left of the request does not matter any more; the connection does when nothing is left.
        _isReusable = answer.KeepsAlive && connection.Buffered.IsEmpty
            && (_shape.Body == Framing.None || _bodyRides || _pump is { IsComplete: true });
        return null;
    }

    /// <summary>This server's own name stands in the Via fields too often (RFC 9110, section 7.6.3).</summary>
    private bool GoesInCircles()
    {
        int rounds = 0;
        foreach (string? text in _http.Request.Headers.Via)
        {
            ReadOnlySpan<char> list = text;
            while (FieldText.TryTakeMember(ref list, out var member))
            {
                if (member.EndsWith(_limits.ViaName, StringComparison.Ordinal) && member[..^_limits.ViaName.Length].EndsWith(' ')) rounds++;
            }
        }

        return rounds >= RoundsMax;
    }

    private Problem? RefuseLength()
    {
        if (_shape.Body == Framing.None) return null;

        var limit = _http.Features.Get<IHttpMaxRequestBodySizeFeature>();
        if (_limits.RequestBodyBytesMax is { } own && limit is { IsReadOnly: false }) limit.MaxRequestBodySize = own;

        long? bytesMax = _limits.RequestBodyBytesMax ?? limit?.MaxRequestBodySize;
        if (_shape.Body != Framing.Length || !(_shape.BodyBytes > bytesMax)) return null;

        return new(ProblemTypes.BodyTooLarge)
        {
            Detail = string.Create(CultureInfo.InvariantCulture, $"The body has {_shape.BodyBytes} bytes; the limit is {bytesMax}."),
        };
    }

    /// <summary>Puts a body that has come whole behind the header section.</summary>
    private bool TryTakeBody(ByteWriter head)
    {
        if (_shape.Body != Framing.Length || _shape.BodyBytes > RidingBodyBytesMax) return false;

        try
        {
            var body = _http.Request.BodyReader;
            if (!body.TryRead(out var read)) return false;

            _bodyRides = !read.IsCanceled && read.Buffer.Length == _shape.BodyBytes;
            if (_bodyRides)
            {
                int length = (int)read.Buffer.Length;
                read.Buffer.CopyTo(head.Free(length));
                head.Advance(length);
            }

            body.AdvanceTo(_bodyRides ? read.Buffer.End : read.Buffer.Start);
        }
        catch (BadHttpRequestException e)
        {
            _bodyProblem = RequestBodyPump.ProblemOf(e);
        }

        return _bodyRides;
    }

    private void StartPump(UpstreamConnection connection)
    {
        _pump = new(_http.Request, connection, _shape, target.Spec.Timeout);
        _pump.Start();
    }

    /// <param name="isOffered">The client waits for a 100 before it sends its body, and sends it without one after a while.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<UpstreamFault?> ReadHeadAsync(UpstreamConnection connection, bool isOffered)
    {
        connection.Head.Begin();
        while (true)
        {
            var state = connection.Buffered.IsEmpty ? SectionState.Incomplete : connection.Head.Read(connection.Buffered, _shape.IsHead);
            if (state == SectionState.Complete) return null;
            if (state == SectionState.Malformed) return Malformed(connection.Head.Error);

            int count = isOffered && _pump is null ? await FillOrContinueAsync(connection) : await connection.FillAsync();
            if (count <= 0) return Fault(connection);
        }
    }

    private async ValueTask<int> FillOrContinueAsync(UpstreamConnection connection)
    {
        var fill = connection.FillAsync().AsTask();
        using var patience = new CancellationTokenSource();
        await Task.WhenAny(fill, Task.Delay(_limits.ContinueTimeout, target.Time, patience.Token));
        await patience.CancelAsync();
        if (!fill.IsCompleted) StartPump(connection); // a service need not know 100 (RFC 9110, section 10.1.1)
        return await fill;
    }

    /// <summary>A 1xx goes on to a client that speaks HTTP/1.1 in person; the server gives no way for others.</summary>
    private async ValueTask PassInterimAsync(UpstreamConnection connection)
    {
        if (_http.Features.Get<InterimResponses>() is not { } interim || !interim.CanReach(_http)) return;

        using var output = new ByteWriter();
        var answer = connection.Head;
        output.Write("HTTP/1.1 "u8);
        output.WriteDecimal(answer.Status);
        output.Write((byte)' ');
        output.WriteLatin1(answer.Status == 103 ? "Early Hints" : ReasonPhrases.GetReasonPhrase(answer.Status));
        output.Write("\r\n"u8);
        for (int i = 0; i < answer.Fields.Count; i++)
        {
            if (!IsPassedOn(answer, connection.Buffered, i, isSwitch: false)) continue;

            output.Write(answer.Fields.Name(connection.Buffered, i));
            output.Write(": "u8);
            output.Write(answer.Fields.Value(connection.Buffered, i));
            output.Write("\r\n"u8);
        }

        output.Write("\r\n"u8);
        await interim.WriteAsync(output.Written);
    }

    private async ValueTask<UpstreamFault?> SwitchAsync(UpstreamConnection connection)
    {
        if (!_shape.IsUpgrade || _http.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true } upgrade)
            return Malformed("a 101 that nobody asked for");

        CopyHead(_http.Response, connection.Head, connection.Buffered, frames: false);
        connection.Consume(connection.Head.Length);
        await new Tunnel(await upgrade.UpgradeAsync(), connection, _limits.TunnelIdleTimeout).RunAsync();
        return null;
    }

    /// <summary>
    /// The server has no trailers in HTTP/1.1, but leaves framing alone when it is told that it is done. That is only
    /// right while nobody stands between this and the server, and only needed when there may be trailers and someone to read them.
    /// </summary>
    private bool FramesChunks(ResponseHead answer) =>
        answer.Framing == Framing.Chunked
        && HttpProtocol.IsHttp11(_http.Request.Protocol)
        && (_shape.AcceptsTrailers || answer.HasTrailer)
        && _http.Features.Get<IHttpResponseBodyFeature>() is IHttpUpgradeFeature; // the server's own object, which is all of its features

    private void CopyHead(HttpResponse response, ResponseHead answer, ReadOnlySpan<byte> bytes, bool frames)
    {
        var headers = response.Headers;
        response.StatusCode = answer.Status;
        bool isSwitch = answer.Status == StatusCodes.Status101SwitchingProtocols;
        if (answer.ContentLength is { } length && answer.Framing is Framing.Length or Framing.None && answer.Status is not (204 or 205 or 101))
            headers.ContentLength = answer.ContentLength;

        for (int i = 0; i < answer.Fields.Count; i++)
        {
            if (IsPassedOn(answer, bytes, i, isSwitch))
                headers.Append(answer.Fields.NameText(bytes, i), answer.Fields.ValueText(bytes, i));
        }

        headers.Append("Via", target.ViaLines[answer.IsHttp10 ? 0 : 1]);
        target.ResponseChanges.ApplyTo(headers);
        if (frames) headers.TransferEncoding = "chunked";
    }

    private static bool IsPassedOn(ResponseHead answer, ReadOnlySpan<byte> bytes, int index, bool isSwitch) =>
        answer.Fields[index].Role switch
        {
            FieldRole.Connection or FieldRole.TransferEncoding or FieldRole.ContentLength or FieldRole.Te or FieldRole.Dropped => false,
            FieldRole.Upgrade => isSwitch,
            _ => !answer.HasConnectionFields || !answer.Fields.IsNamedByConnection(bytes, index),
        };

    /// <summary>The answer came instead of a 100: the body was never asked for, and what follows on the connection is not known.</summary>
    private void RefuseOfferedBody(HttpResponse response)
    {
        if (HttpProtocol.IsHttp11(_http.Request.Protocol)) response.Headers.Connection = "close";
    }

    /// <returns>What went wrong; null when the whole body is written.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<string?> CopyBodyAsync(UpstreamConnection connection, ResponseHead answer, HttpResponse response, bool frames)
    {
        if (answer.Framing == Framing.None) return null;

        // Started before anything is written, so that what is written goes straight into the connection's own memory.
        await response.StartAsync();

        // Nearly every small answer ends here: it came with its header section.
        if (answer.Framing == Framing.Length && connection.Buffered.Length >= answer.ContentLength)
        {
            int length = (int)answer.ContentLength;
            response.BodyWriter.Write(connection.Buffered[..length]);
            connection.Consume(length);
            return null;
        }

        var body = new ResponseBody(connection, response, _limits);
        bool isWhole = answer.Framing switch
        {
            Framing.Length => await body.CopyLengthAsync(answer.ContentLength!.Value),
            Framing.Chunked => await body.CopyChunkedAsync(frames),
            Framing.ToClose => await body.CopyToCloseAsync(),
            _ => throw new UnreachableException(),
        };
        if (!isWhole) return body.Failure ?? "unknown";

        await body.FinishAsync();
        return null;
    }

    private bool MayRetry(UpstreamConnection connection, UpstreamFault fault) =>
        fault.Kind == FaultKind.Broken && connection.IsReused && connection.Buffered.IsEmpty
        && _pump is null && (_shape.IsIdempotent || !_isSent);

    private Problem? Answer(UpstreamFault fault)
    {
        if ((_bodyProblem ?? _pump?.Problem) is { } problem) return problem;
        if (fault.Kind != FaultKind.ClientGone) return fault.ToProblem();

        _http.Abort();
        return null;
    }

    private static UpstreamFault BodyRefused { get; } = new(FaultKind.ClientGone, "the request's body was refused");

    private UpstreamFault Fault(UpstreamConnection connection) => connection.AbortReason switch
    {
        AbortReason.Timeout => new(FaultKind.Timeout, string.Create(CultureInfo.InvariantCulture,
            $"{target.Origin}: no header section within {target.Spec.Timeout.TotalSeconds} s")),
        AbortReason.ClientGone => new(FaultKind.ClientGone, "the client went away"),
        AbortReason.RequestBody => BodyRefused,
        _ => new(FaultKind.Broken, $"{target.Origin}: {connection.Failure ?? "the connection was closed before the answer"}"),
    };

    private UpstreamFault Malformed(string error) => new(FaultKind.Malformed, $"{target.Origin}: the answer has {error}");

    private static Problem DotSegment(string parameter) => new(ProblemTypes.InvalidParameter)
    {
        Errors = [new("DOT_SEGMENT", "It must not have a segment '.' or '..'.") { Parameter = parameter }],
    };

    private static partial class Log
    {
        [LoggerMessage(1401, LogLevel.Warning, "The answer of {Origin} broke off ({Failure}), and so did the client's.")]
        public static partial void CutShort(ILogger logger, Origin origin, string failure);
    }
}
