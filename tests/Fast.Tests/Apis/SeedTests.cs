using System.Text;
using Stateway.Model.Apis;
using Stateway.Model.Apis.Seeds;
using Xunit;

namespace Stateway.Fast.Tests.Apis;

public sealed class SeedTests
{
    private const string Document = """
        openapi: 3.1.0
        info: { title: T, version: '1' }
        x-stateway-collections:
          users: { schema: { properties: { name: { type: string } } }, unique: [name], seed: users.json }
          orders:
            seed: orders.yaml
            schema:
              type: object
              required: [total, status]
              properties:
                total: { type: number }
                status: { type: string, enum: [open, done], readOnly: true }
                user: { type: string, x-stateway-reference: users }
            children: { items: { schema: { type: object, required: [n], properties: { n: { type: integer } } } } }
        paths: {}
        """;

    [Fact]
    public void Rows_come_with_ids_parents_before_their_children()
    {
        using var folder = Folder("""[ { "id": "u1", "name": "A" } ]""", "- { id: o1, total: 1.50, status: done, user: u1, items: [ { n: 1 }, { id: x, n: 2 } ] }\n- { total: 2 }\n");
        var reading = folder.Read();
        Assert.Empty(reading.Errors);

        var rows = SeedFile.Read(reading.Apis[0].Collections[1]).Rows;

        Assert.Equal(
            [
                """a/orders o1 {"id":"o1","total":1.50,"status":"done","user":"u1"}""",
                """a/orders/items o1/1 {"id":"1","n":1}""",
                """a/orders/items o1/x {"id":"x","n":2}""",
                """a/orders 2 {"id":"2","total":2}""",
            ],
            rows.Select(row => $"{row.Collection.StoreName} {row.Path} {Encoding.UTF8.GetString(row.Json.Span)}"));
    }

    [Theory]
    [InlineData("{}", "[]", "users.json:1:1 ", "a list of resources")]
    [InlineData("[1]", "[]", "users.json:1:2 /0", "is an object")]
    [InlineData("[\n {\"id\": \"a/b\"}]", "[]", "users.json:2:9 /0/id", "can't be an id")]
    [InlineData("[{\"id\": \"a\"}, {\"id\": \"a\"}]", "[]", "users.json:1:22 /1/id", "taken")]
    [InlineData("[{\"nam\": \"a\"}]", "[]", "users.json:1:10 /0/nam", "did you mean name")]
    [InlineData("[{\"name\": \"a\"},\n {\"name\": \"a\"}]", "[]", "users.json:2:11 /1/name", "unique")]
    [InlineData("[", "[]", "users.json:1:2 ", "not JSON")]
    [InlineData("[]", "- { total: 1, status: opn }", "orders.yaml:1:23 /0/status", "")]
    [InlineData("[]", "- { status: open }", "orders.yaml:1:3 /0/total", "missing")]
    [InlineData("[]", "- { total: 1, user: u9 }", "orders.yaml:1:21 /0/user", "no row 'u9'")]
    [InlineData("[]", "- { total: 1, items: { n: 1 } }", "orders.yaml:1:22 /0/items", "a list of children")]
    [InlineData("[]", "- { total: 1, items: [ { n: x } ] }", "orders.yaml:1:29 /0/items/0/n", "integer")]
    public void What_is_wrong_with_a_row_is_told_where_it_stands(string users, string orders, string place, string message)
    {
        using var folder = Folder(users, orders);

        var error = Assert.Single(folder.Read().Errors);

        Assert.Equal(place, $"{error.File}:{error.Line}:{error.Column} {error.Pointer}");
        Assert.Contains(message, error.Message);
    }

    [Fact]
    public void A_seed_that_has_gone_since_is_an_error_and_no_exception()
    {
        CollectionDeclaration users;
        using (var folder = Folder("[]", "[]")) users = folder.Read().Apis[0].Collections[0];

        Assert.Contains("can't be read", Assert.Single(SeedFile.Read(users).Errors).Message);
    }

    private static DocumentFolder Folder(string users, string orders) =>
        new DocumentFolder().With("a.yaml", Document).With("users.json", users).With("orders.yaml", orders);
}
