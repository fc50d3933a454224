using System.Text.Json.Nodes;
using Stateway.Model.Apis;
using Stateway.Model.Schemas;
using Xunit;

namespace Stateway.Fast.Tests.Apis;

/// <summary>Collections that are platform kinds: who may declare them, and what they become.</summary>
public sealed class KindDocumentTests
{
    private const string Head = "openapi: 3.1.0\ninfo: { title: T, version: '1' }\npaths: {}\nx-stateway-collections:\n";

    [Theory]
    [InlineData("true")]
    [InlineData("{ read_only: true }")]
    [InlineData("maybe")]
    public void A_user_s_document_declares_none(string kind)
    {
        var error = Assert.Single(DocumentFolder.Read("a.yaml", Head + $"  things:\n    x-stateway-kind: {kind}\n    schema: {{ type: object }}").Errors);
        Assert.Equal("a.yaml:6:5", $"{error.File}:{error.Line}:{error.Column}");
        Assert.Contains("Only Stateway's own kinds", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("maybe")]
    [InlineData("false")]
    [InlineData("{}")]
    [InlineData("{ read_only: 1 }")]
    [InlineData("{ readonly: true }")]
    [InlineData("{ read_only: true, other: true }")]
    public void A_kind_is_declared_in_one_of_two_ways(string kind)
    {
        var error = Assert.Single(DocumentFolder.ReadKinds("a.yaml", Head + $"  things: {{ x-stateway-kind: {kind}, schema: {{ type: object }} }}").Errors);
        Assert.Equal("/x-stateway-collections/things/x-stateway-kind", error.Pointer);
        Assert.Contains("{ read_only: true }", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{ x-stateway-kind: true, seed: a.json, schema: { type: object } }", "/seed", "has no seed")]
    [InlineData("{ x-stateway-kind: true, schema: { type: object }, actions: { do: { set: { status.x: 1 } } } }", "/actions/do/set/status.x", "can't set it")]
    [InlineData("{ x-stateway-kind: true, schema: { type: object }, actions: { do: { set: { generation: 1 } } } }", "/actions/do/set/generation", "can't set it")]
    public void What_is_the_store_s_is_left_to_it(string things, string pointer, string message)
    {
        using var folder = new DocumentFolder();
        var error = Assert.Single(folder.With("a.json", "[]").With("a.yaml", Head + "  things: " + things).ReadKinds("a.yaml").Errors);
        Assert.Equal("/x-stateway-collections/things" + pointer, error.Pointer);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_store_s_field_of_another_type_is_refused()
    {
        var error = Assert.Single(DocumentFolder.ReadKinds("a.yaml", Head + "  things: { x-stateway-kind: true, schema: { type: object, properties: { status: { type: string } } } }").Errors);
        Assert.EndsWith("/schema/properties/status/type", error.Pointer, StringComparison.Ordinal);
        Assert.Contains("The store owns 'status'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_kind_has_the_store_s_fields_and_its_own_status()
    {
        var api = Read("  things: { x-stateway-kind: true, schema: { type: object, properties: { name: { type: string }, status: { properties: { load: { type: integer } } } } }, filter: [status.load, owner] }");
        var things = api.Collections[0];
        Assert.Equal(new KindDeclaration(IsReadOnly: false), things.Kind);
        Assert.Equal(["id", "generation", "create_time", "update_time", "delete_time", "finalizers", "owner", "name", "status"], things.Shape.Properties.Select(p => p.Key));
        Assert.Equal(KindDeclaration.OwnedFields, things.Shape.Properties.Where(p => p.Value.ReadOnly).Select(p => p.Key));
        Assert.Equal(ShapeTypes.Integer, things.Shape.Property("generation")!.Types);
        Assert.Equal(ShapeTypes.String | ShapeTypes.Null, things.Shape.Property("owner")!.Types);
        Assert.Equal(ShapeTypes.Object, things.Shape.Property("status")!.Types);
        Assert.Equal(["load", "observed_generation", "conditions"], things.Shape.Property("status")!.Properties.Select(p => p.Key));
        Assert.Equal(["status.load", "owner"], things.Filter);

        var served = JsonNode.Parse(api.Document.Span)!;
        Assert.Equal(["202", "204"], served["paths"]!["/things/{thing_id}"]!["delete"]!["responses"]!.AsObject().Select(r => r.Key).Where(status => status[0] == '2'));
        Assert.NotNull(served["components"]!["schemas"]!["Condition"]);
        Assert.DoesNotContain("x-stateway-kind", served.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_kind_that_is_read_only_has_no_writing_operations()
    {
        var api = Read("  nodes: { x-stateway-kind: { read_only: true }, schema: { type: object, properties: { address: { type: string } } } }");
        Assert.True(api.Collections[0].Kind!.IsReadOnly);
        Assert.Equal(["GET /nodes", "GET /nodes/{node_id}", "GET /nodes/{node_id}/history", "GET /nodes/{node_id}/why"], api.Operations.Select(o => $"{o.Method} {o.Path}"));
        Assert.False(Read("  nodes: { x-stateway-kind: { read_only: false }, schema: { type: object } }").Collections[0].Kind!.IsReadOnly);
    }

    [Fact]
    public void Beside_kinds_there_can_be_collections_like_any_others()
    {
        var api = Read("  things: { x-stateway-kind: true, schema: { type: object }, children: { notes: { schema: { type: object } } } }");
        Assert.Null(api.Collections[0].Children[0].Kind);
        Assert.Equal(["id", "create_time", "update_time"], api.Collections[0].Children[0].Shape.Properties.Select(p => p.Key));
    }

    private static ApiSpec Read(string collections)
    {
        var reading = DocumentFolder.ReadKinds("a.yaml", Head + collections);
        Assert.Empty(reading.Errors);
        return reading.Apis[0];
    }
}
