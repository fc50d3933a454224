using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Stateway.Gateway;
using Stateway.Gateway.Serving;

namespace Stateway.Hosting;

/// <param name="Socket">Bound, and listening.</param>
internal sealed record WebListener(Socket Socket, ListenerOptions Options)
{
    public IPEndPoint Endpoint { get; } = (IPEndPoint)Socket.LocalEndPoint!;
}

/// <summary>
/// Kestrel on sockets that listen already. Built from the services that Kestrel itself registers, because its public
/// constructor leaves out some that can't be given from outside; the memory pool of connections is one of them.
/// </summary>
internal static class WebServer
{
    /// <summary>One listener, HTTP/1.1 in the clear.</summary>
    /// <returns>Disposing it disposes the server.</returns>
    public static ServiceProvider Create(Socket listening, GatewayLimits limits, ILoggerFactory loggers) =>
        Create([new(listening, new())], limits, loggers);

    /// <inheritdoc cref="Create(Socket, GatewayLimits, ILoggerFactory)"/>
    public static ServiceProvider Create(IReadOnlyList<WebListener> listeners, GatewayLimits limits, ILoggerFactory loggers)
    {
        var services = new ServiceCollection();
        new Registrations(services).UseKestrelCore();
        services.AddMetrics();
        services.AddSingleton(loggers);
        services.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        services.AddSingleton<System.Diagnostics.DiagnosticSource>(new System.Diagnostics.DiagnosticListener("Microsoft.AspNetCore"));
        services.Configure<SocketTransportOptions>(sockets =>
        {
            sockets.CreateBoundListenSocket = endpoint => listeners.First(listener => listener.Endpoint.Equals(endpoint)).Socket;
            sockets.IOQueueCount = 0; // each send waits in the thread pool's own line: docs/decisions/watch-fan-out.md
        });
        services.Configure<KestrelServerOptions>(options => Configure(options, listeners, limits, loggers.CreateLogger("Stateway")));
        return services.BuildServiceProvider();
    }

    private static void Configure(KestrelServerOptions options, IReadOnlyList<WebListener> listeners, GatewayLimits limits, ILogger logger)
    {
        options.AllowSynchronousIO = false;
        // A little above our own limits, which answer with a problem document.
        options.Limits.MaxRequestLineSize = limits.UrlLengthMax * 4;
        options.Limits.MaxRequestBufferSize = 1024 * 1024;
        options.Limits.MaxRequestHeadersTotalSize = limits.HeadersBytesMax * 4;
        options.Limits.MaxRequestHeaderCount = 1000;
        options.Limits.MaxRequestBodySize = limits.StreamedBodyBytesMax;
        options.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(130);
        options.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        options.Limits.Http2.MaxRequestHeaderFieldSize = limits.HeadersBytesMax * 4;
        foreach (var listener in listeners) options.Listen(listener.Endpoint, listen => listener.Options.UseOn(listen, logger));
        StrictHttp.Apply(options);
    }

    /// <summary>As much of a host's builder as Kestrel's registration asks for.</summary>
    private sealed class Registrations(IServiceCollection services) : IWebHostBuilder
    {
        private static readonly IConfiguration Empty = new ConfigurationBuilder().Build();

        public IWebHostBuilder ConfigureServices(Action<IServiceCollection> configure)
        {
            configure(services);
            return this;
        }

        public IWebHostBuilder ConfigureServices(Action<WebHostBuilderContext, IServiceCollection> configure)
        {
            configure(new WebHostBuilderContext { Configuration = Empty }, services);
            return this;
        }

        public IWebHostBuilder ConfigureAppConfiguration(Action<WebHostBuilderContext, IConfigurationBuilder> configure) => this;

        public string? GetSetting(string key) => null;

        public IWebHostBuilder UseSetting(string key, string? value) => this;

#pragma warning disable ASPDEPR008 // part of the interface; nobody calls it
        public IWebHost Build() => throw new NotSupportedException();
    }
}
