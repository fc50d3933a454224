using System.Text;

namespace Stateway.Model.Schemas.Json;

/// <summary>A JSON text with its tokens: what the checks read.</summary>
internal readonly ref struct JsonText(ReadOnlySpan<byte> utf8, JsonTape tape)
{
    public readonly ReadOnlySpan<byte> Utf8 = utf8;
    public readonly ReadOnlySpan<JsonToken> Tokens = tape.Tokens;
    private readonly JsonTape _tape = tape;

    public JsonKind KindOf(int at) => Tokens[at].Kind;

    /// <summary>A string or name, without quotes and escapes.</summary>
    public ReadOnlySpan<byte> StringAt(int at)
    {
        ref readonly JsonToken token = ref Tokens[at];
        return token.Extra < 0 ? Utf8.Slice(token.Start, token.Length) : _tape.UnescapedAt(token.Extra);
    }

    /// <summary>The value as it is written; strings with their quotes.</summary>
    public ReadOnlySpan<byte> RawAt(int at)
    {
        ref readonly JsonToken token = ref Tokens[at];
        return token.Kind is JsonKind.String or JsonKind.Name
            ? Utf8.Slice(token.Start - 1, token.Length + 2)
            : Utf8.Slice(token.Start, token.Length);
    }

    /// <summary>JSON pointer (RFC 6901) of a value, found by walking from the root: only errors pay for pointers.</summary>
    public string PointerTo(int at)
    {
        var pointer = new StringBuilder();
        int here = 0;
        for (int depth = 0; here != at && Tokens[here].Kind is JsonKind.Array or JsonKind.Object; depth++)
        {
            // Errors come mostly in the order of the text, so that the walk goes on where the last one ended.
            ref var cursor = ref _tape.Cursors[depth];
            if (cursor.Container != here || cursor.Child > at) cursor = (here, here + 1, 0);

            bool named = Tokens[here].Kind == JsonKind.Object;
            while (at >= Tokens[named ? cursor.Child + 1 : cursor.Child].Next)
            {
                cursor.Child = Tokens[named ? cursor.Child + 1 : cursor.Child].Next;
                cursor.Ordinal++;
            }

            if (!named)
            {
                pointer.Append('/').Append(cursor.Ordinal);
                here = cursor.Child;
                continue;
            }

            AppendSegment(pointer, Encoding.UTF8.GetString(StringAt(cursor.Child)));
            if (at == cursor.Child) break; // the name itself: the pointer of its member
            here = cursor.Child + 1;
        }

        return pointer.ToString();
    }

    public static void AppendSegment(StringBuilder pointer, string name)
    {
        pointer.Append('/');
        foreach (char c in name)
        {
            if (c == '~') pointer.Append("~0");
            else if (c == '/') pointer.Append("~1");
            else pointer.Append(c);
        }
    }
}
