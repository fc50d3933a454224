using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Stateway.Model.Expressions;

/// <summary>What a <see cref="Value"/> holds.</summary>
public enum ValueKind : byte
{
    /// <summary>The field does not exist. Every comparison with it is false.</summary>
    Missing,
    Null,
    Bool,
    Int,
    Uint,
    Double,
    String,
    Bytes,
    Timestamp,
    Duration,
    List,
    Map,

    /// <summary>The expression is wrong for these values; never comes from a field alone. A filter with it is false.</summary>
    Error,
}

/// <summary>
/// A value of the expression language, and of an indexed field. A JSON number is an Int when its text is
/// an integer that fits 64 bits with a sign, else a Double.
/// </summary>
public readonly struct Value
{
    private readonly long _bits;      // Bool, Int, Uint, Double (its bits), Timestamp and Duration (ticks of 100 ns)
    private readonly object? _object; // String: string; Bytes: byte[]; List, Map: see below; Error: its message

    private Value(ValueKind kind, long bits, object? obj = null) => (Kind, _bits, _object) = (kind, bits, obj);

    public ValueKind Kind { get; }

    public static Value Missing => default;
    public static Value Null { get; } = new(ValueKind.Null, 0);
    public static Value Of(bool value) => new(ValueKind.Bool, value ? 1 : 0);
    public static Value Of(long value) => new(ValueKind.Int, value);
    public static Value Of(ulong value) => new(ValueKind.Uint, (long)value);
    public static Value Of(double value) => new(ValueKind.Double, BitConverter.DoubleToInt64Bits(value));
    public static Value Of(string value) => new(ValueKind.String, 0, value);
    public static Value Of(byte[] value) => new(ValueKind.Bytes, 0, value);

    /// <summary>An instant, with the precision of a tick (100 ns); finer digits are cut off.</summary>
    public static Value Of(DateTimeOffset value) => new(ValueKind.Timestamp, value.UtcTicks);
    public static Value Of(TimeSpan value) => new(ValueKind.Duration, value.Ticks);

    /// <summary>A JSON array or object that stays as it is until something looks inside.</summary>
    public static Value OfJson(JsonElement element) =>
        new(element.ValueKind == JsonValueKind.Array ? ValueKind.List : ValueKind.Map, 0, element);

    public static Value OfList(IReadOnlyList<Value> values) => new(ValueKind.List, 0, values);

    /// <param name="message">What is wrong and what would be right, in one sentence.</param>
    public static Value OfError(string message) => new(ValueKind.Error, 0, message);

    /// <summary>The value of a JSON element: Undefined is missing, text is unescaped, arrays and objects stay as they are.</summary>
    public static Value FromJson(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Null => Null,
        JsonValueKind.True => Of(true),
        JsonValueKind.False => Of(false),
        JsonValueKind.Number => element.TryGetInt64(out long integer) ? Of(integer) : Of(element.GetDouble()),
        JsonValueKind.String => Of(JsonText.Unescape(element)),
        JsonValueKind.Array or JsonValueKind.Object => OfJson(element),
        _ => Missing,
    };

    /// <summary>
    /// The value of a field. Text of a timestamp field is an instant; where it is no RFC 3339 time after all
    /// (the schema changed since it was written), it stays text.
    /// </summary>
    public static Value FromJson(JsonElement element, bool isTimestamp) =>
        isTimestamp && JsonText.TryGetTimestamp(element, out long ticks) ? OfTicks(ticks) : FromJson(element);

    /// <param name="ticks">UTC, of 100 ns, since the year 1.</param>
    internal static Value OfTicks(long ticks) => new(ValueKind.Timestamp, ticks);

    public bool IsMissing => Kind == ValueKind.Missing;
    public bool IsError => Kind == ValueKind.Error;
    public bool IsNumber => Kind is ValueKind.Int or ValueKind.Uint or ValueKind.Double;

    /// <summary>The one value that lets a filter or a condition pass.</summary>
    public bool IsTrue => Kind == ValueKind.Bool && _bits != 0;

    public bool AsBool => _bits != 0;
    public long AsInt => _bits;
    public ulong AsUint => (ulong)_bits;
    public double AsDouble => BitConverter.Int64BitsToDouble(_bits);
    public string AsString => (string)_object!;
    public byte[] AsBytes => (byte[])_object!;
    public DateTimeOffset AsTimestamp => new(_bits, TimeSpan.Zero);
    public TimeSpan AsDuration => new(_bits);

    /// <summary>Ticks of a timestamp or a duration.</summary>
    public long AsTicks => _bits;

    /// <summary>The JSON element or the <see cref="IReadOnlyList{Value}"/> behind a List or a Map.</summary>
    public object AsObject => _object!;

    /// <summary>How many items a List or a Map has.</summary>
    public int Count => _object switch
    {
        JsonElement { ValueKind: JsonValueKind.Array } array => array.GetArrayLength(),
        JsonElement map => map.GetPropertyCount(),
        _ => ((IReadOnlyList<Value>)_object!).Count,
    };

    /// <summary>Item <paramref name="index"/> of a List, from 0.</summary>
    public Value Item(int index) =>
        _object is JsonElement array ? FromJson(array[index]) : ((IReadOnlyList<Value>)_object!)[index];

    /// <summary>What is wrong, of an Error.</summary>
    public string AsError => (string)_object!;

    /// <summary>
    /// Writes the value as JSON: a timestamp as RFC 3339 in UTC with as many digits as it needs, a duration as
    /// seconds (<c>"1.5s"</c>), bytes in base64. A number beyond a double's range is written as one.
    /// </summary>
    /// <exception cref="InvalidOperationException">Missing, an error and NaN have no JSON.</exception>
    public void WriteTo(Utf8JsonWriter writer)
    {
        switch (Kind)
        {
            case ValueKind.Null: writer.WriteNullValue(); break;
            case ValueKind.Bool: writer.WriteBooleanValue(AsBool); break;
            case ValueKind.Int: writer.WriteNumberValue(AsInt); break;
            case ValueKind.Uint: writer.WriteNumberValue(AsUint); break;
            case ValueKind.Double: WriteDouble(writer, AsDouble); break;
            case ValueKind.String: writer.WriteStringValue(AsString); break;
            case ValueKind.Bytes: writer.WriteBase64StringValue(AsBytes); break;
            case ValueKind.Timestamp: writer.WriteStringValue(TimestampText.Format(AsTicks)); break;
            case ValueKind.Duration: writer.WriteStringValue(DurationText.Format(AsTicks)); break;
            case ValueKind.List when _object is IReadOnlyList<Value> values:
                writer.WriteStartArray();
                foreach (var value in values) value.WriteTo(writer);
                writer.WriteEndArray();
                break;
            case ValueKind.List or ValueKind.Map:
                // As it is written, so that numbers keep their digits and half characters do not throw.
                writer.WriteRawValue(JsonMarshal.GetRawUtf8Value((JsonElement)_object!), skipInputValidation: true);
                break;
            default: throw new InvalidOperationException($"{this} has no JSON.");
        }

        static void WriteDouble(Utf8JsonWriter writer, double value)
        {
            if (double.IsNaN(value)) throw new InvalidOperationException("NaN has no JSON.");

            // Infinity comes from JSON such as 1e999; this reads back as the same value.
            if (double.IsInfinity(value)) writer.WriteRawValue(value > 0 ? "1e999" : "-1e999");
            else writer.WriteNumberValue(value);
        }
    }

    /// <summary>The JSON text, for messages; what has no JSON says what it is.</summary>
    public override string ToString()
    {
        switch (Kind)
        {
            case ValueKind.Missing: return "missing";
            case ValueKind.Error: return AsError;
            case ValueKind.Double when double.IsNaN(AsDouble): return AsDouble.ToString(CultureInfo.InvariantCulture);
        }

        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, JsonText.Readable)) WriteTo(writer);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
