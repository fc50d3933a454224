using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Stateway.Gateway.Stages;

public enum LoggedRequests { None, Errors, All }

/// <summary>
/// Which requests get a line in the log. Of what a caller sends only method and path are in it: no query, no field, no body.
/// </summary>
/// <param name="Slow">What takes as long as this is logged in any case; null for no such rule.</param>
public sealed partial record RequestLog(LoggedRequests Requests, TimeSpan? Slow)
{
    /// <summary>When the client went away before there was an answer, as other servers' logs say it.</summary>
    public const int ClientGone = 499;

    internal void Write(ILogger logger, Exchange exchange, string path, int status, TimeSpan duration, string stage, string deployment, bool isCanary)
    {
        bool isError = status >= 500;
        bool isSlow = duration >= Slow;
        if (!isSlow && (Requests == LoggedRequests.None || (Requests == LoggedRequests.Errors && !isError))) return;

        string bytes = exchange.Response.ContentLength is { } length ? length.ToString(CultureInfo.InvariantCulture) : "-";
        Log.Request(logger, isError || isSlow ? LogLevel.Warning : LogLevel.Information, exchange.Request.Method, path, status,
            duration.TotalMilliseconds.ToString("0.0", CultureInfo.InvariantCulture), bytes, exchange.RequestId, stage, deployment, isCanary ? "true" : "false");
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 1003, Message = "request method={Method} path={Path} status={Status} duration_ms={Duration} bytes={Bytes} request={RequestId} stage={Stage} deployment={Deployment} canary={Canary}")]
        public static partial void Request(ILogger logger, LogLevel level, string method, string path, int status, string duration, string bytes, string requestId, string stage, string deployment, string canary);
    }
}
