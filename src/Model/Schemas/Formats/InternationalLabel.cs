using System.Globalization;
using System.Text;

namespace Stateway.Model.Schemas.Formats;

/// <summary>
/// Whether code points are a label of IDNA 2008 (RFC 5891 to 5893). The tables are short: what Unicode's
/// normalization would change is known by its blocks, and joining types are those of the Arabic block.
/// </summary>
internal static class InternationalLabel
{
    public static bool IsValid(ReadOnlySpan<int> label)
    {
        if (label.Length == 0 || label[0] == '-' || label[^1] == '-') return false;
        if (label.Length >= 4 && label[2] == '-' && label[3] == '-') return false;
        if (IsMark(label[0])) return false;

        for (int i = 0; i < label.Length; i++)
        {
            if (!IsAllowed(label, i)) return false;
        }

        return !HasRightToLeft(label) || ObeysBidi(label);
    }

    public static bool HasRightToLeft(ReadOnlySpan<int> label)
    {
        foreach (int point in label)
        {
            if (IsRightToLeft(point) || IsArabicDigit(point)) return true;
        }

        return false;
    }

    /// <summary>
    /// The Bidi rule (RFC 5893, section 2). Where one label of a name is right-to-left, all must obey it.
    /// </summary>
    public static bool ObeysBidi(ReadOnlySpan<int> label)
    {
        bool rightToLeft = IsRightToLeft(label[0]), arabic = false, european = false;
        if (!rightToLeft && !IsLeftToRight(label[0])) return false;

        foreach (int point in label)
        {
            arabic |= IsArabicDigit(point);
            european |= IsEuropeanDigit(point);
            if (rightToLeft ? IsLeftToRight(point) : IsRightToLeft(point) || IsArabicDigit(point)) return false;
        }

        int end = label.Length - 1;
        while (end > 0 && IsMark(label[end])) end--;
        bool endsWell = IsEuropeanDigit(label[end])
            || (rightToLeft ? IsRightToLeft(label[end]) || IsArabicDigit(label[end]) : IsLeftToRight(label[end]));
        return endsWell && !(rightToLeft && arabic && european);
    }

    /// <summary>
    /// RFC 5892: the exceptions of section 2.6, the contextual rules of appendix A, then the general categories.
    /// </summary>
    private static bool IsAllowed(ReadOnlySpan<int> label, int i)
    {
        int point = label[i];
        int before = i > 0 ? label[i - 1] : 0, after = i + 1 < label.Length ? label[i + 1] : 0;
        return point switch
        {
            < 0x80 => point is '-' or (>= '0' and <= '9') or (>= 'a' and <= 'z') or (>= 'A' and <= 'Z'),
            0x00DF or 0x03C2 or 0x06FD or 0x06FE or 0x0F0B or 0x3007 => true,
            0x0640 or 0x07FA or 0x302E or 0x302F or (>= 0x3031 and <= 0x3035) or 0x303B => false,
            0x00B7 => before == 'l' && after == 'l',
            0x0375 => IsGreek(after),
            0x05F3 or 0x05F4 => before is >= 0x0591 and <= 0x05F4,
            0x30FB => HasJapanese(label),
            >= 0x0660 and <= 0x0669 => !Contains(label, 0x06F0, 0x06F9),
            >= 0x06F0 and <= 0x06F9 => !Contains(label, 0x0660, 0x0669),
            0x200D => IsVirama(before),
            0x200C => IsVirama(before) || JoinsAcross(label, i),
            _ => !IsUnstable(point) && CharUnicodeInfo.GetUnicodeCategory(point)
                is UnicodeCategory.LowercaseLetter or UnicodeCategory.OtherLetter or UnicodeCategory.ModifierLetter
                or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.DecimalDigitNumber,
        };
    }

    /// <summary>
    /// Compatibility forms, which normalization replaces, and the old jamo (RFC 5892, sections 2.2 and 2.9).
    /// </summary>
    private static bool IsUnstable(int point) => point is 0x00AA or 0x00BA or (>= 0x02B0 and <= 0x02B8) or (>= 0x1100 and <= 0x11FF)
        or (>= 0x2070 and <= 0x209C) or (>= 0x3131 and <= 0x318E) or (>= 0xA960 and <= 0xA97C) or (>= 0xD7B0 and <= 0xD7FB)
        or (>= 0xF900 and <= 0xFAFF) or (>= 0xFB00 and <= 0xFDFF) or (>= 0xFE70 and <= 0xFFEF)
        or (>= 0x1D400 and <= 0x1D7FF) or (>= 0x1EE00 and <= 0x1EEFF) or (>= 0x2F800 and <= 0x2FA1F);

    private static bool Contains(ReadOnlySpan<int> label, int from, int to) => label.IndexOfAnyInRange(from, to) >= 0;

    private static bool HasJapanese(ReadOnlySpan<int> label)
    {
        foreach (int point in label)
        {
            if (point is (>= 0x3041 and <= 0x309F) or (>= 0x30A1 and <= 0x30FA) or (>= 0x30FC and <= 0x30FF) or 0x3005 or 0x3007
                or (>= 0x3400 and <= 0x4DBF) or (>= 0x4E00 and <= 0x9FFF) or (>= 0x20000 and <= 0x3FFFF)) return true;
        }

        return false;
    }

    private static bool IsGreek(int point) =>
        point is (>= 0x0370 and <= 0x03E1) or (>= 0x03F0 and <= 0x03FF) or (>= 0x1F00 and <= 0x1FFF);

    private static bool IsVirama(int point) => point is 0x094D or 0x09CD or 0x0A4D or 0x0ACD or 0x0B4D or 0x0BCD or 0x0C4D or 0x0CCD
        or 0x0D3B or 0x0D3C or 0x0D4D or 0x0DCA or 0x0E3A or 0x0EBA or 0x0F84 or 0x1039 or 0x103A or 0x1714 or 0x1734 or 0x17D2
        or 0x1A60 or 0x1B44 or 0x1BAA or 0x1BAB or 0x1BF2 or 0x1BF3 or 0x2D7F or 0xA806 or 0xA8C4 or 0xA953 or 0xA9C0 or 0xAAF6
        or 0xABED or 0x10A3F or 0x11046 or 0x1107F or 0x110B9 or 0x11133 or 0x11134 or 0x111C0 or 0x11235 or 0x1134D;

    /// <summary>
    /// A letter that joins to the left, the non-joiner, a letter that joins to the right; marks between them don't
    /// count.
    /// </summary>
    private static bool JoinsAcross(ReadOnlySpan<int> label, int i)
    {
        int left = i - 1, right = i + 1;
        while (left >= 0 && IsMark(label[left])) left--;
        while (right < label.Length && IsMark(label[right])) right++;
        return left >= 0 && right < label.Length
            && IsArabicLetter(label[left]) && !JoinsOnlyRight(label[left]) && IsArabicLetter(label[right]);
    }

    private static bool IsArabicLetter(int point) => point is (>= 0x0620 and <= 0x064A) or (>= 0x066E and <= 0x06D3) or 0x06D5
        or (>= 0x06EE and <= 0x06FF) or (>= 0x0750 and <= 0x077F) or (>= 0x08A0 and <= 0x08C8);

    private static bool JoinsOnlyRight(int point) => point is (>= 0x0621 and <= 0x0625) or 0x0627 or 0x0629 or (>= 0x062F and <= 0x0632)
        or 0x0648 or (>= 0x0671 and <= 0x0677) or (>= 0x0688 and <= 0x0699) or 0x06C0 or (>= 0x06C3 and <= 0x06CB) or 0x06CD
        or 0x06CF or 0x06D2 or 0x06D3 or 0x06D5 or 0x06EE or 0x06EF;

    private static bool IsMark(int point) => CharUnicodeInfo.GetUnicodeCategory(point)
        is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;

    private static bool IsRightToLeft(int point) => !IsArabicDigit(point) && !IsEuropeanDigit(point) && !IsMark(point)
        && point is (>= 0x0590 and <= 0x08FF) or (>= 0xFB1D and <= 0xFDFF) or (>= 0xFE70 and <= 0xFEFE)
            or (>= 0x10800 and <= 0x10FFF) or (>= 0x1E800 and <= 0x1EFFF);

    private static bool IsArabicDigit(int point) => point is (>= 0x0660 and <= 0x0669) or 0x066B or 0x066C;

    private static bool IsEuropeanDigit(int point) => point is (>= '0' and <= '9') or (>= 0x06F0 and <= 0x06F9);

    private static bool IsLeftToRight(int point) => Rune.IsValid(point) && !IsRightToLeft(point) && !IsArabicDigit(point)
        && !IsEuropeanDigit(point) && CharUnicodeInfo.GetUnicodeCategory(point)
            is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.OtherLetter
            or UnicodeCategory.ModifierLetter or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.DecimalDigitNumber;
}
