using System.Buffers;
using System.Collections.Immutable;
using Stateway.Collections.Representations;
using Stateway.Collections.Writing;
using Stateway.Gateway.Content.Xml;
using Stateway.Model.Apis;
using Stateway.Model.Schemas;
using Stateway.Store;

namespace Stateway.Collections;

/// <summary>A declared collection, compiled for serving: everything about it that a request needs and that does not change.</summary>
public sealed class Collection
{
    internal Collection(CollectionDeclaration declaration, Oversight? oversight)
    {
        Oversight = oversight;
        Declaration = declaration;
        Composer = new(declaration.Shape);
        WriteOnlyMask = Mask.WithoutWriteOnly(declaration.Shape);
        if (WriteOnlyMask is { } mask)
        {
            Visible = value =>
            {
                var served = new ArrayBufferWriter<byte>(Math.Max(value.Length, 1));
                mask.Write(value, served);
                return served.WrittenMemory;
            };
        }

        UniqueFields = [.. declaration.Unique.Select(name => FieldPath.Of(name, declaration.Shape))];
        References = [.. declaration.References.Select(r => new Reference(FieldPath.Of(r.Key, declaration.Shape), ApiName(declaration) + "/" + r.Value))];
    }

    public CollectionDeclaration Declaration { get; }
    public string StoreName => Declaration.StoreName;
    public Shape Shape => Declaration.Shape;

    internal Composer Composer { get; }

    /// <summary>Null where schema and references say all.</summary>
    internal Oversight? Oversight { get; }

    /// <summary>What a stored value is served without; null when everything is served.</summary>
    internal Mask? WriteOnlyMask { get; }

    /// <summary>What filters may see of a stored value; null when that is all of it.</summary>
    internal Visible? Visible { get; }

    internal ImmutableArray<FieldPath> UniqueFields { get; }

    /// <summary>Fields that name a resource of another collection.</summary>
    internal ImmutableArray<Reference> References { get; }

    /// <summary>Who refers to this collection: a resource that is referred to can't be deleted.</summary>
    internal ImmutableArray<Referrer> Referrers { get; set; } = [];

    /// <summary>Where a reference leads, by the field's name. Set when all collections are known.</summary>
    internal ImmutableDictionary<string, Collection> ReferenceTargets { get; set; } = ImmutableDictionary<string, Collection>.Empty;

    /// <summary>Store names of all collections below this one: they go when the resource goes.</summary>
    internal ImmutableArray<string> Descendants { get; set; } = [];

    internal Collection? Parent { get; set; }

    // Compiled when the first client asks for XML: many never do. Made twice by a race they are equal.
    internal XmlForm Xml => field ??= XmlForm.Of(Shape, ElementName(Declaration));
    internal XmlForm XmlList => field ??= XmlForm.OfList(Shape, Declaration.Name, ElementName(Declaration));
    internal XmlForm XmlHistory => field ??= XmlForm.Of(Declaration.HistoryShape, "history");

    /// <summary>What the store must know: every field that something looks up.</summary>
    public CollectionSpec ToSpec()
    {
        var names = Declaration.Filter.Concat(Declaration.Order).Concat(Declaration.Unique)
            .Concat(Declaration.References.Select(r => r.Key)).Distinct();
        return new(StoreName, [.. names.Select(name => FieldPath.Of(name, Shape)).Select(p => new IndexedField(p.Segments, p.IsTimestamp))]);
    }

    /// <summary>The value that is stored of a seed's row. It may give values of readOnly fields, too.</summary>
    public byte[] ComposeSeed(ReadOnlySpan<byte> row, string path, DateTimeOffset now) =>
        Composer.Compose(row, path[(path.LastIndexOf('/') + 1)..], row, now, trusted: true);

    /// <summary>References stay inside their API.</summary>
    private static string ApiName(CollectionDeclaration declaration) => declaration.StoreName[..declaration.StoreName.IndexOf('/')];

    private static string ElementName(CollectionDeclaration declaration) =>
        declaration.Shape.Xml?.Name ?? declaration.Shape.ComponentName ?? declaration.Name;
}

/// <param name="Target">Store name of the collection referred to.</param>
internal sealed record Reference(FieldPath Field, string Target);

/// <param name="Collection">Store name of the collection whose field refers.</param>
internal sealed record Referrer(string Collection, string Field);
