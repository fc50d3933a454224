using System.Buffers;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Stateway.Gateway.Serving.Proxies;

/// <summary>
/// Takes the header of the PROXY protocol (versions 1 and 2) off connections that come from listed proxies, and gives the
/// connection the client's address. A listed proxy always sends one: the protocol forbids guessing, because a client behind
/// a proxy that sends none could write its own. Connections from elsewhere are left as they are.
/// </summary>
public sealed partial class ProxyProtocol(Networks proxies, TimeProvider time, ILogger logger)
{
    private readonly Seldom _seldom = new(time, TimeSpan.FromMinutes(1));

    /// <summary>From the connection's start to the header's last byte.</summary>
    public TimeSpan HeaderTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Stands in front of <c>UseHttps</c> and of all others: the header comes before anything else.</summary>
    public void UseOn(ListenOptions listen) => listen.Use(next => connection =>
        connection.RemoteEndPoint is IPEndPoint peer && proxies.Contains(peer.Address) ? AcceptAsync(connection, peer, next) : next(connection));

    private async Task AcceptAsync(ConnectionContext connection, IPEndPoint peer, ConnectionDelegate next)
    {
        if (await ReadAsync(connection) is { } wrong)
        {
            if (_seldom.IsDue()) Log.Refused(logger, peer.Address, wrong);
            connection.Abort(new ConnectionAbortedException(wrong));
            return;
        }

        await next(connection);
    }

    /// <returns>What is wrong; null when the header is taken off, and the client's address is the connection's.</returns>
    private async ValueTask<string?> ReadAsync(ConnectionContext connection)
    {
        using var timer = new CancellationTokenSource(HeaderTimeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, connection.ConnectionClosed);
        var input = connection.Transport.Input;
        try
        {
            while (true)
            {
                var read = await input.ReadAsync(both.Token);
                var buffer = read.Buffer;
                switch (Read(buffer, out var header))
                {
                    case ProxyHeaderState.Complete:
                        input.AdvanceTo(buffer.GetPosition(header.Length));
                        if (header.Client is { } client) connection.RemoteEndPoint = client;
                        return null;

                    case ProxyHeaderState.Incomplete when !read.IsCompleted:
                        input.AdvanceTo(buffer.Start, buffer.End);
                        break;

                    case ProxyHeaderState.Incomplete:
                        input.AdvanceTo(buffer.End);
                        return "it ended inside its PROXY header";

                    default:
                        input.AdvanceTo(buffer.End);
                        return "it does not begin with a valid PROXY header";
                }
            }
        }
        catch (OperationCanceledException) when (timer.IsCancellationRequested)
        {
            return "its PROXY header did not come in time";
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            return "it was closed inside its PROXY header";
        }
    }

    private static ProxyHeaderState Read(ReadOnlySequence<byte> buffer, out ProxyHeader header)
    {
        if (buffer.IsSingleSegment) return ProxyHeader.Read(buffer.FirstSpan, out header);

        Span<byte> bytes = stackalloc byte[(int)Math.Min(buffer.Length, ProxyHeader.LengthMax)];
        buffer.Slice(0, bytes.Length).CopyTo(bytes);
        return ProxyHeader.Read(bytes, out header);
    }

    private static partial class Log
    {
        [LoggerMessage(1501, LogLevel.Warning, "A connection from the proxy {Proxy} was closed: {Wrong}. The next minute's are not told.")]
        public static partial void Refused(ILogger logger, IPAddress proxy, string wrong);
    }
}
