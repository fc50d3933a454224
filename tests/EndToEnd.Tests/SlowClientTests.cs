using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests;

/// <summary>Clients that keep the server waiting. The server's patience is what these tests take.</summary>
public sealed class SlowClientTests(Shop shop) : IClassFixture<Shop>
{
    [Fact]
    public async Task A_body_that_does_not_come_is_answered_with_408()
    {
        using var connection = await RawConnection.OpenAsync(shop.Program.Url);
        await connection.SendAsync("POST /products HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{");

        var answer = Assert.IsType<RawAnswer>(await connection.ReadAsync());
        Assert.Equal(408, answer.Status);
        Shop.AssertProblem(answer);
        Assert.Null(await connection.ReadAsync());
        await shop.AssertAnswersAsync();
    }

    [Fact]
    public async Task A_header_section_that_does_not_end_is_answered_with_408()
    {
        using var connection = await RawConnection.OpenAsync(shop.Program.Url);
        await connection.SendAsync("GET /products HTTP/1.1\r\nHost: shop\r\nX: ");

        var answer = Assert.IsType<RawAnswer>(await connection.ReadAsync());
        Assert.Equal(408, answer.Status);
        Shop.AssertProblem(answer);
        Assert.Null(await connection.ReadAsync());
        await shop.AssertAnswersAsync();
    }

    [Fact]
    public async Task Five_hundred_idle_connections_keep_nobody_out()
    {
        var idle = new List<RawConnection>();
        try
        {
            for (int i = 0; i < 500; i++)
            {
                idle.Add(await RawConnection.OpenAsync(shop.Program.Url));
                await idle[^1].SendAsync("GET /products HTTP/1.1\r\nHo");
            }

            await shop.AssertAnswersAsync();
        }
        finally
        {
            foreach (var connection in idle) connection.Dispose();
        }
    }

    [Fact]
    public async Task Clients_that_go_in_the_middle_leave_no_trace()
    {
        for (int i = 0; i < 200; i++)
        {
            using var connection = await RawConnection.OpenAsync(shop.Program.Url);
            await connection.SendAsync(i % 2 == 0
                ? "POST /products HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"sku\":"
                : "GET /products?max_page_size=1000 HTTP/1.1\r\nHost: shop\r\n\r\n");
        }

        await shop.AssertAnswersAsync();
    }
}
