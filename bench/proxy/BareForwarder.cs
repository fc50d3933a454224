using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Hosting;

namespace Stateway.Proxy.Bench;

/// <summary>The peer: what one writes in an hour with the framework's own client. No 1xx, no upgrade, no trailers, no problem documents.</summary>
internal static class BareForwarder
{
    public static async Task<int> RunAsync(string listen, string upstream)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://" + listen);
        var app = builder.Build();
        var client = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false, UseCookies = false, AllowAutoRedirect = false, AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
        });
        app.Run(async http =>
        {
            using var request = new HttpRequestMessage(new(http.Request.Method), upstream + http.Request.Path + http.Request.QueryString)
            {
                Version = HttpVersion.Version11,
            };
            if (http.Request.ContentLength > 0) request.Content = new StreamContent(http.Request.Body);
            foreach (var (name, values) in http.Request.Headers)
            {
                if (name is "Host" or "Connection") continue;
                if (!request.Headers.TryAddWithoutValidation(name, values.AsEnumerable())) request.Content?.Headers.TryAddWithoutValidation(name, values.AsEnumerable());
            }

            string client_ = http.Connection.RemoteIpAddress!.ToString();
            request.Headers.TryAddWithoutValidation("Forwarded", $"for={client_};host=\"{http.Request.Host}\";proto={http.Request.Scheme}");
            request.Headers.TryAddWithoutValidation("X-Forwarded-For", client_);
            request.Headers.TryAddWithoutValidation("X-Forwarded-Proto", http.Request.Scheme);
            request.Headers.TryAddWithoutValidation("X-Forwarded-Host", http.Request.Host.Value);
            request.Headers.TryAddWithoutValidation("Via", "1.1 bare");
            using var response = await client.SendAsync(request, http.RequestAborted);
            http.Response.StatusCode = (int)response.StatusCode;
            Copy(response.Headers.NonValidated, http.Response.Headers);
            Copy(response.Content.Headers.NonValidated, http.Response.Headers);
            await response.Content.CopyToAsync(http.Response.Body, http.RequestAborted);
        });
        await app.RunAsync();
        return 0;
    }

    private static void Copy(HttpHeadersNonValidated from, IHeaderDictionary to)
    {
        foreach (var (name, values) in from)
        {
            if (name is not ("Connection" or "Transfer-Encoding" or "Keep-Alive")) to[name] = values.ToString();
        }
    }
}
