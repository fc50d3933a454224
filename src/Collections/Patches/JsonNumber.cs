namespace Stateway.Collections.Patches;

/// <summary>A JSON number as digits and a power of ten, so that 1, 1.0 and 10e-1 are equal at any length.</summary>
internal readonly ref struct JsonNumber
{
    /// <summary>Longer exponents are compared as text: nobody means a number that large.</summary>
    private const int ExponentDigitsMax = 17;

    private readonly ReadOnlySpan<byte> _whole;
    private readonly ReadOnlySpan<byte> _fraction;
    private readonly bool _isNegative;
    private readonly bool _isHuge;

    // Of the digits of both parts in a row: the first and the end of those that count, and the power of ten behind the first part.
    private readonly int _start;
    private readonly int _end;
    private readonly long _exponent;

    /// <param name="text">Valid (RFC 8259, section 6).</param>
    public JsonNumber(ReadOnlySpan<byte> text)
    {
        _isNegative = text[0] == '-';
        if (_isNegative) text = text[1..];

        int exponentAt = text.IndexOfAny((byte)'e', (byte)'E');
        if (exponentAt >= 0)
        {
            var exponent = text[(exponentAt + 1)..];
            bool isNegative = exponent[0] == '-';
            exponent = exponent.TrimStart("+-"u8).TrimStart((byte)'0');
            _isHuge = exponent.Length > ExponentDigitsMax;
            if (!_isHuge)
            {
                foreach (byte digit in exponent) _exponent = _exponent * 10 + (digit - '0');
                if (isNegative) _exponent = -_exponent;
            }

            text = text[..exponentAt];
        }

        int point = text.IndexOf((byte)'.');
        _whole = point < 0 ? text : text[..point];
        _fraction = point < 0 ? default : text[(point + 1)..];

        _end = _whole.Length + _fraction.Length;
        while (_start < _end && Digit(_start) == '0') _start++;
        while (_end > _start && Digit(_end - 1) == '0') _end--;
        _exponent += _whole.Length - _start; // 0.d₁d₂… × 10ⁿ
    }

    private bool IsZero => _start == _end;

    public static bool AreEqual(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        if (a.SequenceEqual(b)) return true;

        var left = new JsonNumber(a);
        var right = new JsonNumber(b);
        if (left.IsZero || right.IsZero) return left.IsZero && right.IsZero;
        if (left._isHuge || right._isHuge) return false;
        if (left._isNegative != right._isNegative || left._exponent != right._exponent) return false;

        int count = left._end - left._start;
        if (count != right._end - right._start) return false;
        for (int i = 0; i < count; i++)
        {
            if (left.Digit(left._start + i) != right.Digit(right._start + i)) return false;
        }

        return true;
    }

    private byte Digit(int i) => i < _whole.Length ? _whole[i] : _fraction[i - _whole.Length];
}
