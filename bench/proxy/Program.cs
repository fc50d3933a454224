using Stateway.Bench;
using Stateway.Proxy.Bench;

// What one proxied request costs: CPU time of the server process (user and system, with its children) per request, for
// nginx, a bare forwarder over HttpMessageInvoker on Kestrel, and Stateway with a document of one operation. The service
// behind them is an nginx with one worker that answers 1 KB from a file; its time is not counted.
if (args is ["forwarder", var listen, var service])
{
    await BareForwarder.RunAsync(listen, service);
    return;
}

int seconds = Arguments.Number(args, "--seconds", 3);
int rounds = Arguments.Number(args, "--rounds", 7);
string folder = Directory.CreateTempSubdirectory("stateway-bench-").FullName;
try
{
    string files = Directory.CreateDirectory(Path.Combine(folder, "files")).FullName;
    File.WriteAllText(Path.Combine(files, "1k"), new string('x', 1023) + "\n");
    int servicePort = Waiting.FreePort(), nginxPort = Waiting.FreePort(), barePort = Waiting.FreePort(), port = Waiting.FreePort();
    string upstream = $"http://127.0.0.1:{servicePort}";
    using var behind = Nginx.Start(Path.Combine(folder, "service"), $"server {{ listen 127.0.0.1:{servicePort} backlog=1024; root {files}; }}", workers: 1);
    using var nginx = Nginx.Start(Path.Combine(folder, "nginx"), $$"""
          upstream service { server 127.0.0.1:{{servicePort}}; keepalive 128; keepalive_requests 100000000; }
          server {
            listen 127.0.0.1:{{nginxPort}} backlog=1024;
            location / {
              proxy_pass http://service;
              proxy_http_version 1.1;
              proxy_set_header Connection "";
              proxy_set_header Forwarded "for=$remote_addr;host=\"$http_host\";proto=$scheme";
              proxy_set_header X-Forwarded-For $remote_addr;
              proxy_set_header X-Forwarded-Proto $scheme;
              proxy_set_header X-Forwarded-Host $http_host;
              proxy_set_header Via "1.1 nginx";
              add_header Via "1.1 nginx";
            }
          }
        """);
    using var bare = ServerProcess.Start("dotnet", typeof(BareForwarder).Assembly.Location, "forwarder", $"127.0.0.1:{barePort}", upstream);

    string apis = Directory.CreateDirectory(Path.Combine(folder, "api")).FullName;
    File.WriteAllText(Path.Combine(apis, "bench.yaml"), $$"""
        openapi: 3.1.0
        info: { title: Bench, version: 1.0.0 }
        paths:
          /1k:
            get:
              operationId: get1k
              x-stateway-target: { http: '{{upstream}}/1k' }
              responses: { '200': { description: One kilobyte. } }
        """);
    using var stateway = ServerProcess.Start(Path.Combine(Waiting.Repository(), "artifacts/stateway/stateway"),
        "run", apis, "--listen", $"127.0.0.1:{port}", "--data", Path.Combine(folder, "data"));

    var peer = new Rounds("nginx", nginx, $"http://127.0.0.1:{nginxPort}/1k");
    var forwarder = new Rounds("bare forwarder", bare, $"http://127.0.0.1:{barePort}/1k");
    var ours = new Rounds("Stateway", stateway, $"http://127.0.0.1:{port}/1k");
    foreach (int started in new[] { servicePort, nginxPort, barePort, port }) Waiting.UntilAnswered($"http://127.0.0.1:{started}/1k");

    // Until the runtime has compiled the hot paths for good, as in a process that has run for a while.
    for (int i = 0; i < 3; i++)
    {
        Wrk.Run($"http://127.0.0.1:{barePort}/1k", seconds: 2);
        Wrk.Run($"http://127.0.0.1:{port}/1k", seconds: 2);
    }

    for (int round = 0; round < rounds; round++)
    {
        peer.Run(seconds);
        forwarder.Run(seconds);
        ours.Run(seconds);
    }

    Console.WriteLine($"Proxied GET of 1 KB, 64 connections, {rounds} rounds of {seconds} s in turns, medians; client and service on the same {Environment.ProcessorCount} cores");
    Console.WriteLine("                               CPU of the server   throughput   to nginx");
    Console.WriteLine(peer.Row());
    Console.WriteLine(forwarder.Row(peer));
    Console.WriteLine(ours.Row(peer) + "   limit 1.80");
}
finally
{
    Directory.Delete(folder, recursive: true);
}
