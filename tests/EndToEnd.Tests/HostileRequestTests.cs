using System.Net;
using System.Net.Sockets;
using System.Text;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests;

/// <summary>
/// Whatever is sent, the answer is a problem document and the process lives. Requests are written to the socket as they
/// stand here, a character for each byte.
/// </summary>
public sealed class HostileRequestTests(Shop shop) : IClassFixture<Shop>
{
    private const string Host = "Host: shop\r\n";
    private const string Json = Host + "Content-Type: application/json\r\n";
    private const string Chunked = Json + "Transfer-Encoding: chunked\r\n\r\n";

    /// <summary>What cannot be HTTP, or could be read in two ways: refused, and nothing behind it is heeded.</summary>
    private static readonly Dictionary<string, (int Status, string Request)> Malformed = new()
    {
        // Request lines
        ["bytes that are no text"] = (400, "\0\u00ff\u0013garbage\r\n\r\n"),
        ["a TLS greeting"] = (400, "\u0016\u0003\u0001\0\u00a5\u0001\0\0\u00a1\u0003\u0003" + new string('\u0011', 160)),
        ["a method alone"] = (400, "GET\r\n\r\n"),
        ["a line without a version"] = (400, "GET /products\r\n\r\n"),
        ["an unknown version"] = (505, "GET /products HTTP/1.2\r\n" + Host + "\r\n"),
        ["a version of the future"] = (505, "GET /products HTTP/3.0\r\n" + Host + "\r\n"),
        ["a method that is no token"] = (400, "G(T /products HTTP/1.1\r\n" + Host + "\r\n"),
        ["a space in the target"] = (400, "GET /products /p1 HTTP/1.1\r\n" + Host + "\r\n"),
        ["a NUL in the target"] = (400, "GET /products/p\0 HTTP/1.1\r\n" + Host + "\r\n"),
        ["raw UTF-8 in the target"] = (400, "GET /products/\u00c3\u00a9 HTTP/1.1\r\n" + Host + "\r\n"),
        ["an absolute target without an authority"] = (400, "GET http:// HTTP/1.1\r\n" + Host + "\r\n"),
        ["an absolute target for another host"] = (400, "GET http://other/products HTTP/1.1\r\n" + Host + "\r\n"),
        ["an authority as the target of GET"] = (405, "GET shop:80 HTTP/1.1\r\nHost: shop:80\r\n\r\n"),
        ["a star as the target of GET"] = (405, "GET * HTTP/1.1\r\n" + Host + "\r\n"),
        ["CONNECT"] = (400, "CONNECT shop:80 HTTP/1.1\r\nHost: shop:80\r\nConnection: close\r\n\r\n"),
        ["a target of 9,000 characters"] = (414, $"GET /{new string('a', 9_000)} HTTP/1.1\r\n{Host}Connection: close\r\n\r\n"),
        ["a target of 200,000 characters"] = (414, $"GET /{new string('a', 200_000)} HTTP/1.1\r\n{Host}\r\n"),

        // Header sections
        ["no Host"] = (400, "GET /products HTTP/1.1\r\n\r\n"),
        ["two Hosts"] = (400, "GET /products HTTP/1.1\r\n" + Host + Host + "\r\n"),
        ["a Host that is none"] = (400, "GET /products HTTP/1.1\r\nHost: a b/c\r\n\r\n"),
        ["a bare LF behind the request line"] = (400, "GET /products/p1 HTTP/1.1\n" + Host + "\r\n"),
        ["a bare LF behind a field"] = (400, "GET /products/p1 HTTP/1.1\r\nHost: shop\nX: y\r\n\r\n"),
        ["a bare CR in a field"] = (400, "GET /products/p1 HTTP/1.1\r\n" + Host + "X: a\rb\r\n\r\n"),
        ["a NUL in a field"] = (400, "GET /products/p1 HTTP/1.1\r\n" + Host + "X: a\0b\r\n\r\n"),
        ["a space before the colon"] = (400, "GET /products/p1 HTTP/1.1\r\n" + Host + "X : a\r\n\r\n"),
        ["a folded field"] = (400, "GET /products/p1 HTTP/1.1\r\n" + Host + "X: a\r\n  b\r\n\r\n"),
        ["a field without a colon"] = (400, "GET /products/p1 HTTP/1.1\r\n" + Host + "X\r\n\r\n"),
        ["a field without a name"] = (400, "GET /products/p1 HTTP/1.1\r\n" + Host + ": a\r\n\r\n"),
        ["a field of 40,000 bytes"] = (431, $"GET /products HTTP/1.1\r\n{Host}Connection: close\r\nX: {new string('a', 40_000)}\r\n\r\n"),
        ["a field of 400,000 bytes"] = (431, $"GET /products HTTP/1.1\r\n{Host}X: {new string('a', 400_000)}\r\n\r\n"),
        ["2,000 fields"] = (431, $"GET /products HTTP/1.1\r\n{Host}{string.Concat(Enumerable.Range(0, 2_000).Select(i => $"X{i}: 1\r\n"))}\r\n"),
        ["a malformed HTTP/1.0 request"] = (400, "GET /products HTTP/1.0\r\nX : a\r\n\r\n"),

        // Lengths
        ["two lengths"] = (400, "POST /products HTTP/1.1\r\n" + Json + "Content-Length: 3\r\nContent-Length: 4\r\n\r\n{}  "),
        ["two lengths that agree"] = (400, "POST /products HTTP/1.1\r\n" + Json + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}"),
        ["a list of lengths"] = (400, "POST /products HTTP/1.1\r\n" + Json + "Content-Length: 2, 2\r\n\r\n{}"),
        ["a negative length"] = (400, "POST /products HTTP/1.1\r\n" + Json + "Content-Length: -2\r\n\r\n{}"),
        ["a length beyond all numbers"] = (400, "POST /products HTTP/1.1\r\n" + Json + "Content-Length: 99999999999999999999\r\n\r\n{}"),
        ["a length and chunks"] = (400, "POST /products HTTP/1.1\r\n" + Json + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
        ["a coding other than chunked"] = (400, "POST /products HTTP/1.1\r\n" + Json + "Transfer-Encoding: gzip\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
        ["a coding behind chunked"] = (400, "POST /products HTTP/1.1\r\n" + Json + "Transfer-Encoding: chunked, gzip\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
        ["chunked twice"] = (400, "POST /products HTTP/1.1\r\n" + Json + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
        ["chunks in HTTP/1.0"] = (400, "POST /products HTTP/1.0\r\n" + Json + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
        ["a chunk size that is no number"] = (400, "POST /products HTTP/1.1\r\n" + Chunked + "zz\r\n{}\r\n0\r\n\r\n"),
        ["a negative chunk size"] = (400, "POST /products HTTP/1.1\r\n" + Chunked + "-2\r\n{}\r\n0\r\n\r\n"),
        ["a chunk size beyond all numbers"] = (400, "POST /products HTTP/1.1\r\n" + Chunked + "FFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n"),
        ["a chunk longer than its size"] = (400, "POST /products HTTP/1.1\r\n" + Chunked + "2\r\n{}x\r\n0\r\n\r\n"),
        ["chunks with bare LF"] = (400, "POST /products HTTP/1.1\r\n" + Chunked + "2\n{}\n0\n\n"),
        ["a malformed trailer"] = (400, "POST /products HTTP/1.1\r\n" + Chunked + "2\r\n{}\r\n0\r\nbad trailer\r\n\r\n"),
        ["a length beyond the limit"] = (413, "POST /products HTTP/1.1\r\n" + Json + "Connection: close\r\nContent-Length: 2000000\r\n\r\n"),
        ["chunks beyond the limit"] = (413, "POST /products HTTP/1.1\r\nConnection: close\r\n" + Chunked + string.Concat(Enumerable.Repeat($"10000\r\n{new string(' ', 65_536)}\r\n", 20)) + "0\r\n\r\n"),
    };

    /// <summary>What is HTTP, and asks for what there is not: refused, and the connection goes on.</summary>
    private static readonly Dictionary<string, (int Status, string Line, string Body)> Refused = new()
    {
        // Paths
        ["an encoded slash"] = (404, "GET /products%2Fp1", ""),
        ["a dot segment"] = (400, "GET /products/./p1", ""),
        ["two dots"] = (400, "GET /products/../users", ""),
        ["encoded dots"] = (400, "GET /products/%2e%2e/users", ""),
        ["an encoded dot"] = (400, "GET /products/%2E/p1", ""),
        ["two slashes"] = (404, "GET //products", ""),
        ["a slash at the end"] = (404, "GET /products/", ""),
        ["percent-encoding that is none"] = (400, "GET /products/%zz", ""),
        ["percent-encoding cut off"] = (400, "GET /products/%f", ""),
        ["bytes that are not UTF-8"] = (400, "GET /products/%ff%fe", ""),
        ["bytes that are not UTF-8 beside a percent sign"] = (400, "GET /products/%ff%25", ""),
        ["dots before a path parameter"] = (400, "GET /products/..;x/users", ""),
        ["path parameters"] = (404, "GET /products/p1;a=b", ""),
        ["a backslash"] = (404, "GET /products\\p1", ""),
        ["70 segments"] = (404, "GET " + string.Concat(Enumerable.Repeat("/a", 70)), ""),

        // Methods
        ["TRACE"] = (405, "TRACE /products", ""),
        ["an unknown method"] = (405, "FROB /products/p1", ""),
        ["a method in lower case"] = (405, "get /products/p1", ""),

        // Queries
        ["an unknown parameter"] = (400, "GET /products?frob=1", ""),
        ["900 unknown parameters"] = (400, "GET /products?" + string.Join('&', Enumerable.Range(0, 900).Select(i => $"a{i}=1")), ""),
        ["a filter with a NUL"] = (400, "GET /products?filter=%00", ""),
        ["a filter of bytes that are not UTF-8"] = (400, "GET /products?filter=%ff%fe", ""),
        ["a filter of 3,000 brackets"] = (400, "GET /products?filter=" + new string('(', 3_000), ""),
        ["a filter of 3,400 negations"] = (400, "GET /products?filter=" + new string('!', 3_400) + "true", ""),
        ["a filter with a number beyond all numbers"] = (400, "GET /products?filter=price%3E1e400", ""),
        ["a filter with an integer beyond all integers"] = (400, "GET /products?filter=in_stock%3E" + new string('9', 500), ""),
        ["a filter with a pattern that explodes"] = (400, "GET /products?filter=name.matches(%22((a%7B1000%7D)%7B1000%7D)%7B1000%7D%22)", ""),
        ["a field parameter beyond all numbers"] = (400, "GET /products?price=1e999", ""),
        ["a page size beyond all numbers"] = (400, "GET /products?max_page_size=99999999999999999999", ""),
        ["a page token that is none"] = (400, "GET /products?page_token=%ff", ""),
        ["an order of commas"] = (400, "GET /products?order_by=,,-,", ""),
        ["fields of dots"] = (400, "GET /products?fields=a..b,,", ""),

        // JSON
        ["no body"] = (400, "POST /products", ""),
        ["100,000 brackets"] = (400, "POST /products", new string('[', 100_000)),
        ["100,000 objects"] = (400, "POST /products", string.Concat(Enumerable.Repeat("{\"a\":", 100_000))),
        ["nesting that is closed"] = (400, "POST /products", new string('[', 400_000) + new string(']', 400_000)),
        ["invalid UTF-8"] = (400, "POST /products", "{\"name\":\"\u00ff\u00fe\"}"),
        ["a surrogate in UTF-8"] = (400, "POST /products", "{\"name\":\"\u00ed\u00a0\u0080\"}"),
        ["half a surrogate pair"] = (400, "POST /products", """{"sku":"AAA-1","name":"\ud800","price":1}"""),
        ["a byte order mark"] = (400, "POST /products", "\u00ef\u00bb\u00bf{\"sku\":\"AAA-1\",\"name\":\"n\",\"price\":1}"),
        ["UTF-16"] = (400, "POST /products", "\u00ff\u00fe{\0}\0"),
        ["a comment"] = (400, "POST /products", """{"sku":"AAA-1",/* */"name":"n","price":1}"""),
        ["something behind the end"] = (400, "POST /products", """{"sku":"AAA-1","name":"n","price":1} x"""),
        ["a name twice"] = (400, "POST /products", """{"sku":"AAA-1","sku":"AAA-2","name":"n","price":1}"""),
        ["null"] = (422, "POST /products", "null"),
        ["wrong types"] = (422, "POST /products", """{"sku":1,"name":[],"price":"1","tags":{},"in_stock":1.5}"""),
        ["50,000 unknown fields"] = (422, "POST /products", "{" + string.Join(',', Enumerable.Range(0, 50_000).Select(i => $"\"a{i}\":1")) + "}"),
        ["an integer that no exponent makes one"] = (422, "POST /products", """{"sku":"AAA-1","name":"n","price":1,"in_stock":1e-1000000000}"""),
        ["a patch that copies itself"] = (413, "PATCH /products/p1|application/json-patch+json",
            """[{"op":"add","path":"/tags","value":["x"]}""" + string.Concat(Enumerable.Repeat(""",{"op":"copy","from":"/tags","path":"/tags/-"}""", 200)) + "]"),
        ["a patch of 20,000 operations"] = (400, "PATCH /products/p1|application/json-patch+json",
            "[" + string.Join(',', Enumerable.Repeat("""{"op":"test","path":"/name","value":"n"}""", 20_000)) + "]"),

        // XML
        ["no XML"] = (400, "POST /products|application/xml", ""),
        ["XML cut off"] = (400, "POST /products|application/xml", "<product"),
        ["a document type"] = (400, "POST /products|application/xml", "<!DOCTYPE a [<!ENTITY x \"y\">]><product sku=\"AAA-1\"><name>&x;</name></product>"),
        ["100,000 elements deep"] = (400, "POST /products|application/xml", string.Concat(Enumerable.Repeat("<product>", 100_000))),
        ["characters that XML has not"] = (400, "POST /products|application/xml", "<product sku=\"AAA-1\"><name>&#0;&#xd800;</name></product>"),
        ["50,000 attributes"] = (422, "POST /products|application/xml", "<product " + string.Join(' ', Enumerable.Range(0, 50_000).Select(i => $"a{i}=\"1\"")) + "/>"),

        ["EBCDIC"] = (400, "POST /products|application/xml", "\u004c\u006f\u00a7\u0094\u0093\u0040"),

        // Media types and codings
        ["no media type"] = (415, "POST /products|", "{}"),
        ["an unknown media type"] = (415, "POST /products|multipart/form-data; boundary=x", "{}"),
        ["a media type of strange bytes"] = (415, "POST /products|\u00ff\u0001/;;;=", "{}"),
        ["an unknown charset"] = (415, "POST /products|application/json; charset=frob", "{}"),
        ["UTF-16 by name"] = (415, "POST /products|application/json; charset=utf-16", "{}"),
        ["an unknown coding"] = (415, "POST /products|application/json\r\nContent-Encoding: frob", "{}"),
        ["gzip that is none"] = (400, "POST /products|application/json\r\nContent-Encoding: gzip", "this is no gzip, though long enough"),
        ["Brotli that is none"] = (400, "POST /products|application/json\r\nContent-Encoding: br", "this is no Brotli, though long enough"),
        ["gzip of nothing"] = (400, "POST /products|application/json\r\nContent-Encoding: gzip", ""),
    };

    public static TheoryData<string> MalformedNames => [.. Malformed.Keys];

    public static TheoryData<string> RefusedNames => [.. Refused.Keys];

    [Theory]
    [MemberData(nameof(MalformedNames))]
    public async Task A_malformed_request_is_answered_with_a_problem(string name)
    {
        var (status, request) = Malformed[name];
        using var connection = await RawConnection.OpenAsync(shop.Program.Url);
        await connection.SendAsync(request);

        var answer = Assert.IsType<RawAnswer>(await connection.ReadAsync());
        Assert.Equal(status, answer.Status);
        Shop.AssertProblem(answer);
        await shop.AssertAnswersAsync();
    }

    [Theory]
    [MemberData(nameof(MalformedNames))]
    public async Task A_malformed_request_on_a_used_connection_is_answered_with_a_problem_and_ends_it(string name)
    {
        var (status, request) = Malformed[name];
        using var connection = await RawConnection.OpenAsync(shop.Program.Url);

        await connection.SendAsync($"GET /status HTTP/1.1\r\n{Host}\r\n{request}");
        Assert.Equal(200, (await connection.ReadAsync())?.Status);
        var answer = Assert.IsType<RawAnswer>(await connection.ReadAsync());
        Assert.Equal(status, answer.Status);
        Shop.AssertProblem(answer);
    }

    [Fact]
    public async Task A_refusal_is_whole_wherever_it_comes_to_stand_in_the_server_s_buffer()
    {
        // Answers to pipelined requests share blocks of the server's memory: each round fills a block a little more.
        for (int i = 0; i < 60; i++)
        {
            using var connection = await RawConnection.OpenAsync(shop.Program.Url);
            string path = "/products/" + new string('x', 1 + (i * 7 % 120));
            await connection.SendAsync(string.Concat(Enumerable.Repeat($"GET {path} HTTP/1.1\r\n{Host}\r\n", 6 + (i / 6))) + $"GET /status HTTP/1.1\r\n{Host}X : a\r\n\r\n");
            for (int good = 0; good < 6 + (i / 6); good++) Assert.Equal(404, (await connection.ReadAsync())?.Status);

            var answer = Assert.IsType<RawAnswer>(await connection.ReadAsync());
            Assert.Equal(400, answer.Status);
            Shop.AssertProblem(answer);
        }
    }

    [Theory]
    [MemberData(nameof(RefusedNames))]
    public async Task A_request_that_can_t_be_served_is_answered_with_a_problem_and_the_connection_goes_on(string name)
    {
        var (status, line, body) = Refused[name];
        string[] parts = line.Split('|');
        string type = parts is [_, ""] ? "" : $"Content-Type: {(parts.Length > 1 ? parts[1] : "application/json")}\r\n";
        using var connection = await RawConnection.OpenAsync(shop.Program.Url);
        await connection.SendAsync($"{parts[0]} HTTP/1.1\r\n{Host}{type}Content-Length: {body.Length}\r\n\r\n{body}");

        var answer = Assert.IsType<RawAnswer>(await connection.ReadAsync());
        Assert.Equal(status, answer.Status);
        Shop.AssertProblem(answer);

        await connection.SendAsync($"GET /products/p1 HTTP/1.1\r\n{Host}\r\n");
        Assert.Equal(200, (await connection.ReadAsync())?.Status);
    }

    [Theory]
    [InlineData("1e400")]
    [InlineData("1e99999999999999999999")]
    [InlineData("123456789012345678901234567890.25")]
    [InlineData(null)] // 1,000 digits
    public async Task A_number_beyond_all_numbers_is_kept_as_it_was_written(string? number)
    {
        number ??= new string('9', 1_000);
        string sku = "BIG-" + (uint)number.GetHashCode(StringComparison.Ordinal);
        using var connection = await RawConnection.OpenAsync(shop.Program.Url);
        string body = $$"""{"sku":"{{sku}}","name":"n","price":{{number}}}""";
        await connection.SendAsync($"PUT /products/{sku} HTTP/1.1\r\n{Json}Content-Length: {body.Length}\r\n\r\n{body}");
        Assert.Equal(201, (await connection.ReadAsync())?.Status);

        // By itself, in the order of an index, and behind a page token.
        string url = "/products?order_by=-price&max_page_size=1&filter=price%3E100000";
        await connection.SendAsync($"GET /products/{sku} HTTP/1.1\r\n{Host}\r\nGET {url} HTTP/1.1\r\n{Host}\r\n");
        Assert.Contains($"\"price\":{number},", Encoding.ASCII.GetString((await connection.ReadAsync())!.Body), StringComparison.Ordinal);
        Assert.Equal(200, (await connection.ReadAsync())?.Status);
    }

    [Fact]
    public async Task A_refused_HEAD_ends_the_connection()
    {
        using var connection = await RawConnection.OpenAsync(shop.Program.Url);
        await connection.SendAsync($"HEAD /products/p1 HTTP/1.1\r\n{Host}X : a\r\n\r\n");
        string all = await connection.ReadAllAsync(TimeSpan.FromSeconds(20));

        Assert.StartsWith("HTTP/1.1 400 ", all, StringComparison.Ordinal);
        Assert.Contains("\r\nConnection: close\r\n", all, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_HEAD_of_nothing_has_the_header_fields_of_the_problem_and_no_content()
    {
        using var connection = await RawConnection.OpenAsync(shop.Program.Url);
        await connection.SendAsync($"HEAD /products/nothing HTTP/1.1\r\n{Host}\r\nGET /status HTTP/1.1\r\n{Host}\r\n");

        var answer = Assert.IsType<RawAnswer>(await connection.ReadAsync(isHead: true));
        Assert.Equal(404, answer.Status);
        Assert.Equal("application/problem+json", answer.Headers["Content-Type"]);
        Assert.Equal(200, (await connection.ReadAsync())?.Status);
    }

    [Fact]
    public async Task A_problem_can_be_XML()
    {
        using var connection = await RawConnection.OpenAsync(shop.Program.Url);
        await connection.SendAsync($"POST /products HTTP/1.1\r\n{Host}Accept: application/xml\r\nContent-Type: a\u0001b\r\nContent-Length: 2\r\n\r\n{{}}");

        var answer = Assert.IsType<RawAnswer>(await connection.ReadAsync());
        Assert.Equal(415, answer.Status);
        Assert.StartsWith("application/problem+xml", answer.Headers["Content-Type"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task HTTP_1_0_is_served_and_refused_like_any_other()
    {
        using (var connection = await RawConnection.OpenAsync(shop.Program.Url))
        {
            await connection.SendAsync("GET /products/p1 HTTP/1.0\r\n\r\n");
            Assert.Equal(200, (await connection.ReadAsync())?.Status);
            Assert.Null(await connection.ReadAsync());
        }

        using (var connection = await RawConnection.OpenAsync(shop.Program.Url))
        {
            await connection.SendAsync("GET /nothing HTTP/1.0\r\n\r\n");
            var answer = Assert.IsType<RawAnswer>(await connection.ReadAsync());
            Assert.Equal(404, answer.Status);
            Shop.AssertProblem(answer);
        }
    }

    [Fact]
    public async Task A_malformed_body_is_refused_on_its_way_to_a_service()
    {
        using var folder = new TempFolder();
        using var service = new SlowService();
        await File.WriteAllTextAsync(folder.File("front.yaml"), Documents.Proxy(service.Url));
        await using var program = await StatewayProgram.RunAsync(folder.Path, folder.File("data"));

        foreach (string body in (string[])["FFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n", "zz\r\n", "2\r\n{}x\r\n0\r\n\r\n", "2\r\n{}\r\n0\r\nbad trailer\r\n\r\n"])
        {
            using var connection = await RawConnection.OpenAsync(program.Url);
            await connection.SendAsync($"POST /slow HTTP/1.1\r\n{Chunked}{body}");
            var answer = Assert.IsType<RawAnswer>(await connection.ReadAsync());
            Assert.Equal(400, answer.Status);
            Shop.AssertProblem(answer);
        }

        using var smuggling = await RawConnection.OpenAsync(program.Url);
        await smuggling.SendAsync($"POST /slow HTTP/1.1\r\nContent-Length: 5\r\n{Chunked}0\r\n\r\n");
        Assert.Equal(400, (await smuggling.ReadAsync())?.Status);
    }

    [Fact]
    public async Task Content_that_looks_like_the_server_s_own_refusal_is_passed_on_as_it_is()
    {
        const string content = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\n\r\n";
        using var folder = new TempFolder();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var answering = AnswerAsync();
        await File.WriteAllTextAsync(folder.File("front.yaml"), Documents.Proxy($"http://{listener.LocalEndpoint}/"));
        await using var program = await StatewayProgram.RunAsync(folder.Path, folder.File("data"));

        using var connection = await RawConnection.OpenAsync(program.Url);
        await connection.SendAsync($"GET /slow HTTP/1.1\r\n{Host}\r\n");
        Assert.Equal(content, Encoding.ASCII.GetString((await connection.ReadAsync())!.Body));
        await answering;

        // Behind it, the server's own refusals are problems again.
        await connection.SendAsync($"GET /slow HTTP/1.1\r\n{Host}X : a\r\n\r\n");
        var refusal = Assert.IsType<RawAnswer>(await connection.ReadAsync());
        Assert.Equal(400, refusal.Status);
        Shop.AssertProblem(refusal);

        async Task AnswerAsync()
        {
            using var service = await listener.AcceptSocketAsync();
            await service.ReceiveAsync(new byte[8 * 1024]);
            await service.SendAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {content.Length}\r\nContent-Type: text/plain\r\n\r\n{content}"));
        }
    }

    [Fact]
    public async Task OPTIONS_of_the_server_itself_is_answered()
    {
        using var connection = await RawConnection.OpenAsync(shop.Program.Url);
        await connection.SendAsync($"OPTIONS * HTTP/1.1\r\n{Host}\r\n");
        Assert.Equal(204, (await connection.ReadAsync())?.Status);
    }

    [Fact]
    public async Task An_absolute_target_is_served()
    {
        using var connection = await RawConnection.OpenAsync(shop.Program.Url);
        await connection.SendAsync($"GET http://shop/products/p1 HTTP/1.1\r\n{Host}\r\n");
        Assert.Equal(200, (await connection.ReadAsync())?.Status);
    }

    [Fact]
    public async Task A_path_in_the_query_of_an_absolute_target_is_no_path()
    {
        using var connection = await RawConnection.OpenAsync(shop.Program.Url);
        await connection.SendAsync($"GET http://shop?next=/nothing HTTP/1.1\r\n{Host}\r\n");
        Assert.Equal(200, (await connection.ReadAsync())?.Status); // the server's own page, at /
    }

    [Fact]
    public async Task The_preface_of_HTTP_2_is_answered_in_HTTP_2()
    {
        using var connection = await RawConnection.OpenAsync(shop.Program.Url);
        await connection.SendAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0");
        string answer = await connection.ReadAllAsync(TimeSpan.FromSeconds(20));

        Assert.Equal('\u0007', answer[3]);  // a GOAWAY frame (RFC 9113, section 6.8)
        Assert.Equal('\r', answer[^1]);     // HTTP_1_1_REQUIRED
        await shop.AssertAnswersAsync();
    }

    [Fact]
    public async Task Pipelined_requests_are_answered_in_their_order()
    {
        using var connection = await RawConnection.OpenAsync(shop.Program.Url);
        await connection.SendAsync(string.Concat(Enumerable.Range(1, 50).Select(i => $"GET /products/p{i} HTTP/1.1\r\n{Host}\r\n")));
        for (int i = 1; i <= 50; i++)
            Assert.Contains($"\"id\":\"p{i}\"", Encoding.UTF8.GetString((await connection.ReadAsync())!.Body), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET /products/p1", 200)]
    [InlineData("DELETE /products/nothing", 404)]
    [InlineData("FROB /products", 405)]
    [InlineData("GET /nothing", 404)]
    public async Task A_body_that_nobody_reads_is_not_taken_for_the_next_request(string line, int status)
    {
        const string smuggled = "GET /smuggled HTTP/1.1\r\nHost: shop\r\n\r\n";
        using var connection = await RawConnection.OpenAsync(shop.Program.Url);
        await connection.SendAsync($"{line} HTTP/1.1\r\n{Host}Content-Length: {smuggled.Length}\r\n\r\n{smuggled}GET /status HTTP/1.1\r\n{Host}\r\n");

        Assert.Equal(status, (await connection.ReadAsync())?.Status);
        var next = Assert.IsType<RawAnswer>(await connection.ReadAsync());
        Assert.Contains("\"open\":true", Encoding.UTF8.GetString(next.Body), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("application/json", 2, 100)]
    [InlineData("text/plain", 5, 415)]
    [InlineData("application/json", 5_000_000, 413)]
    public async Task A_body_is_asked_for_only_when_it_would_be_taken(string type, int length, int status)
    {
        using var connection = await RawConnection.OpenAsync(shop.Program.Url);
        await connection.SendAsync($"POST /products HTTP/1.1\r\n{Host}Content-Type: {type}\r\nContent-Length: {length}\r\nExpect: 100-continue\r\n\r\n");
        var answer = Assert.IsType<RawAnswer>(await connection.ReadAsync());
        Assert.Equal(status, answer.Status);
        if (status == 100)
        {
            await connection.SendAsync("{}");
            Assert.Equal(422, (await connection.ReadAsync())?.Status);
            return;
        }

        // The body may come or not: what follows could be taken for it.
        Shop.AssertProblem(answer);
        Assert.Equal("close", answer.Headers["Connection"]);
    }
}
