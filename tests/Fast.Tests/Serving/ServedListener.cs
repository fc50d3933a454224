using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Stateway.Fast.Tests.Program;
using Stateway.Gateway;
using Stateway.Gateway.Routing;
using Stateway.Gateway.Serving;
using Stateway.Gateway.Serving.Proxies;
using Stateway.Gateway.Targets;
using Stateway.Hosting;
using Stateway.Model.Problems;
using Xunit;

namespace Stateway.Fast.Tests.Serving;

/// <summary>The program's web server and pipeline on a real port, with <c>/echo</c>, which tells what it knows of the request.</summary>
internal sealed class ServedListener : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly List<HttpClient> _clients = [];

    private ServedListener(ServiceProvider services, int[] ports, LogLines log)
    {
        _services = services;
        Ports = ports;
        Log = log;
    }

    public int[] Ports { get; }

    public int Port => Ports[0];

    public LogLines Log { get; }

    /// <summary>What the server showed last.</summary>
    public X509Certificate2? Shown { get; private set; }

    public static Task<ServedListener> StartAsync(ListenerOptions options, params Operation[] more) => StartAllAsync([options], more);

    public static async Task<ServedListener> StartAllAsync(ListenerOptions[] options, params Operation[] more)
    {
        WebListener[] listeners = [.. options.Select(o => new WebListener(Listen(), o))];
        var limits = new GatewayLimits();
        var log = new LogLines();
        var tables = new RoutingTables();
        tables.Publish(new RoutingTable(
            [new("GET", "/echo", "echo", new Echo()), new("POST", "/echo", "read", new Echo()), new("GET", "/refusal", "refusal", new RefusalText()), .. more]));
        var services = WebServer.Create(listeners, limits, new OneLog(log));
        var pipeline = new RequestPipeline(tables, limits, TimeProvider.System, log);
        await services.GetRequiredService<IServer>().StartAsync(new GatewayApplication(pipeline), TestContext.Current.CancellationToken);
        return new(services, [.. listeners.Select(listener => listener.Endpoint.Port)], log);

        static Socket Listen()
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            socket.Listen();
            return socket;
        }
    }

    /// <summary>A client that connects to this machine whatever host it asks for, and takes every certificate but remembers it.</summary>
    public HttpClient Client(Version? version = null, X509Certificate2? certificate = null)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            ConnectCallback = async (asked, ct) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(IPAddress.Loopback, asked.DnsEndPoint.Port, ct);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) =>
        {
            Shown = X509CertificateLoader.LoadCertificate(shown!.GetRawCertData());
            return true;
        };
        if (certificate is not null) handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate;
        var client = new HttpClient(handler)
        {
            DefaultRequestVersion = version ?? HttpVersion.Version11,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = TimeSpan.FromSeconds(30),
        };
        _clients.Add(client);
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients) client.Dispose();
        await _services.GetRequiredService<IServer>().StopAsync(new CancellationToken(canceled: true));
        await _services.DisposeAsync();
    }

    private sealed class Echo : ITarget
    {
        public async ValueTask<Problem?> AnswerAsync(Exchange exchange)
        {
            var http = exchange.Http;
            var client = ForwardedClient.Of(http);
            using var body = new MemoryStream();
            await http.Request.Body.CopyToAsync(body);
            await http.Response.WriteAsync(
                $"""
                protocol {http.Request.Protocol}
                scheme {http.Request.Scheme}
                host {http.Request.Host}
                address {http.Connection.RemoteIpAddress} {http.Connection.RemotePort}
                client {client.Address} {client.Scheme} {client.Host}
                certificate {http.Connection.ClientCertificate?.Subject}
                body {body.Length}
                """);
            return null;
        }
    }

    /// <summary>Content that is, byte for byte, what the web server itself refuses with.</summary>
    private sealed class RefusalText : ITarget
    {
        public const string Text = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\n\r\n";

        public async ValueTask<Problem?> AnswerAsync(Exchange exchange)
        {
            await exchange.Response.Body.WriteAsync(Encoding.ASCII.GetBytes(Text));
            await exchange.Response.Body.FlushAsync();
            return null;
        }
    }

    public static string RefusalContent => RefusalText.Text;

    private sealed class OneLog(ILogger log) : ILoggerFactory
    {
        public ILogger CreateLogger(string categoryName) => categoryName.StartsWith("Microsoft.", StringComparison.Ordinal) ? new Warnings(log) : log;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public void Dispose()
        {
        }
    }

    /// <summary>Of the web server's own lines those that the program shows.</summary>
    private sealed class Warnings(ILogger log) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel level) => level >= LogLevel.Warning;

        public void Log<TState>(LogLevel level, EventId id, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(level)) log.Log(level, id, state, exception, formatter);
        }
    }
}
