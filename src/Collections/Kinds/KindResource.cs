using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using Stateway.Collections.Patches;
using Stateway.Collections.Representations;
using Stateway.Collections.Writing;
using Stateway.Store;

namespace Stateway.Collections.Kinds;

/// <summary>A resource of a platform kind, taken apart: what is asked for, what is true, and what the store says of it.</summary>
public sealed record KindResource
{
    private static readonly JsonReaderOptions Reading = new() { MaxDepth = PatchText.DepthMax + 8 };

    public required Key Key { get; init; }

    /// <summary>Of the last change of whatever part. A write has it as its condition.</summary>
    public required long Revision { get; init; }

    /// <summary>Counts the changes of <see cref="Spec"/>, from 1.</summary>
    public required long Generation { get; init; }

    public required DateTimeOffset CreateTime { get; init; }
    public required DateTimeOffset UpdateTime { get; init; }

    /// <summary>When its deletion was asked for; null as long as it was not.</summary>
    public DateTimeOffset? DeleteTime { get; init; }

    /// <summary>Who has to clean up before it can go.</summary>
    public ImmutableArray<string> Finalizers { get; init; } = [];

    /// <summary><c>{collection}/{id…}</c> of what it was made for; null when nothing else asked for it.</summary>
    public string? Owner { get; init; }

    /// <summary>A JSON object: the fields that are none of the store's.</summary>
    public required ReadOnlyMemory<byte> Spec { get; init; }

    /// <summary>A JSON object.</summary>
    public required ReadOnlyMemory<byte> Status { get; init; }

    public string Id => Key.Path[(Key.Path.LastIndexOf('/') + 1)..];

    /// <summary>The conditions of the status; those that are none are left out.</summary>
    public ImmutableArray<KindCondition> Conditions() => KindStatus.ConditionsOf(Status);

    /// <summary>Takes a stored resource apart. What is missing has its default.</summary>
    public static KindResource Of(Entry entry)
    {
        var json = entry.Value.Span;
        var spec = new ArrayBufferWriter<byte>(json.Length);
        spec.Write("{"u8);
        ReadOnlyMemory<byte> status = "{}"u8.ToArray();
        var (generation, created, updated, finalizers) = (0L, entry.UpdateTime, entry.UpdateTime, ImmutableArray<string>.Empty);
        DateTimeOffset? deleted = null;
        string? owner = null;

        var reader = new Utf8JsonReader(json, Reading);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            int start = (int)reader.TokenStartIndex;
            var field = FieldOf(ref reader);
            reader.Read();
            int valueStart = (int)reader.TokenStartIndex;
            switch (field)
            {
                case Field.Generation: generation = reader.GetInt64(); break;
                case Field.CreateTime: created = reader.GetDateTimeOffset(); break;
                case Field.UpdateTime: updated = reader.GetDateTimeOffset(); break;
                case Field.DeleteTime: deleted = reader.GetDateTimeOffset(); break;
                case Field.Owner: owner = reader.GetString(); break;
                case Field.Finalizers: finalizers = ReadTexts(ref reader); break;
                default: reader.Skip(); break;
            }

            var value = valueStart..(int)reader.BytesConsumed;
            if (field == Field.Status)
            {
                status = entry.Value[value];
            }
            else if (field == Field.Spec)
            {
                if (spec.WrittenCount > 1) spec.Write(","u8);
                spec.Write(json[start..value.End]);
            }
        }

        spec.Write("}"u8);
        return new()
        {
            Key = entry.Key,
            Revision = entry.Revision,
            Generation = generation,
            CreateTime = created,
            UpdateTime = updated,
            DeleteTime = deleted,
            Finalizers = finalizers,
            Owner = owner,
            Spec = spec.WrittenMemory,
            Status = status,
        };
    }

    /// <summary>What its entity tag is made of, without taking the whole apart: these fields stand in front.</summary>
    internal static ResourceVersion VersionOf(Entry entry)
    {
        var json = entry.Value.Span;
        var generation = new Utf8JsonReader(JsonSlice.Find(json, "generation"));
        var created = new Utf8JsonReader(JsonSlice.Find(json, "create_time"));
        generation.Read();
        created.Read();
        return new(entry.Revision, generation.GetInt64(), created.GetDateTimeOffset().ToUnixTimeMilliseconds());
    }

    /// <summary>The JSON that is stored and served.</summary>
    internal byte[] ToValue()
    {
        var output = new ArrayBufferWriter<byte>(Spec.Length + Status.Length + 320);
        using (var json = new Utf8JsonWriter(output, new JsonWriterOptions { SkipValidation = true })) // the spec's members go in as they are
        {
            json.WriteStartObject();
            json.WriteString("id", Id);
            json.WriteNumber("generation", Generation);
            WriteRaw("create_time", Composer.TimeOf(CreateTime));
            WriteRaw("update_time", Composer.TimeOf(UpdateTime));
            if (DeleteTime is { } deleted) WriteRaw("delete_time", Composer.TimeOf(deleted));
            json.WriteStartArray("finalizers");
            foreach (string finalizer in Finalizers) json.WriteStringValue(finalizer);
            json.WriteEndArray();
            json.WriteString("owner", Owner);
            json.Flush();
            if (Spec.Length > 2)
            {
                output.Write(","u8);
                output.Write(Spec.Span[1..^1]);
            }

            WriteRaw("status", Status.Span);
            json.WriteEndObject();

            void WriteRaw(string name, ReadOnlySpan<byte> value)
            {
                json.WritePropertyName(name);
                json.WriteRawValue(value, skipInputValidation: true);
            }
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>Whether two JSON texts mean the same: members in any order, numbers by value.</summary>
    internal static bool AreSame(ReadOnlyMemory<byte> a, ReadOnlyMemory<byte> b) =>
        a.Span.SequenceEqual(b.Span) || new PatchNode(a).IsEqualTo(new PatchNode(b));

    private static ImmutableArray<string> ReadTexts(ref Utf8JsonReader reader)
    {
        var texts = ImmutableArray.CreateBuilder<string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) texts.Add(reader.GetString()!);
        return texts.DrainToImmutable();
    }

    private static Field FieldOf(ref Utf8JsonReader name) =>
        name.ValueTextEquals("id"u8) ? Field.Id
        : name.ValueTextEquals("generation"u8) ? Field.Generation
        : name.ValueTextEquals("create_time"u8) ? Field.CreateTime
        : name.ValueTextEquals("update_time"u8) ? Field.UpdateTime
        : name.ValueTextEquals("delete_time"u8) ? Field.DeleteTime
        : name.ValueTextEquals("finalizers"u8) ? Field.Finalizers
        : name.ValueTextEquals("owner"u8) ? Field.Owner
        : name.ValueTextEquals("status"u8) ? Field.Status
        : Field.Spec;

    private enum Field { Id, Generation, CreateTime, UpdateTime, DeleteTime, Finalizers, Owner, Status, Spec }
}
