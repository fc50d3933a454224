namespace Stateway.Bench;

/// <summary>nginx, by hand on loopback, with its files in a folder of its own.</summary>
public static class Nginx
{
    /// <param name="servers">The <c>http</c> block's content: servers and upstreams.</param>
    /// <param name="workers">Worker processes.</param>
    public static ServerProcess Start(string folder, string servers, int workers = 2)
    {
        Directory.CreateDirectory(folder);
        string file = Path.Combine(folder, "nginx.conf");
        File.WriteAllText(file, $$"""
            daemon off;
            user root;
            worker_processes {{workers}};
            pid {{folder}}/nginx.pid;
            error_log {{folder}}/error.log;
            events { worker_connections 4096; }
            http {
              access_log off;
              keepalive_requests 100000000;
              sendfile on;
              tcp_nopush on;
              default_type application/json;
              client_body_temp_path {{folder}}/body;
              proxy_temp_path {{folder}}/proxy;
              fastcgi_temp_path {{folder}}/fastcgi;
              uwsgi_temp_path {{folder}}/uwsgi;
              scgi_temp_path {{folder}}/scgi;
            {{servers}}
            }
            """);
        return ServerProcess.Start("nginx", "-p", folder, "-c", file);
    }
}
