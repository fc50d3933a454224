using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Stateway.Gateway.Mirrors;
using Stateway.Model.Problems;

namespace Stateway.Gateway.Stages;

/// <summary>One request to a stage that does more than answer: what is to be done when its answer begins and when it ends.</summary>
internal sealed class Visit
{
    private readonly Exchange _exchange;
    private readonly StageTraffic _stage;
    private readonly bool _isCanary;
    private readonly TimeProvider _time;
    private readonly long _began;
    private long _answered; // when the first byte of the answer went out; 0 before
    private bool _isThrottled;
    private bool _isCut;
    private AnswerTee? _tee;

    public Visit(Exchange exchange, StageTraffic stage, TimeProvider time)
    {
        (_exchange, _stage, _time) = (exchange, stage, time);
        _isCanary = exchange.Operation?.IsCanary ?? stage.Canary?.Split.TakesCanary(exchange.Http) ?? false;
        _began = time.GetTimestamp();
    }

    /// <returns>Null when the stage has room for the request.</returns>
    public Problem? Refuse()
    {
        var problem = _stage.Throttle?.Refuse();
        _isThrottled = problem is not null;
        return problem;
    }

    /// <summary>Keeps what the answer will be, when the stage's mirror wants to compare it.</summary>
    public void Watch()
    {
        if (_stage.Mirror is not { } mirror || _isCanary || _exchange.Request.Headers.Upgrade.Count > 0 || !mirror.Wants(_exchange.Request.Method)) return;

        var features = _exchange.Http.Features;
        _tee = new(features.GetRequiredFeature<IHttpResponseBodyFeature>(), mirror.BodyBytesMax);
        features.Set<IHttpResponseBodyFeature>(_tee);
        _exchange.Response.OnCompleted(static state => ((Visit)state).OfferCopy(), this);
    }

    /// <summary>At the last moment before the header section goes out.</summary>
    public void Mark()
    {
        _answered = _time.GetTimestamp();
        _stage.Cache?.Mark(_exchange.Request, _exchange.Response);
        if (_stage.Canary is { } canary) _exchange.Response.Headers["Stateway-Deployment"] = _isCanary ? canary.Deployment : _stage.Deployment;
    }

    /// <param name="problem">Null when the target has answered by itself.</param>
    public void End(Problem? problem, bool isClientGone, ILogger logger)
    {
        long now = _time.GetTimestamp();
        int status = isClientGone ? RequestLog.ClientGone : problem?.Type.Status ?? _exchange.Response.StatusCode;
        _isCut = isClientGone || (problem is not null && _exchange.Response.HasStarted);

        // A client that has gone counts with the time that it waited: too slow an answer is why many of them go.
        if (!_isThrottled) _stage.Canary?.Window.Record(_isCanary, status >= 500, _time.GetElapsedTime(_began, _answered == 0 ? now : _answered));
        _stage.Log?.Write(logger, _exchange, RequestPipeline.ShownPath(_exchange.Http), status, _time.GetElapsedTime(_began, now),
            _stage.Path, _isCanary ? _stage.Canary!.Deployment : _stage.Deployment, _isCanary);
    }

    private Task OfferCopy()
    {
        if (!_isCut && !_isThrottled && _exchange.Operation is { } operation) _stage.Mirror!.Offer(_exchange, operation, _tee!, _stage.Mirrored!);
        return Task.CompletedTask;
    }
}
