using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Stateway.Watch.Bench;

/// <summary>
/// The limit: what comes on the first connection is sent to all others, by as many threads as there are cores, without HTTP,
/// without a store, without anything. Run in a process of its own, as the server is.
/// </summary>
internal static class Broadcaster
{
    public static void Run(int port)
    {
        using var listening = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listening.Bind(new IPEndPoint(IPAddress.Loopback, port));
        listening.Listen(512);
        using var source = listening.Accept();
        var all = new List<Socket>();
        var accepting = new Thread(() =>
        {
            while (true)
            {
                var socket = listening.Accept();
                socket.NoDelay = true;
                lock (all) all.Add(socket);
                socket.Send("welcome"u8);
            }
        }) { IsBackground = true };
        accepting.Start();

        byte[] buffer = new byte[4096];
        while (source.Receive(buffer) is var count and > 0)
        {
            Socket[] to;
            lock (all) to = [.. all];
            string text = Encoding.ASCII.GetString(buffer, 0, count);
            byte[] bytes = Encoding.ASCII.GetBytes(text.PadRight(Event.Bytes));
            Parallel.For(0, Environment.ProcessorCount, part =>
            {
                for (int i = part; i < to.Length; i += Environment.ProcessorCount) to[i].Send(bytes);
            });
        }
    }
}
