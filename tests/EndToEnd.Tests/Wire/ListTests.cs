using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using Xunit;

namespace Stateway.EndToEnd.Tests.Wire;

/// <summary>Pages, filters, orders, parts of resources.</summary>
public sealed class ListTests(WireProgram wire) : IClassFixture<WireProgram>, IAsyncLifetime
{
    /// <summary>Id, name, count, price, active, born, at, city; null where the field is missing.</summary>
    private static readonly (string Id, string Name, int? Count, string? Price, bool Active, string? Born, string? At, string? City)[] Things =
    [
        ("p00", "ash", 3, "1.50", true, "2001-01-01", "2024-05-01T10:00:00Z", "Rome"),
        ("p01", "birch", 3, "1.5", false, null, "2024-05-01T12:00:00+02:00", "Oslo"),
        ("p02", "cedar", 1, null, true, "1999-12-31", null, null),
        ("p03", "dogwood", 2, "20", true, null, "2023-01-01T00:00:00.5Z", "Rome"),
        ("p04", "elm", 1, "3", false, "2001-01-01", null, "Bonn"),
        ("p05", "fir", 2, null, true, null, "2025-01-01T00:00:00Z", null),
        ("p06", "ash", 9, "100", false, null, null, "Oslo"),
        ("p07", "ginkgo", 10, "0.1", true, null, "2023-01-01T00:00:00Z", "Ulm"),
        ("p08", "ärle", 3, "2", true, null, null, "Rome"),
        ("p09", "Hazel", 1, "1", true, null, null, "oslo"),
    ];

    public async ValueTask InitializeAsync()
    {
        if ((await wire.GetAsync("/things/p09")).Status == 200) return;

        (await wire.PutAsync("/makers/m1", """{"name":"M"}""")).Written();
        foreach (var t in Things)
        {
            string body = $$"""{"name":"{{t.Name}}","count":{{t.Count}},"active":{{(t.Active ? "true" : "false")}}"""
                + (t.Price is null ? "" : $",\"price\":{t.Price}") + (t.Born is null ? "" : $",\"born\":\"{t.Born}\"") + (t.At is null ? "" : $",\"at\":\"{t.At}\"")
                + (t.City is null ? "" : $$""","address":{"city":"{{t.City}}"}""") + (t.Id == "p00" ? ",\"maker\":\"m1\"" : "") + "}";
            (await wire.PutAsync("/things/" + t.Id, body)).Expect(201);
        }
    }

    public ValueTask DisposeAsync() => default;

    [Fact]
    public async Task A_list_is_in_the_order_of_ids_with_its_revision()
    {
        var list = (await wire.GetAsync("/things")).Expect(200);
        Assert.Equal(Things.Select(t => t.Id), list.Ids);
        Assert.Null(list.NextPageToken);
        Assert.Null(list["Link"]);
        Assert.Matches("^[0-9]+$", (string?)list.Json["revision"]);
        Assert.Null(list.Json["total_size"]);
        Assert.Equal((await wire.GetAsync("/things/p03")).Text, list.Json["results"]![3]!.ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
        Assert.Equal("{\"results\":[],\"revision\":\"" + list.Json["revision"] + "\"}", (await wire.GetAsync("/countries")).Text);
    }

    [Theory]
    [InlineData("", "p00 p01 p02 p03 p04 p05 p06 p07 p08 p09")]
    [InlineData("id", "p00 p01 p02 p03 p04 p05 p06 p07 p08 p09")]
    [InlineData("-id", "p09 p08 p07 p06 p05 p04 p03 p02 p01 p00")]
    [InlineData("name", "p09 p00 p06 p01 p02 p03 p04 p05 p07 p08")]
    [InlineData("-name", "p08 p07 p05 p04 p03 p02 p01 p06 p00 p09")]
    [InlineData("name,-id", "p09 p06 p00 p01 p02 p03 p04 p05 p07 p08")]
    [InlineData("-name,id", "p08 p07 p05 p04 p03 p02 p01 p00 p06 p09")]
    [InlineData("count,name", "p09 p02 p04 p03 p05 p00 p01 p08 p06 p07")]
    [InlineData("count,-name", "p04 p02 p09 p05 p03 p08 p01 p00 p06 p07")]
    [InlineData("-count,name", "p07 p06 p00 p01 p08 p03 p05 p09 p02 p04")]
    [InlineData("price", "p02 p05 p07 p09 p00 p01 p08 p04 p03 p06")]
    [InlineData("-price", "p06 p03 p04 p08 p01 p00 p09 p07 p05 p02")]
    [InlineData("-price,id", "p06 p03 p04 p08 p00 p01 p09 p07 p02 p05")]
    [InlineData("address.city", "p02 p05 p04 p01 p06 p00 p03 p08 p07 p09")]
    [InlineData("-address.city,price", "p09 p07 p00 p08 p03 p01 p06 p04 p02 p05")]
    [InlineData("at", "p02 p04 p06 p08 p09 p07 p03 p00 p01 p05")]
    [InlineData("at,-name", "p08 p04 p02 p06 p09 p07 p03 p01 p00 p05")]
    public async Task Orders_hold_over_all_pages_of_any_size(string order, string expected)
    {
        string[] ids = expected.Split(' ');
        string url = "/things?order_by=" + Uri.EscapeDataString(order);
        Assert.Equal(ids, (await wire.GetAsync(url)).Expect(200).Ids);
        foreach (int size in new[] { 1, 3, 10 }) Assert.Equal(ids, await wire.AllIdsAsync($"{url}&max_page_size={size}"));

        // With a filter that an index serves, and with one that none does.
        string[] active = [.. ids.Where(id => Things.Single(t => t.Id == id).Active)];
        Assert.Equal(active, await wire.AllIdsAsync(url + "&active=true&max_page_size=2"));
        string[] noted = [.. ids.Where(id => Things.Single(t => t.Id == id).Count != 3)];
        Assert.Equal(noted, await wire.AllIdsAsync(url + "&max_page_size=2&filter=" + Uri.EscapeDataString("!has(note) && count != 3")));
    }

    [Fact]
    public async Task The_next_page_is_linked()
    {
        var first = (await wire.GetAsync("/things?max_page_size=4&order_by=-id&filter=" + Uri.EscapeDataString("count > 0 && name != \"a&b\""))).Expect(200);
        var ids = new List<string>(first.Ids);
        for (var page = first; page["Link"] is { } link;)
        {
            Assert.Matches("^<[^>]+>; rel=\"next\"$", link);
            string url = link[1..link.IndexOf('>')];
            Assert.StartsWith("/v1/things?", url, StringComparison.Ordinal);
            Assert.EndsWith("page_token=" + page.NextPageToken, url, StringComparison.Ordinal);
            page = (await wire.GetAsync("/" + url)).Expect(200);
            ids.AddRange(page.Ids);
        }

        Assert.Equal(Things.Select(t => t.Id).Reverse(), ids);
    }

    [Theory]
    [InlineData("name=ash", "p00 p06")]
    [InlineData("count=3", "p00 p01 p08")]
    [InlineData("price=1.5", "p00 p01")]
    [InlineData("price=1.50", "p00 p01")]
    [InlineData("price=20.0", "p03")]
    [InlineData("price=1e2", "p06")]
    [InlineData("active=false", "p01 p04 p06")]
    [InlineData("born=2001-01-01", "p00 p04")]
    [InlineData("at=2024-05-01T10:00:00Z", "p00 p01")]
    [InlineData("at=2024-05-01T08:00:00-02:00", "p00 p01")]
    [InlineData("address.city=Rome", "p00 p03 p08")]
    [InlineData("address.city=Rome&count=3", "p00 p08")]
    [InlineData("maker=m1", "p00")]
    [InlineData("name=%C3%A4rle", "p08")]
    [InlineData("name=nobody", "")]
    [InlineData("name=", "")]
    [InlineData("count=3&filter=price%3E1.6", "p08")]
    [InlineData("filter=", "p00 p01 p02 p03 p04 p05 p06 p07 p08 p09")]
    [InlineData("filter=has(price)%20%26%26%20price%3C%3D1.5", "p00 p01 p07 p09")]
    [InlineData("filter=!has(address)", "p02 p05")]
    [InlineData("filter=name.startsWith(%22a%22)%20%7C%7C%20address.city%20in%20%5B%22Ulm%22%5D", "p00 p06 p07")]
    [InlineData("filter=at%3Ctimestamp(%222024-01-01T00:00:00Z%22)", "p03 p07")]
    [InlineData("filter=id%20in%20%5B%22p01%22,%22p09%22%5D", "p01 p09")]
    public async Task Equality_and_filters_find_what_they_say(string query, string expected)
    {
        string[] ids = expected.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(ids, (await wire.GetAsync("/things?" + query)).Expect(200).Ids);
        Assert.Equal(ids, await wire.AllIdsAsync("/things?max_page_size=2&" + query));
        Assert.Equal(ids.Reverse(), await wire.AllIdsAsync("/things?max_page_size=1&order_by=-id&" + query));
        Assert.Equal(ids.Length, (int?)(await wire.GetAsync("/things?max_page_size=1&" + query, "Prefer: count=exact")).Expect(200).Json["total_size"]);
    }

    [Theory]
    [InlineData("count=x", "count TYPE")]
    [InlineData("count=", "count TYPE")]
    [InlineData("price=cheap", "price TYPE")]
    [InlineData("active=yes", "active TYPE")]
    [InlineData("active=True", "active TYPE")]
    [InlineData("at=noon", "at TYPE")]
    [InlineData("at=12:00", "at TYPE")]
    [InlineData("at=2024-05-01", "at TYPE")]
    [InlineData("weight=1", "weight UNKNOWN_PARAMETER")]
    [InlineData("id=p00", "id UNKNOWN_PARAMETER")]
    [InlineData("nam=ash", "nam UNKNOWN_PARAMETER")]
    [InlineData("count=1&count=2", "count DUPLICATE")]
    [InlineData("max_page_size=0", "max_page_size MINIMUM")]
    [InlineData("max_page_size=-1", "max_page_size MINIMUM")]
    [InlineData("max_page_size=ten", "max_page_size TYPE")]
    [InlineData("max_page_size=1.5", "max_page_size TYPE")]
    [InlineData("max_page_size=", "max_page_size TYPE")]
    [InlineData("order_by=weight", "order_by UNKNOWN_FIELD")]
    [InlineData("order_by=nope", "order_by UNKNOWN_FIELD")]
    [InlineData("order_by=id,nope", "order_by UNKNOWN_FIELD")]
    [InlineData("order_by=-", "order_by UNKNOWN_FIELD")]
    [InlineData("order_by=name,-name", "order_by DUPLICATE")]
    [InlineData("fields=nope", "fields UNKNOWN_FIELD")]
    [InlineData("fields=address.nope", "fields UNKNOWN_FIELD")]
    [InlineData("fields=lines.nope", "fields UNKNOWN_FIELD")]
    [InlineData("expand=name", "expand UNKNOWN_REFERENCE")]
    [InlineData("expand=maker.name", "expand UNKNOWN_REFERENCE")]
    [InlineData("watch=yes", "watch TYPE")]
    public async Task A_wrong_parameter_is_400_and_named(string query, string expected) =>
        Assert.Equal([expected], (await wire.GetAsync("/things?" + query)).Problem(400, "INVALID_PARAMETER"));

    [Fact]
    public async Task All_wrong_parameters_are_told_at_once()
    {
        var errors = (await wire.GetAsync("/things?count=x&nam=a&max_page_size=0&order_by=nope&fields=nope&expand=nope&filter=price%3E%3E1")).Problem(400, "INVALID_PARAMETER");
        Assert.Equal(["count TYPE", "expand UNKNOWN_REFERENCE", "fields UNKNOWN_FIELD", "filter INVALID_EXPRESSION", "max_page_size MINIMUM", "nam UNKNOWN_PARAMETER", "order_by UNKNOWN_FIELD"], errors);
        Assert.Contains("did you mean name?", (await wire.GetAsync("/things?nam=a")).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("price >")]
    [InlineData("nope == 1")]
    [InlineData("name == 1")]
    [InlineData("address.nope == \"x\"")]
    [InlineData("name")]
    public async Task A_filter_that_is_wrong_is_400(string filter)
    {
        var errors = (await wire.GetAsync("/things?filter=" + Uri.EscapeDataString(filter))).Problem(400, "INVALID_FILTER");
        Assert.All(errors, e => Assert.Equal("filter INVALID_EXPRESSION", e));
        Assert.NotEmpty(errors);
    }

    [Fact]
    public async Task Total_size_comes_only_when_asked_for()
    {
        var counted = (await wire.GetAsync("/things?max_page_size=2&count=3", "Prefer: count=exact")).Expect(200);
        Assert.Equal(3, (int?)counted.Json["total_size"]);
        Assert.Equal("count=exact", counted["Preference-Applied"]);
        Assert.Null((await wire.GetAsync("/things?count=3", "Prefer: count=none")).Expect(200).Json["total_size"]);
        Assert.Equal(5, (int?)(await wire.GetAsync("/things?filter=" + Uri.EscapeDataString("!has(born) && !has(note) && has(address) && name != \"Hazel\""), "Prefer: count=exact")).Json["total_size"]);
    }

    [Fact]
    public async Task Fields_serves_only_these_and_the_id()
    {
        Assert.Equal("""{"id":"p00","name":"ash"}""", (await wire.GetAsync("/things/p00?fields=name")).Expect(200).Text);
        Assert.Equal("""{"id":"p00","price":1.50,"address":{"city":"Rome"}}""", (await wire.GetAsync("/things/p00?fields=address.city,price")).Text);
        Assert.Equal("""{"id":"p00","address":{"city":"Rome","zone":"A"}}""", (await wire.GetAsync("/things/p00?fields=address.city,address")).Text);
        Assert.Equal("""{"id":"p02","name":"cedar"}""", (await wire.GetAsync("/things/p02?fields=id,address,name")).Text);
        Assert.StartsWith("""{"results":[{"id":"p00","count":3},{"id":"p01","count":3},""", (await wire.GetAsync("/things?fields=count")).Text, StringComparison.Ordinal);

        (await wire.PutAsync("/trees/f", """{"label":"a","a":{"label":"b","a":{"label":"c"}},"b":{"label":"d"}}""")).Written();
        Assert.Equal("""{"id":"f","a":{"a":{"label":"c"}}}""", (await wire.GetAsync("/trees/f?fields=a.a.label")).Text);

        var whole = await wire.GetAsync("/things/p00");
        var part = await wire.GetAsync("/things/p00?fields=name", "If-None-Match: " + whole.ETag);
        Assert.True(part.Status == 304 || part.ETag != whole.ETag);
    }

    [Fact]
    public async Task Pages_are_50_unless_asked_otherwise_and_1000_at_most()
    {
        foreach (var chunk in Enumerable.Range(0, 1_005).Chunk(64))
        {
            foreach (var answer in await Task.WhenAll(chunk.Select(i => wire.PutAsync($"/continents/c{i:0000}", """{"name":"a"}""")))) answer.Written();
        }

        Assert.Equal(50, (await wire.GetAsync("/continents")).Ids.Length);
        var large = (await wire.GetAsync("/continents?max_page_size=99999999999")).Expect(200);
        Assert.Equal(1_000, large.Ids.Length);
        Assert.Equal(5, (await wire.GetAsync("/continents?max_page_size=1001&page_token=" + large.NextPageToken)).Expect(200).Ids.Length);
        Assert.Equal(1_005, (await wire.AllIdsAsync("/continents?max_page_size=333")).Distinct().Count());
    }

    [Theory]
    [InlineData("")]
    [InlineData("order_by=group,-n")]
    [InlineData("order_by=-n")]
    [InlineData("order_by=-id")]
    [InlineData("filter=!has(other)")]
    public async Task While_rows_come_and_go_no_row_that_stays_is_left_out_or_shown_twice(string query)
    {
        string prefix = "s" + (uint)query.GetHashCode(StringComparison.Ordinal);
        string group = "&group=" + prefix;
        for (int i = 0; i < 30; i++) (await wire.PutAsync($"/rows/{prefix}-{i:00}", $$"""{"n":{{i / 3}},"group":"{{prefix}}"}""")).Expect(201);

        int round = 0;
        var gone = new HashSet<string>();
        var ids = await wire.AllIdsAsync($"/rows?max_page_size=4&{query}{group}", async () =>
        {
            if (++round > 12) return; // rows added behind the page could go on for ever
            for (int i = 0; i < 6; i++) (await wire.PutAsync($"/rows/{prefix}-{(round * 7 + i * 5) % 30:00}new{round}", $$"""{"n":{{i}},"group":"{{prefix}}"}""")).Expect(201);
            foreach (int i in new[] { round, 29 - round, 12 + (round % 3) })
            {
                if (gone.Add($"{prefix}-{i:00}")) (await wire.DeleteAsync($"/rows/{prefix}-{i:00}")).Expect(204);
            }
        });

        Assert.Equal(ids.Distinct(), ids);
        Assert.Empty(Enumerable.Range(0, 30).Select(i => $"{prefix}-{i:00}").Except(gone).Except(ids));
    }

    [Fact]
    public async Task A_page_token_belongs_to_its_list()
    {
        string token = (await wire.GetAsync("/things?max_page_size=2&order_by=name&count=3")).NextPageToken!;
        (await wire.GetAsync($"/things?max_page_size=2&order_by=name&count=3&page_token={token}")).Expect(200);
        foreach (string url in new[]
        {
            $"/things?page_token={token}",
            $"/things?order_by=name&page_token={token}",
            $"/things?order_by=-name&count=3&page_token={token}",
            $"/things?order_by=name&count=2&page_token={token}",
            $"/things?order_by=name&count=3&filter=has(price)&page_token={token}",
            $"/makers?order_by=name&page_token={token}",
            $"/things?order_by=name&count=3&page_token={token[..^1]}",
            $"/things?order_by=name&count=3&page_token={token}A",
            $"/things?order_by=name&count=3&page_token={(token[0] == 'A' ? 'B' : 'A')}{token[1..]}",
            $"/things?order_by=name&count=3&page_token={token[..^3]}{(token[^3] == 'A' ? 'B' : 'A')}{token[^2..]}",
            "/things?page_token=x",
            "/things?page_token=%00%00",
            "/things?page_token=" + new string('A', 100),
            "/things?page_token=" + new string('A', 8_000),
            "/things?page_token=%C3%A4%21",
        })
        {
            Assert.Equal(["page_token INVALID"], (await wire.GetAsync(url)).Problem(400, "INVALID_PAGE_TOKEN"));
        }

        Assert.Equal(["page_token DUPLICATE"], (await wire.GetAsync($"/things?page_token={token}&page_token={token}")).Problem(400, "INVALID_PARAMETER"));
        (await wire.GetAsync("/things?page_token=")).Expect(200);
    }

    [Fact]
    public async Task A_page_token_is_valid_for_three_days()
    {
        string token = (await wire.GetAsync("/things?max_page_size=2")).NextPageToken!;
        (await wire.GetAsync("/things?page_token=" + Aged(token, TimeSpan.FromHours(71)))).Expect(200);
        (await wire.GetAsync("/things?page_token=" + Aged(token, TimeSpan.FromHours(73)))).Problem(410, "PAGE_TOKEN_EXPIRED");
    }

    [Fact]
    public async Task A_filter_on_fields_that_are_not_declared_reads_20000_rows_and_no_more()
    {
        var seeded = wire.GetAsync("/seeded?max_page_size=1000&filter=" + Uri.EscapeDataString("other == 20001"));
        Assert.Equal(["filter NOT_INDEXED"], (await seeded).Problem(400, "INVALID_FILTER"));
        Assert.Contains("other", (await seeded).Detail, StringComparison.Ordinal);
        (await wire.GetAsync("/seeded?filter=" + Uri.EscapeDataString("other > 99999999"))).Problem(400, "INVALID_FILTER");
        (await wire.GetAsync("/seeded?filter=" + Uri.EscapeDataString("other >= 0"), "Prefer: count=exact")).Problem(400, "INVALID_FILTER"); // counting reads, too
        (await wire.GetAsync("/seeded?filter=" + Uri.EscapeDataString("other >= 0"))).Expect(200);

        // Narrowed by a declared field it is quick; so is one that is found early.
        Assert.Equal(["r20001"], (await wire.GetAsync("/seeded?group=last&filter=" + Uri.EscapeDataString("other == 20001"))).Expect(200).Ids);
        Assert.Equal(["r00007"], (await wire.GetAsync("/seeded?max_page_size=1&filter=" + Uri.EscapeDataString("other in [7, 8]"))).Expect(200).Ids);
        Assert.Equal(20_002, (int?)(await wire.GetAsync("/seeded", "Prefer: count=exact")).Expect(200).Json["total_size"]);
    }

    /// <summary>The same token, issued earlier: what only the server, which has the key, could do.</summary>
    private string Aged(string token, TimeSpan by)
    {
        byte[] bytes = Base64Url.DecodeFromChars(token);
        var time = bytes.AsSpan(17, 8);
        BinaryPrimitives.WriteInt64LittleEndian(time, BinaryPrimitives.ReadInt64LittleEndian(time) - (long)by.TotalSeconds);
        HMACSHA256.HashData(wire.PageTokenKey(), bytes.AsSpan(16)).AsSpan(0, 16).CopyTo(bytes);
        return Base64Url.EncodeToString(bytes);
    }
}
