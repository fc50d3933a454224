using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Stateway.Gateway.Stages;

/// <summary>
/// Says how long an answer stays fresh (RFC 9111, section 5.2.2.1) where the answer itself says nothing about caching: what GET
/// and HEAD were answered with success, and the 304 that stands for such an answer (RFC 9110, section 15.4.5).
/// </summary>
public sealed class CacheField
{
    private readonly StringValues _usual;
    private readonly StringValues _private;

    /// <param name="maxAge">Counts in whole seconds.</param>
    /// <param name="isShared">All callers are answered alike, so that caches may answer one with what another got.</param>
    public CacheField(TimeSpan maxAge, bool isShared)
    {
        string field = "max-age=" + ((long)maxAge.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        _private = "private, " + field;
        _usual = isShared ? field : _private;
    }

    public void Mark(HttpRequest request, HttpResponse response)
    {
        var headers = response.Headers;
        if (response.StatusCode is not ((>= 200 and < 300) or 304) || !(HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
            || headers.CacheControl.Count > 0 || headers.Expires.Count > 0 || headers.Pragma.Count > 0)
            return;

        bool isPersonal = request.Headers.Authorization.Count > 0 || request.Headers.Cookie.Count > 0 || headers.SetCookie.Count > 0;
        headers.CacheControl = isPersonal ? _private : _usual;
    }
}
