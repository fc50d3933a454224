using System.Buffers;
using System.Text.Json;

namespace Stateway.Collections.Patches;

/// <summary>
/// JSON merge patch (RFC 7396) over slices of the texts: a value that the patch leaves alone keeps its bytes, number text
/// and order included; new members follow in the patch's order.
/// </summary>
public static class MergePatch
{
    private const JsonTokenType Used = JsonTokenType.None;

    private readonly record struct Member(int NameStart, int ValueStart, int End, JsonTokenType Type);

    /// <param name="target">Valid JSON without duplicate names, at most <see cref="PatchText.DepthMax"/> deep.</param>
    /// <param name="patch">Whatever was sent.</param>
    /// <param name="output">Gets the result, or nothing when there is an error. It is never longer than both texts together.</param>
    /// <returns>Null when it was applied; otherwise <see cref="PatchFailure.Malformed"/>.</returns>
    /// <exception cref="JsonException">The target was not JSON.</exception>
    public static PatchError? Apply(ReadOnlyMemory<byte> target, ReadOnlyMemory<byte> patch, IBufferWriter<byte> output)
    {
        if (PatchText.Check(patch.Span) is { } error) return error;

        Merge(Trim(target.Span), Trim(patch.Span), output);
        return null;
    }

    /// <param name="target">Empty where there is nothing.</param>
    private static void Merge(ReadOnlySpan<byte> target, ReadOnlySpan<byte> patch, IBufferWriter<byte> output)
    {
        if (patch[0] != (byte)'{')
        {
            output.Write(patch);
            return;
        }

        if (target.IsEmpty || target[0] != (byte)'{') target = "{}"u8;

        var changes = Changes(patch);
        if (changes.Count == 0)
        {
            output.Write(target);
            return;
        }

        output.Write("{"u8);
        bool isFirst = true;
        Keep(target, patch, changes, output, ref isFirst);

        // What the target has not used is new.
        foreach (var change in changes.Values)
        {
            if (change.Type is JsonTokenType.Null or Used) continue;

            WriteName(patch, change, output, ref isFirst);
            Merge(default, patch[change.ValueStart..change.End], output);
        }

        output.Write("}"u8);
    }

    private static OrderedDictionary<string, Member> Changes(ReadOnlySpan<byte> patch)
    {
        var changes = new OrderedDictionary<string, Member>();
        var reader = new Utf8JsonReader(patch, PatchText.Options);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = PatchText.Text(ref reader);
            changes.Add(name, Next(ref reader));
        }

        return changes;
    }

    /// <summary>Writes the target's members, changed or not; marks the changes that it has used.</summary>
    private static void Keep(
        ReadOnlySpan<byte> target, ReadOnlySpan<byte> patch, OrderedDictionary<string, Member> changes, IBufferWriter<byte> output, ref bool isFirst)
    {
        var reader = new Utf8JsonReader(target, PatchText.Options);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = PatchText.Text(ref reader);
            var member = Next(ref reader);
            if (!changes.TryGetValue(name, out var change, out int index))
            {
                WriteName(target, member, output, ref isFirst);
                output.Write(target[member.ValueStart..member.End]);
            }
            else if (change.Type != JsonTokenType.Null)
            {
                changes.SetAt(index, change with { Type = Used }); // removing would move all that follow
                WriteName(target, member, output, ref isFirst);
                Merge(target[member.ValueStart..member.End], patch[change.ValueStart..change.End], output);
            }
        }
    }

    /// <summary>From a name, past its value.</summary>
    private static Member Next(ref Utf8JsonReader reader)
    {
        int name = (int)reader.TokenStartIndex;
        reader.Read();
        int value = (int)reader.TokenStartIndex;
        var type = reader.TokenType;
        reader.Skip();
        return new Member(name, value, (int)reader.BytesConsumed, type);
    }

    private static void WriteName(ReadOnlySpan<byte> json, Member member, IBufferWriter<byte> output, ref bool isFirst)
    {
        if (!isFirst) output.Write(","u8);
        isFirst = false;
        output.Write(json[member.NameStart..member.ValueStart].TrimEnd(" \t\r\n:"u8)); // the closing quote ends the trimming
        output.Write(":"u8);
    }

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> json) => json.Trim(" \t\r\n"u8);
}
