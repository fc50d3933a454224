using System.Buffers;
using System.Diagnostics;
using System.Text;
using System.Text.Unicode;

namespace Stateway.Model.Schemas.Json;

/// <summary>
/// The tokens of one JSON text (RFC 8259, strictly), in one flat array that is used again for the next text:
/// a value is looked at any number of times and skipped in one step, and nothing is allocated per value.
/// Refuses what is not UTF-8, unpaired surrogates in escapes, and nesting deeper than <see cref="DepthMax"/>.
/// Repeated names are not a fault; they are listed.
/// </summary>
internal sealed class JsonTape
{
    public const int DepthMax = 64;
    public const int BytesMax = 1 << 28; // a token's Next has 28 bits, and no token is shorter than a byte

    private const int TokensKeptMax = 1 << 14; // 384 KiB a thread
    private const int NamesComparedMax = 32; // above, names are hashed

    // Ends a run of plain bytes in a string: the quote, an escape, or a control character, which must be escaped.
    private static readonly SearchValues<byte> s_stringStops =
        SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(b => (byte)b), (byte)'"', (byte)'\\']);

    [ThreadStatic] private static JsonTape? t_idle;

    private JsonToken[] _tokens = new JsonToken[128];
    private int _count;
    private byte[] _unescaped = [];
    private int _unescapedLength;
    private JsonFault _fault;

    public ReadOnlySpan<JsonToken> Tokens => _tokens.AsSpan(0, _count);

    /// <summary>Name tokens whose object has an earlier member of the same name.</summary>
    public List<int> Duplicates { get; } = [];

    /// <summary>
    /// Of each depth, the child of a container at which the last pointer went through; see
    /// <see cref="JsonText.PointerTo"/>.
    /// </summary>
    public (int Container, int Child, int Ordinal)[] Cursors { get; } = new (int, int, int)[DepthMax];

    public static JsonTape Rent()
    {
        var tape = t_idle ?? new JsonTape();
        t_idle = null;
        return tape;
    }

    public void Return()
    {
        if (_tokens.Length <= TokensKeptMax && _unescaped.Length <= TokensKeptMax) t_idle = this;
    }

    public ReadOnlySpan<byte> UnescapedAt(int offset) =>
        _unescaped.AsSpan(offset + sizeof(int), BitConverter.ToInt32(_unescaped, offset));

    /// <returns>False when the text is not JSON; <paramref name="fault"/> says why.</returns>
    public bool TryRead(ReadOnlySpan<byte> utf8, out JsonFault fault)
    {
        _count = 0;
        _unescapedLength = 0;
        _fault = default;
        Duplicates.Clear();
        Array.Fill(Cursors, (-1, 0, 0));

        bool done = utf8.Length <= BytesMax
            ? Utf8.IsValid(utf8) ? ReadText(utf8) : Fail(EndOfValidUtf8(utf8), "UTF-8 was expected")
            : Fail(BytesMax, $"at most {BytesMax} bytes were expected");
        fault = _fault;
        return done;
    }

    private bool ReadText(ReadOnlySpan<byte> s)
    {
        Span<int> open = stackalloc int[DepthMax]; // containers around the current position
        Span<ulong> names = stackalloc ulong[DepthMax]; // of each, a 64-bit Bloom filter of the names so far
        int depth = 0;
        int i = 0;

    Value:
        i = SkipSpace(s, i);
        if (i >= s.Length) return Fail(i, "a value was expected");

        int token = Append();
        switch (s[i])
        {
            case (byte)'"':
                if (!ReadString(s, ref i, token, JsonKind.String)) return false;
                break;
            case (byte)'{':
            case (byte)'[':
                if (depth == DepthMax) return Fail(i, $"at most {DepthMax} levels of nesting were expected");
                bool isObject = s[i] == '{';
                _tokens[token].Set(isObject ? JsonKind.Object : JsonKind.Array, 0);
                _tokens[token].Start = i;
                _tokens[token].Extra = 0;
                names[depth] = 0;
                open[depth++] = token;
                i = SkipSpace(s, i + 1);
                if (i < s.Length && s[i] == (isObject ? '}' : ']')) goto Close;
                if (isObject) goto Name;
                goto Item;
            case (byte)'t':
                if (!ReadWord(s, ref i, token, "true"u8, JsonKind.True)) return false;
                break;
            case (byte)'f':
                if (!ReadWord(s, ref i, token, "false"u8, JsonKind.False)) return false;
                break;
            case (byte)'n':
                if (!ReadWord(s, ref i, token, "null"u8, JsonKind.Null)) return false;
                break;
            default:
                if (!ReadNumber(s, ref i, token)) return false;
                break;
        }

    AfterValue:
        i = SkipSpace(s, i);
        if (depth == 0) return i == s.Length || Fail(i, "the end of the text was expected");

        bool inObject = _tokens[open[depth - 1]].Kind == JsonKind.Object;
        if (i < s.Length)
        {
            if (s[i] == ',')
            {
                i = SkipSpace(s, i + 1);
                if (inObject) goto Name;
                goto Item;
            }

            if (s[i] == (inObject ? '}' : ']')) goto Close;
        }

        return Fail(i, inObject ? "',' or '}' was expected" : "',' or ']' was expected");

    Item:
        _tokens[open[depth - 1]].Extra++;
        goto Value;

    Name:
        if (i >= s.Length || s[i] != '"') return Fail(i, "a name in double quotes was expected");
        int name = Append();
        if (!ReadString(s, ref i, name, JsonKind.Name)) return false;
        NoteName(s, open[depth - 1], name, ref names[depth - 1]);
        i = SkipSpace(s, i);
        if (i >= s.Length || s[i] != ':') return Fail(i, "':' was expected");
        i++;
        goto Value;

    Close:
        i++;
        ref JsonToken container = ref _tokens[open[--depth]];
        container.Length = i - container.Start;
        container.Set(container.Kind, _count);
        if (container.Kind == JsonKind.Object && container.Extra > NamesComparedMax) CompareManyNames(s, open[depth]);
        goto AfterValue;
    }

    private int Append()
    {
        if (_count == _tokens.Length) Array.Resize(ref _tokens, _count * 2);
        return _count++;
    }

    private bool Fail(int position, string reason)
    {
        _fault = new JsonFault(position, reason);
        return false;
    }

    private static int SkipSpace(ReadOnlySpan<byte> s, int i)
    {
        while ((uint)i < (uint)s.Length && s[i] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t') i++;
        return i;
    }

    private bool ReadWord(ReadOnlySpan<byte> s, ref int i, int token, ReadOnlySpan<byte> word, JsonKind kind)
    {
        if (!s[i..].StartsWith(word)) return Fail(i, "a value was expected");
        _tokens[token].Set(kind, token + 1);
        _tokens[token].Start = i;
        _tokens[token].Length = word.Length;
        i += word.Length;
        return true;
    }

    private bool ReadNumber(ReadOnlySpan<byte> s, ref int i, int token)
    {
        int start = i;
        bool whole = true;
        if (s[i] == '-') i++;
        if (i < s.Length && s[i] == '0') i++;
        else if (!SkipDigits(s, ref i)) return Fail(i, i == start ? "a value was expected" : "a digit was expected");

        if (i < s.Length && s[i] == '.')
        {
            whole = false;
            i++;
            if (!SkipDigits(s, ref i)) return Fail(i, "a digit was expected");
        }

        if (i < s.Length && (s[i] | 0x20) == 'e')
        {
            whole = false;
            i++;
            if (i < s.Length && s[i] is (byte)'+' or (byte)'-') i++;
            if (!SkipDigits(s, ref i)) return Fail(i, "a digit was expected");
        }

        ref JsonToken number = ref _tokens[token];
        number.Set(JsonKind.Number, token + 1);
        number.Start = start;
        number.Length = i - start;
        number.Extra = whole ? 0 : 1;
        return true;
    }

    private static bool SkipDigits(ReadOnlySpan<byte> s, ref int i)
    {
        int start = i;
        while ((uint)i < (uint)s.Length && s[i] is >= (byte)'0' and <= (byte)'9') i++;
        return i > start;
    }

    private bool ReadString(ReadOnlySpan<byte> s, ref int i, int token, JsonKind kind)
    {
        int start = ++i;
        int run = s[i..].IndexOfAny(s_stringStops);
        ref JsonToken text = ref _tokens[token];
        text.Set(kind, token + 1);
        text.Start = start;
        text.Extra = -1;
        if (run >= 0 && s[i + run] == '"')
        {
            text.Length = run;
            i += run + 1;
            return true;
        }

        if (run >= 0 && s[i + run] == '\\')
        {
            text.Extra = _unescapedLength;
            if (!Unescape(s, ref i, run)) return false;
            text.Length = i - 1 - start;
            return true;
        }

        return run < 0
            ? Fail(s.Length, "'\"' was expected at the end of a string")
            : Fail(i + run, "a control character in a string must be escaped");
    }

    /// <summary>
    /// Copies a string without its escapes; <paramref name="i"/> goes from after its first quote to after its last.
    /// </summary>
    private bool Unescape(ReadOnlySpan<byte> s, ref int i, int run)
    {
        int offset = _unescapedLength;
        Put(stackalloc byte[sizeof(int)]); // its length, known at the end
        Span<byte> encoded = stackalloc byte[4];
        while (true)
        {
            Put(s.Slice(i, run));
            i += run;
            if (s[i] == '"') break;
            if (s[i] != '\\') return Fail(i, "a control character in a string must be escaped");

            if (!ReadEscape(s, ref i, out Rune rune)) return false;
            Put(encoded[..rune.EncodeToUtf8(encoded)]);
            run = s[i..].IndexOfAny(s_stringStops);
            if (run < 0) return Fail(s.Length, "'\"' was expected at the end of a string");
        }

        i++;
        BitConverter.TryWriteBytes(_unescaped.AsSpan(offset), _unescapedLength - offset - sizeof(int));
        return true;
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        int needed = _unescapedLength + bytes.Length;
        if (needed > _unescaped.Length) Array.Resize(ref _unescaped, Math.Max(needed, Math.Max(256, _unescaped.Length * 2)));
        bytes.CopyTo(_unescaped.AsSpan(_unescapedLength));
        _unescapedLength = needed;
    }

    private bool ReadEscape(ReadOnlySpan<byte> s, ref int i, out Rune rune)
    {
        rune = default;
        int start = i++;
        if (i >= s.Length) return Fail(i, "an escape was expected");

        byte c = s[i++];
        if (c != 'u')
        {
            int plain = c switch
            {
                (byte)'"' or (byte)'\\' or (byte)'/' => c,
                (byte)'b' => '\b',
                (byte)'f' => '\f',
                (byte)'n' => '\n',
                (byte)'r' => '\r',
                (byte)'t' => '\t',
                _ => -1,
            };
            if (plain < 0) return Fail(i - 1, "one of \" \\ / b f n r t u was expected after '\\'");
            rune = new Rune(plain);
            return true;
        }

        if (!ReadHex(s, ref i, out int unit)) return false;
        if (Rune.TryCreate(unit, out rune)) return true;

        if (char.IsHighSurrogate((char)unit) && s[i..].StartsWith("\\u"u8))
        {
            i += 2;
            if (!ReadHex(s, ref i, out int low)) return false;
            if (Rune.TryCreate((char)unit, (char)low, out rune)) return true;
        }

        return Fail(start, "a surrogate in an escape must be one of a pair");
    }

    private bool ReadHex(ReadOnlySpan<byte> s, ref int i, out int unit)
    {
        unit = 0;
        for (int end = i + 4; i < end; i++)
        {
            if (i >= s.Length || !char.IsAsciiHexDigit((char)s[i]))
            {
                return Fail(i, "four hexadecimal digits were expected after '\\u'");
            }

            unit = unit << 4 | HexValue(s[i]);
        }

        return true;
    }

    private static int HexValue(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;

    private ReadOnlySpan<byte> NameAt(ReadOnlySpan<byte> s, int token) => _tokens[token].Extra < 0
        ? s.Slice(_tokens[token].Start, _tokens[token].Length)
        : UnescapedAt(_tokens[token].Extra);

    private void NoteName(ReadOnlySpan<byte> s, int container, int name, ref ulong filter)
    {
        ulong key = JsonName.KeyOf(NameAt(s, name));
        _tokens[name].Key = key;
        if (++_tokens[container].Extra > NamesComparedMax) return;

        ulong bit = 1UL << (int)(key * 0x9E37_79B9_7F4A_7C15 >> 58);
        if ((filter & bit) != 0)
        {
            for (int other = container + 1; other < name; other = _tokens[other + 1].Next)
            {
                if (SameName(s, other, name))
                {
                    Duplicates.Add(name);
                    break;
                }
            }
        }

        filter |= bit;
    }

    private bool SameName(ReadOnlySpan<byte> s, int a, int b) => _tokens[a].Key == _tokens[b].Key
        && (JsonName.IsExact(_tokens[a].Key) || NameAt(s, a).SequenceEqual(NameAt(s, b)));

    /// <summary>Linear in the number of names, whatever the sender chose them to be: the hash is seeded.</summary>
    private void CompareManyNames(ReadOnlySpan<byte> s, int container)
    {
        int size = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)_tokens[container].Extra * 2);
        int[] table = ArrayPool<int>.Shared.Rent(size);
        table.AsSpan(0, size).Clear();
        int ordinal = 0;
        for (int name = container + 1; name < _count; name = _tokens[name + 1].Next, ordinal++)
        {
            var hash = new HashCode();
            hash.AddBytes(NameAt(s, name));
            int slot = hash.ToHashCode() & size - 1;
            while (table[slot] != 0 && !SameName(s, table[slot], name)) slot = slot + 1 & size - 1;
            if (table[slot] == 0) table[slot] = name;
            else if (ordinal >= NamesComparedMax) Duplicates.Add(name); // earlier ones are listed already
        }

        ArrayPool<int>.Shared.Return(table);
    }

    private static int EndOfValidUtf8(ReadOnlySpan<byte> s)
    {
        int i = 0;
        while (i < s.Length && Rune.DecodeFromUtf8(s[i..], out _, out int bytes) == OperationStatus.Done) i += bytes;
        Debug.Assert(i < s.Length);
        return i;
    }
}
