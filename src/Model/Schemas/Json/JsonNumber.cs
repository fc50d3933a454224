namespace Stateway.Model.Schemas.Json;

/// <summary>
/// A number exactly as it is written in decimal. Nearly every number is an integer of up to 18 digits
/// times a power of ten between 0 and -18; what is larger, or has an exponent, is kept as digits.
/// </summary>
internal readonly struct JsonNumber
{
    private const int DigitsMax = 18;

    private readonly long _mantissa; // value = mantissa / 10^scale, unless _large
    private readonly int _scale;
    private readonly LargeNumber? _large;

    private JsonNumber(long mantissa, int scale) => (_mantissa, _scale) = (mantissa, scale);

    private JsonNumber(LargeNumber large) => _large = large;

    public static ReadOnlySpan<long> PowersOfTen =>
    [
        1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000,
        100_000_000_000, 1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000, 1_000_000_000_000_000,
        10_000_000_000_000_000, 100_000_000_000_000_000, 1_000_000_000_000_000_000,
    ];

    public int Sign => _large?.Sign ?? Math.Sign(_mantissa);

    /// <summary>Mathematically: 1.0 and 1e2 are integers.</summary>
    public bool IsInteger => _large?.IsInteger ?? _mantissa % PowersOfTen[_scale] == 0;

    /// <param name="text">A JSON number.</param>
    public static JsonNumber Parse(ReadOnlySpan<byte> text)
    {
        long mantissa = 0;
        int digits = 0, scale = 0;
        bool negative = text[0] == '-', fraction = false;
        for (int i = negative ? 1 : 0; i < text.Length; i++)
        {
            byte c = text[i];
            if (c == '.')
            {
                fraction = true;
                continue;
            }

            if (c is < (byte)'0' or > (byte)'9' || digits == DigitsMax) return new(LargeNumber.Parse(text));
            mantissa = mantissa * 10 + (c - '0');
            if (mantissa != 0) digits++; // leading zeros are free, up to the scale
            if (fraction && ++scale > DigitsMax) return new(LargeNumber.Parse(text));
        }

        return new(negative ? -mantissa : mantissa, scale);
    }

    public int CompareTo(JsonNumber other)
    {
        if (_large is not null || other._large is not null) return ToLarge().CompareTo(other.ToLarge());
        if (_scale == other._scale) return _mantissa.CompareTo(other._mantissa);
        return ((Int128)_mantissa * PowersOfTen[other._scale]).CompareTo((Int128)other._mantissa * PowersOfTen[_scale]);
    }

    /// <param name="divisor">Above zero.</param>
    public bool IsMultipleOf(JsonNumber divisor)
    {
        if (_large is not null || divisor._large is not null) return ToLarge().IsMultipleOf(divisor.ToLarge());
        if (_scale == divisor._scale) return _mantissa % divisor._mantissa == 0;
        return (Int128)_mantissa * PowersOfTen[divisor._scale] % ((Int128)divisor._mantissa * PowersOfTen[_scale]) == 0;
    }

    /// <summary>Equal for numbers that are equal, however they are written.</summary>
    public int HashValue()
    {
        if (_large is not null) return _large.HashValue();
        long mantissa = _mantissa;
        int scale = _scale;
        while (scale > 0 && mantissa % 10 == 0)
        {
            mantissa /= 10;
            scale--;
        }

        // An integer that fits is hashed as such; the same value with an exponent comes out of LargeNumber the same.
        return scale == 0 ? mantissa.GetHashCode() : HashCode.Combine(mantissa, scale);
    }

    private LargeNumber ToLarge() => _large ?? LargeNumber.From(_mantissa, _scale);
}
