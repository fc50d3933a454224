using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Stateway.Gateway.Serving;

/// <summary>
/// Header values as bytes: Latin-1 both ways, one character for each byte, so that a value that is
/// passed on is what came, whatever it was written in. (The server's default refuses to send what is not ASCII.)
/// </summary>
public static class HeaderBytes
{
    public static void Keep(KestrelServerOptions server)
    {
        server.RequestHeaderEncodingSelector = static _ => Encoding.Latin1;
        server.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;
    }
}
