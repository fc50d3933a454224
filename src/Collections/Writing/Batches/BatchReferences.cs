using System.Globalization;
using System.Text;
using System.Text.Json;
using Stateway.Gateway.Content;
using Stateway.Model.Problems;

namespace Stateway.Collections.Writing.Batches;

/// <summary>
/// Puts ids of earlier requests where a later one refers to them: <c>${order.id}</c> in its path and in every string of its
/// body. <c>$${</c> stands for <c>${</c>. Everything else of a body stays as it was written.
/// </summary>
/// <param name="ids">By the requests' names.</param>
/// <param name="errors">Gets what is no reference, or leads to no earlier request.</param>
internal sealed class BatchReferences(IReadOnlyDictionary<string, string> ids, List<ProblemError> errors)
{
    private readonly List<Level> _levels = []; // where in the body: objects and arrays, from the outermost

    public string InPath(BatchItem item) =>
        item.Path.Contains("${", StringComparison.Ordinal) ? Replace(item.Path, () => item.Pointer + "/path") : item.Path;

    public ReadOnlyMemory<byte> InBody(BatchItem item)
    {
        var json = item.Body;
        if (!json.Span.Contains((byte)'$') && json.Span.IndexOf("\\u0024"u8) < 0) return json;

        _levels.Clear();
        using var output = new ByteBuffer(json.Length + 256);
        var pointer = () => item.Pointer + "/body" + PointerInBody();
        int copied = 0;
        var reader = new Utf8JsonReader(json.Span, new JsonReaderOptions { MaxDepth = 128 });
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    _levels.RemoveAt(_levels.Count - 1);
                    continue;

                case JsonTokenType.PropertyName:
                    _levels[^1] = new(IsArray: false, 0, reader.GetString()!);
                    continue;
            }

            // A value: in an array it is the next one.
            if (_levels.Count > 0 && _levels[^1].IsArray) _levels[^1] = _levels[^1] with { Index = _levels[^1].Index + 1 };
            if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
            {
                _levels.Add(new(reader.TokenType == JsonTokenType.StartArray, -1, ""));
            }
            else if (reader.TokenType == JsonTokenType.String)
            {
                string text = reader.GetString()!;
                if (!text.Contains("${", StringComparison.Ordinal)) continue;

                output.Append(json.Span[copied..(int)reader.TokenStartIndex]);
                JsonText.WriteString(output, Replace(text, pointer));
                copied = (int)reader.BytesConsumed;
            }
        }

        output.Append(json.Span[copied..]);
        return output.Written.ToArray();
    }

    /// <param name="pointer">Made for what is wrong alone: a body may have a hundred thousand texts, deep inside.</param>
    private string Replace(ReadOnlySpan<char> text, Func<string> pointer)
    {
        var replaced = new StringBuilder(text.Length + 32);
        while (text.IndexOf("${") is >= 0 and var at)
        {
            if (at > 0 && text[at - 1] == '$')
            {
                replaced.Append(text[..(at - 1)]).Append("${");
                text = text[(at + 2)..];
                continue;
            }

            int length = text[at..].IndexOf('}') + 1;
            var reference = length == 0 ? text[at..] : text.Slice(at, length);
            if (reference is not ['$', '{', .. var name, '.', 'i', 'd', '}'])
                errors.Add(new("MALFORMED_REFERENCE", "A reference is ${NAME.id}; $${ stands for ${ itself.") { Pointer = pointer() });
            else if (!ids.TryGetValue(name.ToString(), out string? id))
                errors.Add(new("UNKNOWN_REFERENCE", "No earlier request has the name that stands here.") { Pointer = pointer() });
            else
                replaced.Append(text[..at]).Append(id);

            text = text[(at + reference.Length)..];
        }

        return replaced.Append(text).ToString();
    }

    private string PointerInBody()
    {
        var pointer = new StringBuilder();
        foreach (var level in _levels)
        {
            pointer.Append('/');
            if (level.IsArray) pointer.Append(CultureInfo.InvariantCulture, $"{level.Index}");
            else pointer.Append(level.Name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal));
        }

        return pointer.ToString();
    }

    /// <param name="Index">Of an array: of its current item.</param>
    /// <param name="Name">Of an object: of its current member.</param>
    private readonly record struct Level(bool IsArray, int Index, string Name);
}
