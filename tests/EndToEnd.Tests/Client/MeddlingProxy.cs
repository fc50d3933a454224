using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Stateway.EndToEnd.Tests.Client;

/// <summary>Stands between a command and its server, sees what passes, and lets a test do something at a chosen moment.</summary>
internal sealed class MeddlingProxy : IAsyncDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false });
    private readonly WebApplication _web;
    private readonly List<string> _keys = [];

    private MeddlingProxy(Uri server, X509Certificate2? certificate)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            if (certificate is not null) listen.UseHttps(certificate);
        }));
        _web = builder.Build();
        _web.Run(async http =>
        {
            try
            {
                await PassAsync(server, http);
            }
            catch (HttpRequestException) when (!http.Response.HasStarted)
            {
                http.Response.StatusCode = 502; // the server is not there now
            }
        });
    }

    public string Url => _web.Urls.First();

    /// <summary>Called with each request before it goes on.</summary>
    public Func<HttpRequest, Task>? Before { get; set; }

    /// <summary>Says whether the answer to a request is lost on its way back.</summary>
    public Func<HttpRequest, bool>? Loses { get; set; }

    /// <summary>Changes what <c>/openapi.json</c> says.</summary>
    public Action<JsonObject>? Describes { get; set; }

    /// <summary>Answers a request itself: a status and a problem document.</summary>
    public Func<HttpRequest, (int Status, string Problem)?>? Answers { get; set; }

    /// <summary>The Authorization fields that came.</summary>
    public IReadOnlyCollection<string> Keys
    {
        get
        {
            lock (_keys) return [.. _keys.Distinct()];
        }
    }

    /// <param name="certificate">For https.</param>
    public static async Task<MeddlingProxy> StartAsync(Uri server, X509Certificate2? certificate = null)
    {
        var proxy = new MeddlingProxy(server, certificate);
        await proxy._web.StartAsync();
        return proxy;
    }

    private async Task PassAsync(Uri server, HttpContext http)
    {
        lock (_keys) _keys.Add(http.Request.Headers.Authorization.ToString());
        if (Before is not null) await Before(http.Request);

        if (Answers?.Invoke(http.Request) is { } own)
        {
            http.Response.StatusCode = own.Status;
            http.Response.ContentType = "application/problem+json";
            await http.Response.WriteAsync(own.Problem);
            return;
        }

        using var content = new MemoryStream();
        await http.Request.Body.CopyToAsync(content);
        using var request = new HttpRequestMessage(new(http.Request.Method), new Uri(server, http.Request.Path + http.Request.QueryString.Value));
        if (content.Length > 0) request.Content = new ByteArrayContent(content.ToArray());
        foreach (var (name, values) in http.Request.Headers)
        {
            if (name is "Host" or "Connection" or "Content-Length" or "Transfer-Encoding" or "Accept-Encoding") continue;
            if (!request.Headers.TryAddWithoutValidation(name, values.ToArray())) request.Content?.Headers.TryAddWithoutValidation(name, values.ToArray());
        }

        using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        if (http.Request.Query.ContainsKey("watch"))
        {
            await StreamAsync(answer, http);
            return;
        }

        byte[] body = await answer.Content.ReadAsByteArrayAsync();
        if (Describes is not null && http.Request.Path == "/openapi.json")
        {
            var document = JsonNode.Parse(body)!.AsObject();
            Describes(document);
            body = JsonSerializer.SerializeToUtf8Bytes(document);
        }

        if (Loses?.Invoke(http.Request) == true)
        {
            http.Abort();
            return;
        }

        http.Response.StatusCode = (int)answer.StatusCode;
        foreach (var (name, values) in answer.Headers.NonValidated.Concat(answer.Content.Headers.NonValidated))
        {
            if (name is not ("Transfer-Encoding" or "Connection" or "Date" or "Content-Length")) http.Response.Headers[name] = values.ToArray();
        }

        if (body.Length > 0) await http.Response.Body.WriteAsync(body);
    }

    private static async Task StreamAsync(HttpResponseMessage answer, HttpContext http)
    {
        http.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
        await using var stream = await answer.Content.ReadAsStreamAsync();
        byte[] buffer = new byte[4096];
        while (await stream.ReadAsync(buffer, http.RequestAborted) is > 0 and var count)
        {
            await http.Response.Body.WriteAsync(buffer.AsMemory(0, count));
            await http.Response.Body.FlushAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _web.DisposeAsync();
    }
}
