using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Stateway.Gateway.Serving;

/// <summary>
/// How the server reads and writes header sections. Bytes stay what they are: Latin-1 both ways, one
/// character for each byte, so that a value that is passed on is what came, whatever it was written in
/// (the server's default refuses to send what is not ASCII). And a line ends in CRLF, nothing else.
/// </summary>
public static class StrictHttp
{
    public static void Apply(KestrelServerOptions server)
    {
        // The server's own switch; it reads it with the first connection.
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", true);
        server.AddServerHeader = false; // the service's own, or none
        server.RequestHeaderEncodingSelector = static name => name.Equals("Connection", StringComparison.OrdinalIgnoreCase) ? ConnectionField.Latin1Text : Encoding.Latin1;
        server.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;
    }
}
