using Stateway.Model.Problems;

namespace Stateway.Model.Schemas;

/// <summary>Collects what is wrong with a value. Reports at most <see cref="Max"/> errors, counts them all.</summary>
public sealed class SchemaErrors
{
    public const int Max = 100;

    private readonly List<ProblemError> _errors = [];
    private readonly int _max;

    public SchemaErrors() : this(Max)
    {
    }

    internal SchemaErrors(int max) => _max = max;

    public int Count { get; private set; }
    public IReadOnlyList<ProblemError> Items => _errors;

    /// <summary>The text was not JSON at all: 400 rather than 422.</summary>
    public bool Malformed { get; set; }

    public void Add(string code, string pointer, string detail)
    {
        if (Count++ < _max) _errors.Add(new ProblemError(code, detail) { Pointer = pointer });
    }

    internal bool IsFull => Count >= _max;

    /// <summary>
    /// Whether the next error would be listed. When not, it is counted here, and nobody needs to describe it.
    /// </summary>
    internal bool Wants()
    {
        if (Count < _max) return true;
        Count++;
        return false;
    }
}
