using System.Collections.Concurrent;
using System.Text;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests;

/// <summary>
/// Random bytes, and valid requests with random damage: whatever comes of it, no answer says that the server failed, and
/// the process lives. The seed is fixed, so that a failure can be repeated.
/// </summary>
public sealed class RandomRequestTests(Shop shop) : IClassFixture<Shop>
{
    private const int Seed = 20261120;
    private const int Tries = 1_500;
    private const int Clients = 12;

    // A request that waits for bytes that never come is given up. Long enough for every answer.
    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(700);

    private static readonly string[] Requests =
    [
        Of("GET", "/products?filter=price%3E10%20%26%26%20name.startsWith(%22T%22)&order_by=-price&max_page_size=3&fields=id,name", ""),
        Of("GET", "/products/p1", "", "If-None-Match: \"1-j\", W/\"2\"\r\nIf-Modified-Since: Fri, 20 Nov 2026 19:00:00 GMT\r\nAccept: application/xml;q=0.5, application/json\r\nAccept-Encoding: gzip, br;q=0.3\r\n"),
        Of("GET", "/orders?expand=customer&category=camping&status=placed", "", "Prefer: count=exact; x=\"y\", handling=lenient\r\n"),
        Of("HEAD", "/users/1", ""),
        Of("OPTIONS", "/orders/1", ""),
        Of("POST", "/products", """{"sku":"RND-1","name":"a\u00e9\n\"b","price":12.50,"tags":["x","y"],"weight_grams":null}""", "Prefer: return=minimal\r\n"),
        Of("POST", "/users?id=rnd", """{"name":"n","email":"a@b.example","birthday":"2001-02-03","address":{"street":"s","city":"c","country":"DE"}}"""),
        Of("PUT", "/products/rnd", """{"id":"rnd","sku":"RND-2","name":"n","price":1e2,"in_stock":3}""", "If-Match: \"7\"\r\n"),
        Of("PATCH", "/products/p2", """{"in_stock":4,"weight_grams":null,"tags":["a"]}""", "", "application/merge-patch+json"),
        Of("PATCH", "/products/p3", """[{"op":"test","path":"/id","value":"p3"},{"op":"add","path":"/tags","value":[]},{"op":"copy","from":"/name","path":"/tags/-"}]""", "", "application/json-patch+json"),
        Of("POST", "/products", """<?xml version="1.0"?><product sku="RND-3"><name>a &amp; b</name><price>1</price><tags><tag>t</tag></tags></product>""", "Accept: application/xml\r\n", "application/xml"),
        Of("DELETE", "/products/rnd", ""),
        Of("POST", "/orders/1/cancel", "", "If-Match: *\r\n"),
        "POST /cart HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nTE: trailers\r\n\r\n10;a=b\r\n{\"product\":\"p1\",\r\nc\r\n\"quantity\":2\r\n1\r\n}\r\n0\r\nX: y\r\n\r\n",
    ];

    private static readonly string[] Snippets =
    [
        "\0", "\r", "\n", "\r\n", "\r\n\r\n", " ", "\t", ":", "%", "%00", "%2e%2e", "%ff", "/", "..", "\\", "\"", "'", "{", "}", "[", "]", "((((((((", ",", ";", "=", "&", "?", "#",
        "\u00ff", "\u00c3", "\u00ed\u00a0\u0080", "\\ud800", "\\u0000", "1e999", "-", "-0", "99999999999999999999", "0.", "null", "true", "\"id\":1,", "\"id\":\"..\",", "<!DOCTYPE a>", "<", "&#0;", "]]>",
        "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "Expect: 100-continue\r\n", "Connection: upgrade\r\nUpgrade: x\r\n", "Host: other\r\n", "Content-Encoding: gzip\r\n",
        "Accept: */*;q=0\r\n", "If-Match: W/\"\r\n", "Prefer: ,;=\r\n", "Range: bytes=-1\r\n", "Cookie: =;;\r\n",
    ];

    [Fact]
    public async Task Damaged_requests_and_random_bytes_never_make_the_server_fail()
    {
        var failures = new ConcurrentQueue<string>();
        int next = 0, answered = 0;
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => Task.Run(SendAsync)));
        await shop.AssertAnswersAsync();

        Assert.Empty(failures);
        Assert.True(answered > Tries / 2, $"{answered} of {Tries} were answered.");

        async Task SendAsync()
        {
            while (Interlocked.Increment(ref next) is var number && number <= Tries)
            {
                byte[] bytes = Make(new Random(Seed + number));
                using var connection = await RawConnection.OpenAsync(shop.Program.Url);
                await connection.SendAsync(bytes);

                // Where the request before is whole, this ends the connection; where it is not, its bytes are part of it.
                await connection.SendAsync("\r\n\r\nGET /status HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n");
                string answers = await connection.ReadAllAsync(Silence);
                if (answers.Length > 0) Interlocked.Increment(ref answered);
                if (answers.Contains("HTTP/1.1 500", StringComparison.Ordinal) || answers.Contains("\"code\":\"INTERNAL\"", StringComparison.Ordinal))
                    failures.Enqueue($"{number}: {Encoding.Latin1.GetString(bytes)}\n{answers}");
            }
        }
    }

    private static byte[] Make(Random random)
    {
        if (random.Next(20) == 0)
        {
            byte[] noise = new byte[random.Next(1, 3_000)];
            random.NextBytes(noise);
            return noise;
        }

        var bytes = new List<byte>(Encoding.Latin1.GetBytes(Requests[random.Next(Requests.Length)]));
        int damages = random.Next(1, 5);
        for (int i = 0; i < damages; i++)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(7))
            {
                case 0: bytes[at] = (byte)random.Next(256); break;
                case 1: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 2: bytes.RemoveRange(at, Math.Min(random.Next(1, 12), bytes.Count - at)); break;
                case 3: bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 40), bytes.Count - at))); break;
                default: bytes.InsertRange(at, Encoding.Latin1.GetBytes(Snippets[random.Next(Snippets.Length)])); break;
            }

            if (bytes.Count == 0) return [0];
        }

        return MendLength(bytes, random);
    }

    /// <summary>Mostly, what was damaged is made to fit its length again: else little would come further than the framing.</summary>
    private static byte[] MendLength(List<byte> bytes, Random random)
    {
        string text = Encoding.Latin1.GetString([.. bytes]);
        int end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        int field = text.IndexOf("Content-Length: ", StringComparison.Ordinal);
        if (random.Next(10) == 0 || end < 0 || field < 0 || field > end) return [.. bytes];

        int fieldEnd = text.IndexOf("\r\n", field, StringComparison.Ordinal);
        return Encoding.Latin1.GetBytes($"{text[..field]}Content-Length: {text.Length - end - 4}{text[fieldEnd..]}");
    }

    private static string Of(string method, string target, string body, string fields = "", string type = "application/json") =>
        $"{method} {target} HTTP/1.1\r\nHost: shop\r\n{fields}{(body.Length > 0 ? $"Content-Type: {type}\r\n" : "")}Content-Length: {body.Length}\r\n\r\n{body}";
}
