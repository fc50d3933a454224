using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Stateway.Gateway.Content;

namespace Stateway.Collections.Patches;

/// <summary>What every patch must be before anything else: JSON (RFC 8259) in UTF-8, without duplicate names.</summary>
public static class PatchText
{
    /// <summary>Objects and arrays inside each other, the outermost included.</summary>
    public const int DepthMax = 64;

    internal static JsonReaderOptions Options => new() { MaxDepth = DepthMax };

    /// <returns>Null when it is.</returns>
    internal static PatchError? Check(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json)) return new PatchError(PatchFailure.Malformed, "", "The patch is not UTF-8.");

        var reader = new Utf8JsonReader(json, Options);
        HashSet<string>?[] names = new HashSet<string>?[DepthMax + 1]; // by depth; used again by the next object there
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.StartObject)
                {
                    // Clearing costs as much as the set was ever large, so a large one is not used again.
                    ref var inside = ref names[reader.CurrentDepth + 1];
                    if (inside is { Count: > 64 }) inside = null;
                    else inside?.Clear();
                }

                if (reader.TokenType != JsonTokenType.PropertyName) continue;

                string name = Text(ref reader);
                if (!(names[reader.CurrentDepth] ??= []).Add(name))
                {
                    return new PatchError(PatchFailure.Malformed, "", $"The name {name} is given twice in one object.");
                }
            }
        }
        catch (JsonException e)
        {
            return new PatchError(PatchFailure.Malformed, "", $"The patch is not JSON: line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}.");
        }

        return null;
    }

    /// <summary>Slices that were nested into each other may have become too deep together.</summary>
    internal static bool IsShallow(ReadOnlySpan<byte> json)
    {
        int depth = 0;
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 2 * DepthMax + 1 });
        while (reader.Read()) depth = Math.Max(depth, reader.CurrentDepth + (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject ? 1 : 0));
        return depth <= DepthMax;
    }

    /// <summary>The text of the name or string that the reader stands on; a lone surrogate stays what it is.</summary>
    internal static string Text(ref Utf8JsonReader reader)
    {
        string text = Encoding.UTF8.GetString(reader.ValueSpan);
        if (!reader.ValueIsEscaped) return text;

        char[] chars = text.ToCharArray();
        JsonText.TryUnescape(chars, out int length); // the reader has checked the escapes
        return new string(chars, 0, length);
    }
}
