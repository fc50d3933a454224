using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Stateway.Bench;

/// <summary>Ports and readiness of the servers that a benchmark starts.</summary>
public static class Waiting
{
    public static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    /// <summary>Waits until something answers, and says how long that took.</summary>
    public static TimeSpan UntilAnswered(string url)
    {
        long started = Stopwatch.GetTimestamp();
        using var http = new HttpClient();
        while (true)
        {
            try
            {
                using var response = http.Send(new HttpRequestMessage(HttpMethod.Get, url));
                return Stopwatch.GetElapsedTime(started);
            }
            catch (HttpRequestException) when (Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(30))
            {
                Thread.Sleep(10);
            }
        }
    }

    /// <summary>The folder with <c>Stateway.slnx</c>.</summary>
    public static string Repository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Stateway.slnx"))) return folder.FullName;
        }

        throw new DirectoryNotFoundException("Stateway.slnx");
    }
}
