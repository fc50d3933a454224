using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Stateway.Gateway.Mirrors;

/// <summary>A copy of a request as the pipeline sees one: it came over no connection, and its answer stays here.</summary>
internal sealed class CopiedRequest : HttpResponseFeature, IHttpRequestLifetimeFeature
{
    private readonly Stack<(Func<object, Task> Callback, object State)> _onStarting = [];
    private readonly AnswerTee _body;
    private bool _isAborted;

    private CopiedRequest(MirrorCopy copy, int bodyBytesMax, CancellationToken ct)
    {
        RequestAborted = ct;
        _body = new(new StreamResponseBodyFeature(Stream.Null), bodyBytesMax);
        int query = copy.Target.IndexOf('?');
        var request = new HttpRequestFeature
        {
            Method = copy.Method,
            Scheme = "http",
            Protocol = "HTTP/1.1",
            RawTarget = copy.Target,
            Path = PathString.FromUriComponent(query < 0 ? copy.Target : copy.Target[..query]).Value!,
            QueryString = query < 0 ? "" : copy.Target[query..],
            Body = new MemoryStream(copy.Body.ToArray(), writable: false),
        };
        foreach (var (name, value) in copy.Headers) request.Headers.Append(name, value);

        var features = new FeatureCollection();
        features.Set<IHttpRequestFeature>(request);
        features.Set<IHttpResponseFeature>(this);
        features.Set<IHttpResponseBodyFeature>(_body);
        features.Set<IHttpRequestLifetimeFeature>(this);
        features.Set(new KnownRequestId(copy.RequestId));
        Context = new DefaultHttpContext(features);
    }

    private DefaultHttpContext Context { get; }

    public CancellationToken RequestAborted { get; set; }

    public override bool HasStarted => _body.Kept.Length > 0;

    /// <returns>Null when there is no whole answer.</returns>
    public static async ValueTask<MirrorAnswer?> RunAsync(RequestPipeline pipeline, MirrorCopy copy, int bodyBytesMax, CancellationToken ct)
    {
        var request = new CopiedRequest(copy, bodyBytesMax, ct);
        await pipeline.HandleAsync(request.Context);
        ct.ThrowIfCancellationRequested();
        if (request._isAborted) return null;

        while (request._onStarting.TryPop(out var each)) await each.Callback(each.State);
        bool hasContent = copy.Method != "HEAD"; // the server leaves it away
        return new(request.StatusCode, MirrorTap.Copy(request.Headers), hasContent ? request._body.Kept : default, request._body.IsWhole);
    }

    public override void OnStarting(Func<object, Task> callback, object state) => _onStarting.Push((callback, state));

    public void Abort() => _isAborted = true;

    /// <summary>Both answers to one request are refused under one id: otherwise each would differ in it.</summary>
    internal sealed record KnownRequestId(string Id);
}
