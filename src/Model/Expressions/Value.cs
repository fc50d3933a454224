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
}

/// <summary>
/// A value of the expression language, and of an indexed field. A JSON number is an Int when its text is
/// an integer that fits 64 bits, else a Double.
/// </summary>
public readonly struct Value
{
    private readonly long _bits;      // Bool, Int, Uint, Double (its bits), Timestamp and Duration (ticks of 100 ns)
    private readonly object? _object; // String: string; Bytes: byte[]; List, Map: see below

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
}
