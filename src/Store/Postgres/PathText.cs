using System.Text;

namespace Stateway.Store.Postgres;

/// <summary>What of paths PostgreSQL can keep.</summary>
internal static class PathText
{
    /// <summary>In UTF-8, so that a path and a field's column fit one index entry of 2,704 bytes.</summary>
    public const int BytesMax = 1_600;

    private static readonly UTF8Encoding _strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <returns>False for NUL and halves of characters: there is no such text in PostgreSQL.</returns>
    public static bool CanBe(string path)
    {
        if (Ascii.IsValid(path)) return !path.Contains('\0');

        for (int i = 0; i < path.Length; i++)
        {
            if (path[i] == '\0') return false;
            if (!char.IsSurrogate(path[i])) continue;
            if (i + 1 == path.Length || !char.IsSurrogatePair(path[i], path[i + 1])) return false;
            i++;
        }

        return true;
    }

    /// <exception cref="ArgumentException">It has NUL or half a character.</exception>
    public static void Check(string path)
    {
        if (!CanBe(path)) throw new ArgumentException("A path has a NUL or half a character.");
    }

    public static bool IsTooLong(string path) => path.Length > BytesMax / 3 && _strict.GetByteCount(path) > BytesMax;

    /// <summary>In the order of their UTF-8, as PostgreSQL's collation C has them.</summary>
    public static int Compare(string a, string b)
    {
        if (Ascii.IsValid(a) && Ascii.IsValid(b)) return string.CompareOrdinal(a, b);
        return _strict.GetBytes(a).AsSpan().SequenceCompareTo(_strict.GetBytes(b));
    }

    public static bool IsBelow(string path, string parent) =>
        path.Length > parent.Length + 1 && path[parent.Length] == '/' && path.StartsWith(parent, StringComparison.Ordinal);

    public static bool IsAtOrBelow(string path, string parent) => path == parent || IsBelow(path, parent);
}
