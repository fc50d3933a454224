namespace Stateway.Model.Schemas.Json;

internal enum JsonKind : byte
{
    Null,
    False,
    True,
    Number,
    String,
    Array,
    Object,

    /// <summary>Name of a member; its value is the next token.</summary>
    Name,
}

/// <summary>
/// One value or member name of a <see cref="JsonTape"/>. The text <c>{"a":[1,2]}</c> is five tokens:
/// object (next 5, 1 member), name a, array (next 5, 2 items), number 1 (next 4), number 2 (next 5).
/// </summary>
internal struct JsonToken
{
    /// <summary>First byte in the text; of a string or name: after the quote.</summary>
    public int Start;

    /// <summary>
    /// Bytes in the text; of a string or name: without the quotes; of an array or object: with the brackets.
    /// </summary>
    public int Length;

    private uint _kindAndNext; // 4 bits kind, 28 bits next

    /// <summary>
    /// Array: items. Object: members. String and name: where in the tape's unescaped text it stands, or -1 when
    /// the text itself has no escapes. Number: 0 when it is written without fraction and exponent.
    /// </summary>
    public int Extra;

    /// <summary>Of a name: <see cref="JsonName.KeyOf"/>.</summary>
    public ulong Key;

    public readonly JsonKind Kind => (JsonKind)(_kindAndNext >> 28);

    /// <summary>Index of the token after this value.</summary>
    public readonly int Next => (int)(_kindAndNext & 0x0FFF_FFFF);

    public void Set(JsonKind kind, int next) => _kindAndNext = (uint)kind << 28 | (uint)next;
}
