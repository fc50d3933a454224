namespace Stateway.Model.Schemas.Checks;

/// <summary>
/// Which members of an object, or items of an array, some keyword has looked at: what <c>unevaluatedProperties</c>
/// and <c>unevaluatedItems</c> leave alone. One bit for each, by position.
/// </summary>
internal sealed class Evaluated
{
    private const int KeptMax = 16;
    private const int WordsKeptMax = 64;

    [ThreadStatic] private static Stack<Evaluated>? t_idle;

    private ulong[] _bits = new ulong[1];

    public bool All { get; set; }

    /// <summary>An alternative failed, so that what it would have looked at is not known.</summary>
    public bool Incomplete { get; set; }

    public static Evaluated Rent() => t_idle is { Count: > 0 } idle ? idle.Pop() : new Evaluated();

    public void Return()
    {
        if (_bits.Length > WordsKeptMax) return;

        _bits.AsSpan().Clear();
        All = Incomplete = false;
        var idle = t_idle ??= new Stack<Evaluated>();
        if (idle.Count < KeptMax) idle.Push(this);
    }

    public bool Has(int ordinal) =>
        All || (ordinal >> 6 < _bits.Length && (_bits[ordinal >> 6] >> (ordinal & 63) & 1) != 0);

    public void Mark(int ordinal)
    {
        int word = ordinal >> 6;
        if (word >= _bits.Length) Array.Resize(ref _bits, Math.Max(word + 1, _bits.Length * 2));
        _bits[word] |= 1UL << (ordinal & 63);
    }

    public void Merge(Evaluated other)
    {
        All |= other.All;
        if (other._bits.Length > _bits.Length) Array.Resize(ref _bits, other._bits.Length);
        for (int i = 0; i < other._bits.Length; i++) _bits[i] |= other._bits[i];
    }
}
