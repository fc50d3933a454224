using System.Globalization;
using System.Numerics;
using System.Text;

namespace Stateway.Model.Schemas.Json;

/// <summary>
/// A number of any size: sign × digits × 10^exponent, the digits without zeros at either end (none for zero).
/// Costs are linear in the length of the text; an exponent of any size costs nothing.
/// </summary>
internal sealed class LargeNumber : IComparable<LargeNumber>
{
    private const long ExponentMax = long.MaxValue / 4; // saturates there: no text can be long enough to make up for it

    private readonly byte[] _digits;
    private readonly long _exponent;

    private LargeNumber(int sign, ReadOnlySpan<byte> digits, long exponent)
    {
        int zeros = digits.Length - digits.TrimEnd((byte)'0').Length;
        _digits = digits[..^zeros].TrimStart((byte)'0').ToArray();
        Sign = _digits.Length == 0 ? 0 : sign;
        _exponent = Sign == 0 ? 0 : exponent + zeros;
    }

    public int Sign { get; }

    public bool IsInteger => _exponent >= 0;

    public static LargeNumber From(long mantissa, int scale) => new(
        Math.Sign(mantissa), Encoding.ASCII.GetBytes(Math.Abs(mantissa).ToString(CultureInfo.InvariantCulture)), -scale);

    /// <param name="text">A JSON number.</param>
    public static LargeNumber Parse(ReadOnlySpan<byte> text)
    {
        int sign = text[0] == '-' ? -1 : 1;
        if (sign < 0) text = text[1..];

        long exponent = 0;
        int e = text.IndexOfAny((byte)'e', (byte)'E');
        if (e >= 0)
        {
            exponent = ParseExponent(text[(e + 1)..]);
            text = text[..e];
        }

        int point = text.IndexOf((byte)'.');
        if (point < 0) return new(sign, text, exponent);

        byte[] digits = [.. text[..point], .. text[(point + 1)..]];
        return new(sign, digits, exponent - (text.Length - point - 1));
    }

    public int CompareTo(LargeNumber? other)
    {
        if (other is null || Sign != other.Sign) return Sign.CompareTo(other?.Sign ?? 0);
        if (Sign == 0) return 0;

        // Of equal signs, the one with more digits before the point is larger; then the digits decide, as text does.
        int magnitude = (_digits.Length + _exponent).CompareTo(other._digits.Length + other._exponent);
        if (magnitude == 0) magnitude = _digits.AsSpan().SequenceCompareTo(other._digits);
        return Sign * magnitude;
    }

    /// <param name="divisor">Above zero.</param>
    public bool IsMultipleOf(LargeNumber divisor)
    {
        if (Sign == 0) return true;

        // With a larger exponent, the divisor is a multiple of ten in units of this number, whose last digit is not zero.
        long exponent = _exponent - divisor._exponent;
        if (exponent < 0) return false;

        var by = BigInteger.Parse(Encoding.ASCII.GetString(divisor._digits), CultureInfo.InvariantCulture);
        BigInteger remainder = 0;
        for (int i = 0; i < _digits.Length; i += 18)
        {
            var part = _digits.AsSpan(i, Math.Min(18, _digits.Length - i));
            remainder = (remainder * JsonNumber.PowersOfTen[part.Length] + long.Parse(part, CultureInfo.InvariantCulture)) % by;
        }

        return remainder * BigInteger.ModPow(10, exponent, by) % by == 0;
    }

    public int HashValue()
    {
        if (_digits.Length + Math.Max(_exponent, 0) <= 18)
        {
            long mantissa = Sign * (_digits.Length == 0 ? 0 : long.Parse(_digits, CultureInfo.InvariantCulture));
            return _exponent >= 0
                ? (mantissa * JsonNumber.PowersOfTen[(int)_exponent]).GetHashCode()
                : _exponent >= -18 ? HashCode.Combine(mantissa, (int)-_exponent) : HashCode.Combine(mantissa, _exponent);
        }

        var hash = new HashCode();
        hash.Add(Sign);
        hash.Add(_exponent);
        hash.AddBytes(_digits);
        return hash.ToHashCode();
    }

    private static long ParseExponent(ReadOnlySpan<byte> text)
    {
        bool negative = text[0] == '-';
        if (text[0] is (byte)'-' or (byte)'+') text = text[1..];
        long exponent = 0;
        foreach (byte c in text) exponent = Math.Min(exponent * 10 + (c - '0'), ExponentMax / 10);
        return negative ? -exponent : exponent;
    }
}
